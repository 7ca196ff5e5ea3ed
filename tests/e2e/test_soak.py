"""The soak of `make prove`, for a little while."""

from local.live_stack import LiveStack
from tests.proof.soak.run import soak

ACTIVITIES = 200
DID_SOMETHING = (
    "acknowledged",
    "replayed",
    "refused",
    "posted",
    "sent_again",
    "apply_rules_killed",
)


def test_what_was_acknowledged_counts_once_though_workers_are_killed(stack: LiveStack) -> None:
    result = soak(stack, ACTIVITIES, seed=0)

    assert result.differences == []
    assert all(result.figures[name] for name in DID_SOMETHING), result.figures
