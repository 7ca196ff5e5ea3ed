"""The key of a local stack's operator, made freshly for each."""

import hashlib
import secrets
from dataclasses import dataclass

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """The key, and what the stack is told of it."""

    text: str

    @property
    def sha256(self) -> str:
        """In hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def new_operator_key() -> OperatorKey:
    """A key as docs/administration.md says to make one."""
    return OperatorKey("accrue_operator." + secrets.token_urlsafe(SECRET_BYTES))
