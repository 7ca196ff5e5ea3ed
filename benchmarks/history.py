"""A membership with a long history, folded in memory: the store need not live through it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accrue.domain.activity import Activity
from accrue.domain.balance import Balance, post
from accrue.domain.decide import decide
from accrue.domain.decision import Facts
from accrue.domain.membership_state import MembershipState
from accrue.domain.program.program import Program, ProgramVersion
from accrue.domain.roles import MEMBER_ROLE
from accrue.storage.balances import membership_key
from accrue.storage.dynamo import to_attributes, to_item
from benchmarks.network import network_document

FACTS = Facts(roles=(MEMBER_ROLE,))


def balance_item_after(behind: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """The balance as it is stored after so many purchases, each like that of a ledger row but for
    its amount and its time, in the row's program.

    Of all but the last only the decision is made: their postings would change nothing but a hash.
    """
    like = Activity.from_attributes(to_attributes(row))
    (membership,) = like.participants[0].memberships
    version, state = _version(membership.program_id), MembershipState()
    for number in range(behind, 1, -1):
        state = decide(_purchase(like, number), FACTS, state, version).after
    last = _purchase(like, 1)
    _, balance = post(
        activity=last,
        membership=membership,
        decision=decide(last, FACTS, state, version),
        version=version,
        balance=Balance(state, behind - 1, "0" * 64),
        posted_at=last.recorded_at,
    )
    assert balance.due_at is None, "nothing of these programs falls due"
    key = {"membership_key": membership_key(like.network_id, membership), "item_key": "BALANCE"}
    return to_item({**balance.to_attributes(like.network_id, membership), **key})


def _purchase(like: Activity, minutes_before: int) -> Activity:
    moment = like.recorded_at - timedelta(minutes=minutes_before)
    return replace(
        like,
        activity_id=f"{like.activity_id[:-6]}{minutes_before:06d}",
        amount=Decimal(10 + minutes_before % 83),
        occurred_at=moment,
        recorded_at=moment,
    )


def _version(program_id: str) -> ProgramVersion:
    programs = network_document()["programs"]
    (program,) = [each for each in programs if each["program_id"] == program_id]
    return ProgramVersion(1, datetime(2016, 1, 1, tzinfo=UTC), Program.model_validate(program))
