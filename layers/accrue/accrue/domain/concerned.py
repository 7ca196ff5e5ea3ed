"""Whom an activity concerns."""

from accrue.domain.activity import Activity, MembershipRef, Participant


def concerned_memberships(activity: Activity) -> dict[MembershipRef, tuple[str, ...]]:
    """Each membership that the row pins, with the roles its user played, in the row's order.

    One person as buyer and seller is one membership with two roles, and gets one posting.
    """
    roles: dict[MembershipRef, tuple[str, ...]] = {}
    for participant in activity.participants:
        for membership in participant.memberships:
            roles[membership] = (*roles.get(membership, ()), participant.role)
    return roles


def participant_with(activity: Activity, membership: MembershipRef) -> Participant:
    """The participant whose membership it was when the activity was recorded: a user in several
    roles is the same in all of them.
    """
    return next(p for p in activity.participants if membership in p.memberships)
