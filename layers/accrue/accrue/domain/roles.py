"""Roles that have a meaning of their own."""

from typing import Final

# Of the one participant in Hang's form.
MEMBER_ROLE: Final = "member"
