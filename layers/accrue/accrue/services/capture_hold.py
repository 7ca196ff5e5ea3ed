"""Spend what a hold has set aside, or a part of it; the rest is released."""

from accrue.domain.activity import Kind
from accrue.domain.amounts import canonical_text
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.points_order import PointsOrder
from accrue.domain.recording import Call
from accrue.services.order_points import OrderDesk, OrderResult, Terms


def capture_hold(order: PointsOrder, caller: Caller, call: Call, desk: OrderDesk) -> OrderResult:
    """Spend the order's points, of its hold; all of them if it says nothing.

    Raises HoldNotFoundError, InvalidRequestError for more points than it ever held, and as
    `OrderDesk.carry_out`.
    """

    def find_terms(membership: Membership) -> Terms:
        held = desk.find_hold(caller.network_id, order.of, membership).amount
        if order.points is not None and order.points > held:
            remedy = "send at most that, or leave it out to capture all"
            fault = Fault("/points", f"is more than the hold's {canonical_text(held)}: {remedy}")
            raise InvalidRequestError.of(fault)
        return Terms(held if order.points is None else order.points)

    return desk.carry_out(Kind.CAPTURE, order, caller, call, find_terms)
