"""Actors that take turns: a baton goes round in an order that a seed decides."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field


class Killed(BaseException):
    """The process is gone, in the middle of a call."""


@dataclass
class Actor:
    """Does its work in a thread of its own, but only while it has the baton."""

    work: Callable[[Callable[[], None]], object]
    baton: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    is_done: bool = False
    is_killed: bool = False
    error: BaseException | None = None


class Scheduler:
    """Hands the baton to one actor at a time, in an order that the seed decides."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test's order
        self._back = threading.Semaphore(0)
        self.turns = 0

    def run(self, actors: list[Actor], check: Callable[[], None], *, may_kill: bool) -> None:
        """Run all to their ends, `check` after each turn; kill some, if they may be. If one of them
        fails, that is the end of all.
        """
        threads = [threading.Thread(target=self._live, args=(actor,)) for actor in actors]
        for thread in threads:
            thread.start()
        try:
            self._take_turns(actors, check, may_kill=may_kill)
        finally:
            for actor in actors:
                while not actor.is_done:
                    actor.is_killed = True
                    self._let(actor)
            for thread in threads:
                thread.join()
        for actor in actors:
            if actor.error is not None:
                raise actor.error

    def _take_turns(
        self, actors: list[Actor], check: Callable[[], None], *, may_kill: bool
    ) -> None:
        while alive := [actor for actor in actors if not actor.is_done]:
            actor = self.chance.choice(alive)
            actor.is_killed |= may_kill and self.chance.random() < 0.02
            self._let(actor)
            self.turns += 1
            if actor.error is not None:
                return
            check()

    def _let(self, actor: Actor) -> None:
        actor.baton.release()
        self._back.acquire()

    def _live(self, actor: Actor) -> None:
        def pause() -> None:
            self._back.release()
            actor.baton.acquire()
            if actor.is_killed:
                raise Killed

        actor.baton.acquire()
        try:
            with suppress(Killed):
                actor.work(pause)
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
            actor.error = error
        finally:
            actor.is_done = True
            self._back.release()
