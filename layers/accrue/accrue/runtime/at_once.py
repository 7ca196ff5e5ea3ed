"""Doing several things at a time, where each of them mostly waits."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def at_once(
    number: int,
) -> Iterator[Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]]:
    """`map`, but doing so many at a time; with one, in the thread that asks."""
    if number == 1:
        yield map
        return
    with ThreadPoolExecutor(number) as pool:
        yield pool.map
