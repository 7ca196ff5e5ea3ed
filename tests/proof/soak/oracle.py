"""What balances must be, by what clients were told alone."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from tests.proof.soak.clients import Acknowledgement


def expected_balances(acknowledged: Iterable[Acknowledgement]) -> dict[str, Decimal]:
    """By membership. Each identity counts once, with the payload that was accepted: of two
    payloads under one identity, never both are; and whoever was told twice was told the same.
    """
    accepted: dict[str, Acknowledgement] = {}
    for each in acknowledged:
        if not each.is_accepted:
            continue
        first = accepted.setdefault(each.request.identity, each)
        assert first.request.body == each.request.body, ("both accepted", first, each)
        assert (first.status, first.body) == (each.status, each.body), ("told else", first, each)
        assert first.activity_id == each.activity_id, ("two activities", first, each)
    points: dict[str, Decimal] = defaultdict(Decimal)
    for each in accepted.values():
        for membership, earned in each.request.earns.items():
            points[membership] += earned
    return dict(points)
