"""Give back what a hold has set aside."""

from accrue.domain.activity import Kind
from accrue.domain.caller import Caller
from accrue.domain.catalog import Membership
from accrue.domain.points_order import PointsOrder
from accrue.domain.recording import Call
from accrue.services.order_points import OrderDesk, OrderResult, Terms


def release_hold(order: PointsOrder, caller: Caller, call: Call, desk: OrderDesk) -> OrderResult:
    """Release the order's hold. Raises HoldNotFoundError, and as `OrderDesk.carry_out`."""

    def find_terms(membership: Membership) -> Terms:
        return Terms(desk.find_hold(caller.network_id, order.of, membership).amount)

    return desk.carry_out(Kind.RELEASE, order, caller, call, find_terms)
