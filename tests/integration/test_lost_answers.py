"""The answer to a write is lost, the SDK sends it again by itself, and it meets its own row."""

import pytest

from tests.integration.authorizer_events import allow, authorizer_event
from tests.integration.faults import Faults
from tests.integration.histories import Post, hang_post, village_post
from tests.integration.invariants import Witness, activity_rows, assert_settled, balances_of
from tests.integration.world import World


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, world: World) -> Faults:
    """The functions start anew, watched."""
    watching = Faults.install(monkeypatch)
    world.restart()
    return watching


POSTS: dict[str, tuple[str, Post]] = {
    "hang": ("PutItem", hang_post("hang-1")),
    "village": ("PutItem", village_post()),
    "village, reference": ("PutItem", village_post(reference="R-1")),
    "village, enforced": ("PutItem", village_post(reference="R-1", enforced=True)),
    "village, key": ("PutItem", village_post(key="village-1")),
    "village, key and reference": (
        "TransactWriteItems",
        village_post(key="village-1", reference="R-1", enforced=True),
    ),
}


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_row_whose_answer_was_lost_is_the_first(
    world: World, faults: Faults, name: str, times: int
) -> None:
    operation, post = POSTS[name]
    faults.lose_answers(operation, times)

    answer = post.act(world)

    assert faults.fired[operation] == times
    assert answer.status == (200 if post.membership else 201)
    assert "Idempotent-Replayed" not in answer.headers
    assert "Accrue-Duplicate-Of" not in answer.headers
    (row,) = activity_rows(world)
    assert row["activity_id"] == answer.headers["Accrue-Activity-Id"]


def test_a_duplicate_whose_answer_was_lost_leaves_one_row(world: World, faults: Faults) -> None:
    post = village_post(reference="R-1", enforced=True, key="village-2")
    first = village_post(reference="R-1", enforced=True).act(world)
    faults.lose_answers("PutItem")

    answer = post.act(world)

    assert faults.fired["PutItem"] == 1
    assert answer.headers["Accrue-Duplicate-Of"] == first.headers["Accrue-Activity-Id"]
    assert "Idempotent-Replayed" not in answer.headers
    assert sorted(row["kind"] for row in activity_rows(world)) == ["activity", "duplicate"]


def test_a_later_unenforced_reference_whose_answer_was_lost_leaves_one_row(
    world: World, faults: Faults
) -> None:
    village_post(reference="R-1").act(world)
    faults.lose_answers("PutItem")

    answer = village_post("200", reference="R-1").act(world)

    assert faults.fired["PutItem"] == 1
    assert "Idempotent-Replayed" not in answer.headers
    assert len(activity_rows(world)) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_points_come_once_though_the_answer_to_their_posting_was_lost(
    world: World, faults: Faults, times: int
) -> None:
    hang_post("hang-1").act(world)
    hang_post("hang-2", "7").act(world)
    faults.lose_answers("TransactWriteItems", times)

    assert world.deliver() == {"batchItemFailures": []}

    assert faults.fired["TransactWriteItems"] == times
    assert balances_of(world) == {"12345": 57}
    assert_settled(world)
    Witness().observe(world)


def test_an_outcome_is_there_once_though_its_answer_was_lost(world: World, faults: Faults) -> None:
    village_post(activity_type="unheard-of", earns={}).act(world)
    faults.lose_answers("PutItem")

    assert world.deliver() == {"batchItemFailures": []}

    assert faults.fired["PutItem"] == 1
    assert_settled(world)


def test_when_no_answer_ever_comes_the_client_hears_500_and_may_retry(
    world: World, faults: Faults
) -> None:
    faults.lose_answers("PutItem", 100)

    assert hang_post("hang-1").act(world).status == 500
    faults.lose_answers("PutItem", 0)
    retried = hang_post("hang-1").act(world)

    assert retried.status == 200
    assert retried.headers["Idempotent-Replayed"] == "true"
    assert len(activity_rows(world)) == 1


def test_a_minted_key_is_shown_though_the_answer_to_its_write_was_lost(
    world: World, faults: Faults
) -> None:
    faults.lose_answers("TransactWriteItems", 2)

    answer = world.call(
        "POST /networks/{network_id}/api-keys", {"key_id": "second", "role": "partner"}
    )

    assert faults.fired["TransactWriteItems"] == 2
    assert answer.status == 201
    event = authorizer_event({"X-API-Key": answer.body["api_key"]})
    assert world.invoke("authorize_api_key", event) == allow("demo", "partner", "second")
