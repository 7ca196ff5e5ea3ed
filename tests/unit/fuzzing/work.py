"""Counts the work of Python code: calls, turns of loops, and the digits that are converted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from types import CodeType

_TOOL = 4
_EVENTS = sys.monitoring.events


class WorkMeter:
    """`units` grows by one for each function that is called or resumed, written in Python or C,
    for each turn of a loop, and for each digit of a number that is converted.

    What C code does within one call is not seen; its conversions of numbers, of which the cost
    can grow faster than their text, are known by their arguments.
    """

    def __init__(self) -> None:
        self.units = 0

    def _step(self, _code: CodeType, _offset: int, *_: object) -> None:
        self.units += 1

    def _call(self, _code: CodeType, _offset: int, called: object, argument: object) -> None:
        self.units += 1
        if called is int or called is Decimal or called is float:
            if isinstance(argument, str):
                self.units += len(argument)
            elif isinstance(argument, Decimal) and argument.is_finite() and argument:
                self.units += abs(argument.adjusted())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Count while the context is open."""
        monitoring = sys.monitoring
        monitoring.use_tool_id(_TOOL, "work")
        for event in (_EVENTS.PY_START, _EVENTS.PY_RESUME, _EVENTS.JUMP):
            monitoring.register_callback(_TOOL, event, self._step)
        monitoring.register_callback(_TOOL, _EVENTS.CALL, self._call)
        wanted = _EVENTS.PY_START | _EVENTS.PY_RESUME | _EVENTS.JUMP | _EVENTS.CALL
        monitoring.set_events(_TOOL, wanted)
        try:
            yield
        finally:
            monitoring.set_events(_TOOL, _EVENTS.NO_EVENTS)
            monitoring.free_tool_id(_TOOL)
