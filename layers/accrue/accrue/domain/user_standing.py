"""Whether a user's activities count."""

from enum import StrEnum


class UserStanding(StrEnum):
    """What a network thinks of a user.

    Whatever the standing, activities are recorded. Those of a suspended user earn nothing, until
    the user is reinstated; a forgotten one has no email, traits or way back.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    FORGOTTEN = "forgotten"

    @property
    def why_nothing(self) -> str | None:
        """Why an activity of such a user earns nothing; None if it may."""
        return _WHY_NOTHING.get(self)


_WHY_NOTHING = {
    UserStanding.SUSPENDED: "the user is suspended",
    UserStanding.FORGOTTEN: "the user was forgotten",
}
