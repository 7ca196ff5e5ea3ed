"""Bodies that have brought parsers down, sent to both front doors and as a row of a batch: each is
refused at once, in our form, with the place of what is wrong, and nothing is written.
"""

import codecs
import gzip
import json
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any

import pytest

from tests.integration.bodies import HANG_EXAMPLE, VILLAGE_EXAMPLE
from tests.integration.world import Answer, World

MAX_BODY_BYTES = 64 * 1024
INVALID = "INVALID_REQUEST"
TOO_LARGE = "REQUEST_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Bomb:
    """A body, or the text of a `value` in the place of an amount, and how it is refused.

    The fault is told of the amount, or of what is at `below` in it; of a body, as a whole.
    """

    value: str | None = None
    body: str | bytes = ""
    status: int = 400
    code: str = "MALFORMED_JSON"
    below: str = ""
    is_base64: bool = False
    # Not of a body that is no line of text, or has a size that only a body has.
    is_a_row: bool = True

    def sent(self, example: str, place: str) -> str | bytes:
        """The body with the bomb in it."""
        if self.value is None:
            return self.body
        body = json.loads(example)
        *outer, name = place.split("/")[1:]
        reduce(getitem, outer, body)[name] = "HERE"
        return json.dumps(body).replace('"HERE"', self.value)


BOMBS: dict[str, Bomb] = {
    "a huge number": Bomb(value="1e2000000"),
    "a huge number in a string": Bomb(value='"1e2000000"', code=INVALID),
    "a tiny number": Bomb(value="1E-2000000"),
    "a million digits": Bomb(value="9" * 60_000),
    "a million digits in a string": Bomb(value='"' + "9" * 60_000 + '"', code=INVALID),
    "a million decimal places": Bomb(value="0." + "1" * 60_000),
    "an exponent that fits, and no amount": Bomb(value="1e99", code=INVALID),
    "NaN": Bomb(value="NaN"),
    "NaN in a string": Bomb(value='"NaN"', code=INVALID),
    "Infinity": Bomb(value="Infinity"),
    "minus Infinity": Bomb(value="-Infinity"),
    "two amounts": Bomb(value='{"a": 1, "a": 2}', below="/a"),
    "two amounts far inside": Bomb(value='[{"b": {"a": 1, "\\u0061": 2}}]', below="/0/b/a"),
    "half a character": Bomb(value='"\\ud800"'),
    "half a character in a name": Bomb(value='{"\\udc00": 1}'),
    "a NUL": Bomb(value='"\\u0000"', code=INVALID),
    "huge arrays of empty objects": Bomb(value="[" + "{}," * 20_000 + "{}]", code=INVALID),
    "a name of 60 KB": Bomb(body='{"' + "k" * 60_000 + '": 1}', code=INVALID),
    "nine levels": Bomb(body='{"a":' * 9 + "1" + "}" * 9),
    "a hundred thousand brackets": Bomb(body="[" * 60_000, is_a_row=False),
    "a hundred thousand braces": Bomb(body='{"a":' * 13_000),
    "too many bytes": Bomb(
        body='{"a": "' + "x" * MAX_BODY_BYTES + '"}', status=413, code=TOO_LARGE
    ),
    "too many bytes of few characters": Bomb(
        body='{"a": "' + "😀" * (MAX_BODY_BYTES // 4) + '"}', status=413, code=TOO_LARGE
    ),
    "too many bytes of white space": Bomb(
        body=" " * (MAX_BODY_BYTES + 1), status=413, code=TOO_LARGE, is_a_row=False
    ),
    "a raw control character": Bomb(body='{"a": "\x01"}'),
    "a raw NUL": Bomb(body='{"a": 1}\0'),
    "a byte order mark": Bomb(body="\ufeff{}"),
    "a byte order mark in bytes": Bomb(body=codecs.BOM_UTF8 + b"{}"),
    "UTF-16": Bomb(body='{"a": 1}'.encode("utf-16"), is_a_row=False),
    "UTF-16 without a mark": Bomb(body='{"a": 1}'.encode("utf-16-le")),
    "UTF-32": Bomb(body='{"a": 1}'.encode("utf-32"), is_a_row=False),
    "an overlong slash": Bomb(body=b'{"a": "\xc0\xaf"}', is_a_row=False),
    "a surrogate in UTF-8": Bomb(body=b'{"a": "\xed\xa0\x80"}', is_a_row=False),
    "gzip": Bomb(body=gzip.compress(b'{"a": 1}', mtime=0), is_a_row=False),
    "base64 that is none": Bomb(body='{"a": 1}', is_base64=True, is_a_row=False),
}
DOORS = {"Hang": (HANG_EXAMPLE, "/activity/value"), "Village": (VILLAGE_EXAMPLE, "/amount")}
# What an otherwise empty body lacks.
LACKS = {"Hang": "/idempotency_key", "Village": "/activity_short_id"}


def _post(world: World, door: str, body: str | bytes, **request: Any) -> Answer:
    if door == "Hang":
        return world.post_membership_activity("12345", body, **request)
    return world.post_network_activity(body, **request)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_told_of_where_it_is(
    unchanged_world: World, name: str, door: str
) -> None:
    bomb = BOMBS[name]
    example, place = DOORS[door]

    body = bomb.sent(example, place)
    answer = _post(unchanged_world, door, body, is_base64_encoded=bomb.is_base64)

    assert (answer.status, answer.body["code"]) == (bomb.status, bomb.code)
    pointer, *others = [fault["pointer"] for fault in answer.body["errors"]]
    if bomb.value is not None:
        assert (pointer, others) == (place + bomb.below, [])
    elif bomb.code == INVALID:
        assert pointer == LACKS[door]
    else:
        assert (pointer, others) == ("", [])
    assert len(json.dumps(answer.body)) < 2000
    assert not unchanged_world.rows("ledger")


@pytest.mark.parametrize("name", [name for name, bomb in BOMBS.items() if bomb.is_a_row])
def test_a_bomb_in_a_batch_spoils_its_row_alone(unchanged_world: World, name: str) -> None:
    bomb = BOMBS[name]
    sent = bomb.sent(network_row_text(), "/amount")
    row = sent.decode() if isinstance(sent, bytes) else sent
    nothing = json.dumps({"activity_short_id": "sale"})

    answer = unchanged_world.post_batch(f"{nothing}\n{row}\n{nothing}")

    before, refused, after = answer.body["results"]
    assert answer.status == 200
    assert (refused["status"], refused["code"]) == (bomb.status, bomb.code)
    assert before["code"] == after["code"] == INVALID
    assert not unchanged_world.rows("ledger")


def network_row_text() -> str:
    return json.dumps({"idempotency_key": "k", **json.loads(VILLAGE_EXAMPLE)})


@pytest.mark.parametrize("door", DOORS)
def test_minus_zero_is_the_number_zero(unchanged_world: World, door: str) -> None:
    body = Bomb(value="-0").sent(*DOORS[door])

    answer = _post(unchanged_world, door, body, query={"dry_run": "true"})

    assert answer.status == 200
    assert answer.body["activity"]["amount"] == "0"
