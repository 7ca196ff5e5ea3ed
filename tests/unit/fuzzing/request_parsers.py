"""Parsers of partners' requests: from the text of a body to what was asked for."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from accrue.domain.batch_row import check_batch_key, parse_batch_row
from accrue.domain.canonical import canonical_json
from accrue.domain.errors import RefusalError
from accrue.domain.membership_activity_request import parse_membership_activity
from accrue.domain.network_activity_request import parse_network_activity
from accrue.domain.number_text import MAX_NUMBER_CHARS
from accrue.domain.points_order import (
    parse_adjustment,
    parse_capture,
    parse_hold,
    parse_redemption,
    parse_release,
)
from accrue.domain.program_membership_request import parse_program_membership
from accrue.domain.reversal_request import parse_reversal
from accrue.runtime.batch_body import split_rows
from accrue.runtime.json_body import MAX_BODY_BYTES, parse_json_body
from tests.unit.fuzzing.inputs import Maker, base64_texts, json_texts, texts
from tests.unit.fuzzing.json_text import written
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.recorded import bodies_of

MEMBERSHIP = "12345"
HOLD = "ik_tftx3usxvu7utzjqx4zjitxbfn2mbdri"
ACTIVITIES = bodies_of("record_membership_activity", "record_network_activity")

type Body = Mapping[str, Any]


def _body(text: str) -> Body:
    return parse_json_body(text, is_base64_encoded=False)


def _means_the_same(value: object) -> bool:
    """What its canonical JSON says is what it is."""
    text = canonical_json(value)
    exactly: Any = json.loads(text, parse_int=Decimal, parse_float=Decimal)
    return bool(exactly == value) and canonical_json(exactly) == text


def _is_short(body: Body) -> bool:
    """Whether its canonical JSON is a body too: without exponents, numbers may be too long, as may
    characters as escapes.
    """
    text = canonical_json(body)
    numbers: list[str] = []
    json.loads(text, parse_int=numbers.append, parse_float=numbers.append)
    return len(text) <= MAX_BODY_BYTES and all(len(each) <= MAX_NUMBER_CHARS for each in numbers)


def _request(
    name: str, samples: Sequence[Any], read: Callable[[Body], Any], share: int = 8
) -> Parser:
    """A parser of bodies, which reads the canonical spelling of a body as it reads the body."""

    def is_stable(accepted: tuple[Body, object]) -> bool:
        body, parsed = accepted
        return not _is_short(body) or read(_body(canonical_json(body))) == parsed

    def parse(text: str) -> tuple[Body, object]:
        body = _body(text)
        return body, read(body)

    return Parser(
        name=name,
        make=json_texts(samples),
        parse=parse,
        refusals=(RefusalError,),
        most_work=1500,
        most_work_per_byte=40,
        is_stable=is_stable,
        share=share,
    )


def _rows(text: str) -> list[object]:
    """As the batch endpoint: what is wrong in one row spoils no other."""
    found: list[object] = []
    for number, row in enumerate(split_rows(text, is_base64_encoded=False)):
        try:
            found.append(parse_batch_row(_body(row), number, check_batch_key("batch-1")))
        except RefusalError as refusal:
            found.append(refusal.faults)
    return found


def _batches(make: Maker[str]) -> Maker[str]:
    """Several rows, as an array or one in each line."""

    def made(rng: Any) -> str:
        rows = [make(rng) for _ in range(rng.choice((0, 1, 2, 5)))]
        return rng.choice(("[" + ",".join(rows) + "]", "\n".join(rows)))  # type: ignore[no-any-return]

    return made


REQUEST_PARSERS = (
    Parser(
        name="JSON body",
        make=json_texts(ACTIVITIES),
        parse=_body,
        refusals=(RefusalError,),
        most_work=2000,
        most_work_per_byte=40,
        is_stable=_means_the_same,
        share=20,
    ),
    Parser(
        name="JSON body in base64",
        make=base64_texts(json_texts(ACTIVITIES)),
        parse=lambda text: parse_json_body(text, is_base64_encoded=True),
        refusals=(RefusalError,),
        most_work=2000,
        most_work_per_byte=40,
        is_stable=_means_the_same,
        share=12,
    ),
    Parser(
        name="batch body",
        make=_batches(json_texts(ACTIVITIES)),
        parse=_rows,
        refusals=(RefusalError,),
        most_work=2000,
        most_work_per_byte=40,
        share=12,
    ),
    Parser(
        name="rows of a batch",
        make=texts([written(ACTIVITIES[:3]), "\n".join(map(written, ACTIVITIES[:3]))]),
        parse=lambda text: split_rows(text, is_base64_encoded=False),
        refusals=(RefusalError,),
        most_work=2000,
        most_work_per_byte=40,
        share=10,
    ),
    _request(
        "activity of a membership",
        bodies_of("record_membership_activity"),
        lambda body: parse_membership_activity(body, MEMBERSHIP).request,
        share=25,
    ),
    _request(
        "activity of a network",
        bodies_of("record_network_activity"),
        lambda body: parse_network_activity(body, "key-1").request,
        share=25,
    ),
    _request(
        "row of a batch", ACTIVITIES, lambda body: parse_batch_row(body, 3, "batch-1").request
    ),
    _request(
        "redemption", bodies_of("redeem_points"), lambda b: parse_redemption(b, MEMBERSHIP).order
    ),
    _request("hold", bodies_of("hold_points"), lambda b: parse_hold(b, MEMBERSHIP).order),
    _request(
        "capture", bodies_of("capture_hold"), lambda b: parse_capture(b, MEMBERSHIP, HOLD).order
    ),
    _request(
        "release", bodies_of("release_hold"), lambda b: parse_release(b, MEMBERSHIP, HOLD).order
    ),
    _request(
        "adjustment", bodies_of("adjust_points"), lambda b: parse_adjustment(b, MEMBERSHIP).order
    ),
    _request("reversal", bodies_of("reverse_activity"), lambda b: parse_reversal(b, HOLD).request),
    _request(
        "enrolment",
        bodies_of("create_program_membership"),
        lambda b: parse_program_membership(b).request,
    ),
)
