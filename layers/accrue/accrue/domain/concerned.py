"""Whom an activity concerns."""

from accrue.domain.activity import Activity, MembershipRef


def concerned_memberships(activity: Activity) -> dict[MembershipRef, tuple[str, ...]]:
    """Each membership that the row pins, with the roles its user played, in the row's order.

    One person as buyer and seller is one membership with two roles, and gets one posting.
    """
    roles: dict[MembershipRef, tuple[str, ...]] = {}
    for participant in activity.participants:
        for membership in participant.memberships:
            roles[membership] = (*roles.get(membership, ()), participant.role)
    return roles


def user_of(activity: Activity, membership: MembershipRef) -> str:
    """The id of the user whose membership it was when the activity was recorded."""
    return next(p.user_id for p in activity.participants if membership in p.memberships)
