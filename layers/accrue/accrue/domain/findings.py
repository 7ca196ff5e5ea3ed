"""What was found in one request."""

from dataclasses import dataclass, field

from accrue.domain.errors import Fault, InvalidRequestError

# They travel in one response header.
MAX_WARNINGS = 8


@dataclass
class Findings:
    """Faults refuse a request, all at once; warnings accompany its success."""

    faults: list[Fault] = field(default_factory=list)
    _warnings: list[str] = field(default_factory=list)

    def warn(self, warning: str) -> None:
        self._warnings.append(warning)

    def warnings(self) -> tuple[str, ...]:
        """At most `MAX_WARNINGS`; the last one says so if there were more."""
        if len(self._warnings) <= MAX_WARNINGS:
            return tuple(self._warnings)
        return (*self._warnings[: MAX_WARNINGS - 1], "further warnings are left out")

    def raise_faults(self) -> None:
        if self.faults:
            raise InvalidRequestError.of(*self.faults)
