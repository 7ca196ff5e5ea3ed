"""Set a membership's points aside: until they are captured or released, or the hold lapses."""

from datetime import timedelta

from accrue.domain.activity import Kind
from accrue.domain.caller import Caller
from accrue.domain.points_order import PointsOrder
from accrue.domain.recording import Call
from accrue.services.order_points import OrderDesk, OrderResult, Terms

DEFAULT_HOLD_SECONDS = 7 * 24 * 60 * 60


def hold_points(order: PointsOrder, caller: Caller, call: Call, desk: OrderDesk) -> OrderResult:
    """Hold the order's points, the earliest expiring first. Raises as `OrderDesk.carry_out`."""
    assert order.points is not None
    seconds = order.expires_in_seconds or DEFAULT_HOLD_SECONDS
    terms = Terms(order.points, call.received_at + timedelta(seconds=seconds))
    return desk.carry_out(Kind.HOLD, order, caller, call, lambda _: terms)
