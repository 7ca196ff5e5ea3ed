"""Partners' clients: eight at a time, each of which repeats a request until it is answered."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from tests.e2e.network import LiveNetwork
from tests.proof.soak.plan import Request

AT_ONCE = 8
# With a worker killed now and then, no request fails as often as this.
MOST_TRIES = 40
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.25, 5.0
FIRST_REFUSAL, FIRST_SERVER_ERROR = 400, 500


@dataclass(frozen=True)
class Acknowledgement:
    """A request and what its client was told in the end; `activity_id` is of what counts."""

    request: Request
    status: int
    body: str
    is_replay: bool
    activity_id: str | None

    @property
    def is_accepted(self) -> bool:
        """Whether its client was told that it is recorded."""
        return self.status < FIRST_REFUSAL


@dataclass
class Clients:
    """Sends requests; `acknowledged` has what was answered, `tries` why some were sent again."""

    network: LiveNetwork
    acknowledged: list[Acknowledgement] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_all(self, requests: Iterable[Request]) -> None:
        """Send all, some at a time; raise if one gets an answer that it must not get."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for sent in [pool.submit(self._send, request) for request in requests]:
                sent.result()

    def _send(self, request: Request) -> None:
        for wait in _waits():
            answer = self._try(request)
            if answer is not None:
                break
            time.sleep(wait)
        else:
            raise AssertionError(f"never answered: {request}")
        assert answer.status_code in request.statuses, (answer.status_code, answer.text, request)
        duplicate_of = answer.headers.get("Accrue-Duplicate-Of")
        told = Acknowledgement(
            request,
            answer.status_code,
            answer.text,
            is_replay=duplicate_of is not None or "Idempotent-Replayed" in answer.headers,
            activity_id=duplicate_of or answer.headers.get("Accrue-Activity-Id"),
        )
        with self._lock:
            self.acknowledged.append(told)

    def _try(self, request: Request) -> httpx.Response | None:
        key = self.network.partner_api_key
        auth = {"X-API-Key": key} if request.is_hang else {"Authorization": f"Bearer {key}"}
        try:
            answer = self.network.http.post(
                request.path, json=request.body, headers={**auth, **request.headers}
            )
        except httpx.TransportError as error:
            self._count(type(error).__name__)
            return None
        if answer.status_code >= FIRST_SERVER_ERROR:
            self._count(str(answer.status_code))
            return None
        return answer

    def _count(self, why: str) -> None:
        with self._lock:
            self.tries[why] += 1


def _waits() -> Iterator[float]:
    """Doubling, with jitter, as clients should wait. The emulator takes all workers of a function
    away when one fails to start, those that are starting included: eight that came again at once,
    four times a second, kept each other from ever being answered.
    """
    longest = FIRST_WAIT_SECONDS
    for _ in range(MOST_TRIES):
        yield random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries
        longest = min(2 * longest, LONGEST_WAIT_SECONDS)
