"""What something takes of the processor, without what the store takes of it."""

import gc
import math
import time
from collections.abc import Callable, Mapping
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
