"""Reads the fields of a request body and notes everything wrong with them, not only the first."""

from collections.abc import Callable, Mapping

from accrue.domain.errors import Fault
from accrue.domain.field_parsers import array, json_object
from accrue.domain.findings import MAX_WARNINGS, Findings
from accrue.domain.json_values import WrongValueError, pointer, quoted
from accrue.domain.near_miss import nearest_name


class Fields:
    """The fields of the JSON object at `path` of a body. Null is read as absent.

    Fields that are not `known` are accepted and warned about: they do nothing. Where leaving one
    out means more than the sender can have wanted, `is_strict` refuses them. Without `known`, who
    sends the object may add fields of their own, and is not warned here.
    """

    def __init__(
        self,
        values: Mapping[str, object],
        findings: Findings,
        known: frozenset[str] | None,
        path: tuple[str | int, ...] = (),
        *,
        is_strict: bool = False,
    ) -> None:
        self.values = values
        self.findings = findings
        self.path = path
        self._is_strict = is_strict
        known = frozenset(values) if known is None else known
        # One more than is ever told, so that it can be told that there are more.
        self._unknown = [name for name in values if name not in known][: MAX_WARNINGS + 1]
        for name in self._unknown:
            where = f" in {pointer(*path)}" if path else ""
            near = nearest_name(name, known)
            hint = f": did you mean {near}?" if near else ""
            if is_strict:
                self.refuse(f"is unknown: send only {', '.join(sorted(known))}{hint}", name)
            else:
                findings.warn(f"unknown field {quoted(name)}{where} is ignored{hint}")

    def required[T, S](
        self, name: str, parse: Callable[[object], T], stand_in: S, what: str
    ) -> T | S:
        """The parsed field; a `stand_in`, for a request that is refused anyway, if it is wrong."""
        if self.values.get(name) is None:
            near = nearest_name(name, self._unknown)
            hint = f" (instead of {quoted(near)}?)" if near else ""
            state = "is null" if name in self.values else "is missing"
            self.refuse(f"{state}: send {what}{hint}", name)
            return stand_in
        parsed = self.optional(name, parse)
        return stand_in if parsed is None else parsed

    def optional[T](self, name: str, parse: Callable[[object], T]) -> T | None:
        """The parsed field; None if it is absent, or if it is wrong."""
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return parse(value)
        except WrongValueError as error:
            self.refuse(str(error), name)
            return None

    def required_object(self, name: str, known: frozenset[str], what: str) -> "Fields":
        """The fields of the object called `name`."""
        return self._inside(self.required(name, json_object, None, what), known, name)

    def optional_object(self, name: str, known: frozenset[str] | None = None) -> "Fields":
        """The fields of the object called `name`; none of them if it is absent."""
        absent = self.values.get(name) is None
        values = {} if absent else self.optional(name, json_object)
        return self._inside(values, known, name)

    def optional_objects(self, name: str, known: frozenset[str], max_items: int) -> list["Fields"]:
        """The fields of each object in the array called `name`; empty if it is absent."""
        inner = []
        for index, value in enumerate(self.optional(name, array(max_items)) or ()):
            try:
                inner.append(self._inside(json_object(value), known, name, index))
            except WrongValueError as error:
                self.refuse(str(error), name, index)
        return inner

    def refuse(self, message: str, *path: str | int) -> None:
        """Note a fault of what is at `path` inside this object."""
        self.findings.faults.append(Fault(pointer(*self.path, *path), message))

    def _inside(
        self, values: Mapping[str, object] | None, known: frozenset[str] | None, *path: str | int
    ) -> "Fields":
        where = (*self.path, *path)
        if values is None:
            # That it is no object is the fault; what it lacks inside is not reported as well.
            return Fields({}, Findings(), known, where)
        return Fields(values, self.findings, known, where, is_strict=self._is_strict)
