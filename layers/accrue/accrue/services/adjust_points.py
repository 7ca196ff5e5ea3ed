"""Correct a membership's points by hand, with a reason."""

from accrue.domain.activity import Kind
from accrue.domain.caller import Caller
from accrue.domain.points_order import PointsOrder
from accrue.domain.recording import Call
from accrue.services.order_points import OrderDesk, OrderResult, Terms


def adjust_points(order: PointsOrder, caller: Caller, call: Call, desk: OrderDesk) -> OrderResult:
    """Add the order's points, or deduct them if negative: pending ones too, but none that are held.

    Raises as `OrderDesk.carry_out`.
    """
    assert order.points is not None
    terms = Terms(order.points)
    return desk.carry_out(Kind.ADJUSTMENT, order, caller, call, lambda _: terms)
