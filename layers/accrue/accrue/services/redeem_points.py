"""Spend a membership's points, and answer when they are spent."""

from accrue.domain.activity import Kind
from accrue.domain.caller import Caller
from accrue.domain.points_order import PointsOrder
from accrue.domain.recording import Call
from accrue.services.order_points import OrderDesk, OrderResult, Terms


def redeem_points(order: PointsOrder, caller: Caller, call: Call, desk: OrderDesk) -> OrderResult:
    """Spend the order's points, the earliest expiring first. Raises as `OrderDesk.carry_out`."""
    assert order.points is not None
    terms = Terms(order.points)
    return desk.carry_out(Kind.REDEMPTION, order, caller, call, lambda _: terms)
