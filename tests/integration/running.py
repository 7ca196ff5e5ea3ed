"""Which function of ours runs now, for whoever watches what it calls."""

from collections.abc import Iterator
from contextlib import contextmanager

# Of all threads: a function may call AWS from several.
_RUNNING: list[str] = []


@contextmanager
def running(operation: str) -> Iterator[None]:
    """Whatever is called within is called by this function."""
    _RUNNING.append(operation)
    try:
        yield
    finally:
        _RUNNING.pop()


def running_operation() -> str:
    """The function that runs; "" if it is a test that calls AWS itself."""
    return _RUNNING[-1] if _RUNNING else ""
