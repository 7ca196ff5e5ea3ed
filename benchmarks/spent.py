"""What something takes of the processor: its time, and the calls that Python makes."""

import gc
import math
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Protocol

type Act = Callable[[], None]


class Store(Protocol):
    """What answers, and knows what that took of the processor so far."""

    @property
    def seconds(self) -> float: ...


def seconds_each(store: Store, acts: Mapping[str, Act], rounds: int) -> dict[str, float]:
    """The processor time that each takes at best, without what the store takes of it.

    In turns: whatever else the machine does meets all of them.
    """
    best = dict.fromkeys(acts, math.inf)
    # A function has no bench and no moto in its memory, to be looked through for garbage.
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, act in acts.items():
            best[name] = min(best[name], _seconds(store, act))
    gc.unfreeze()
    return best


def _seconds(store: Store, act: Act) -> float:
    gc.collect()
    of_store, began = store.seconds, time.process_time()
    act()
    return (time.process_time() - began) - (store.seconds - of_store)


def python_calls(act: Act) -> int:
    """The functions that are called, Python's and C's: as many on every machine."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls
