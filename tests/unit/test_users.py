"""What becomes of a user, by itself."""

from accrue.domain.activity import MembershipRef
from accrue.domain.catalog import Membership, User
from accrue.domain.ids import id_of_membership
from accrue.domain.user_standing import UserStanding
from accrue.domain.users import UserProfile

COFFEE = MembershipRef("coffee-club", "12345")
NINA = UserProfile(
    user_id="user-9",
    email="Nina@Example.com",
    pseudonym="ab12",
    traits={"city": "Bonn"},
    memberships=(COFFEE,),
)


def test_a_suspension_keeps_all_but_the_standing() -> None:
    suspended = NINA.suspended("fraud")

    assert suspended.user == User("user-9", (COFFEE,), UserStanding.SUSPENDED)
    assert suspended.membership_in("coffee-club") == Membership(
        "12345", "coffee-club", "user-9", UserStanding.SUSPENDED
    )
    assert suspended.suspended(None) == suspended
    assert suspended.suspended("other").suspended_reason == "other"
    assert suspended.reinstated() == NINA == NINA.reinstated()


def test_of_a_forgotten_user_ids_remain() -> None:
    assert NINA.suspended("fraud").forgotten() == UserProfile(
        user_id="user-9",
        email=None,
        pseudonym=None,
        standing=UserStanding.FORGOTTEN,
        memberships=(COFFEE,),
    )
    assert NINA.forgotten().forgotten() == NINA.forgotten()


def test_an_enrolment_joins_the_earlier_ones() -> None:
    tea = MembershipRef("tea-club", "t-1")

    assert NINA.enrolled([tea]).memberships == (COFFEE, tea)
    assert NINA.membership_in("tea-club") is None


def test_derived_memberships_differ_by_network_program_and_user() -> None:
    ids = {
        id_of_membership(network, program, user)
        for network in ("a", "b")
        for program in ("a", "b")
        for user in ("a", "b")
    }

    assert len(ids) == 8
    assert {(len(each), each[:3]) for each in ids} == {(35, "pm_")}
