"""What docs/batches.md shows is what is answered."""

import json
import re
from typing import Any

from accrue.runtime.batch_body import MAX_BATCH_BYTES, MAX_ROWS
from tests.integration.world import World
from tests.template import ROOT

GUIDE = (ROOT / "docs" / "batches.md").read_text(encoding="utf-8")


def sent() -> str:
    found = re.search(r"<<'ROWS'\n(.*?)\n    ROWS", GUIDE, re.DOTALL)
    assert found
    return found[1]


def told() -> dict[str, Any]:
    found = re.search(r'\n    (\{"results".*?\}\})\n\n', GUIDE, re.DOTALL)
    assert found
    answer: dict[str, Any] = json.loads(found[1])
    return answer


def test_the_example_is_answered_as_it_is_told(world: World) -> None:
    answer = world.post_batch(sent())

    shown = json.loads(re.sub(r'"ik_[a-z2-7]{32}"', '"ik_..."', json.dumps(answer.body)))
    assert (answer.status, shown) == (200, told())
    again = world.post_batch(sent())
    assert again.body["counts"] == {**told()["counts"], "recorded": 0, "replayed": 2}


def test_limits_are_the_true_ones() -> None:
    assert f"| {MAX_ROWS} rows, {MAX_BATCH_BYTES // 1024**2} MiB in all" in GUIDE
