"""Seals that somebody puts behind the last one of a network, and how the verifier must name them.

Each is a seal by its form, has the hash of the one before, and is locked in as any other.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accrue.domain.sandbox_clock import MOST_AHEAD
from accrue.domain.seal import Seal
from local.verify.seal_files import SealFile
from tests.integration.tamperings import Tables

DAY = timedelta(days=1)

type Forgery = Callable[[list[SealFile], Tables, random.Random], set[str]]


def last_seal(files: list[SealFile], network_id: str) -> Seal:
    """The newest seal of a network."""
    return Seal.from_text([f for f in files if f.network_id == network_id][-1].text)


def put_behind(files: list[SealFile], last: Seal, **said: Any) -> str:
    """Put a seal behind the last one that says so; its name."""
    forged = Seal(
        network_id=last.network_id,
        number=last.number + 1,
        previous_hash=last.content_hash,
        unsettled=last.unsettled,
        **{"since": last.until, "until": last.until, "sealed_at": last.sealed_at, **said},
    )
    files.append(SealFile(forged.network_id, forged.number, forged.to_text()))
    files.sort(key=lambda file: (file.network_id, file.number))
    return f"seal {forged.number}"


def _put(**shifts: Any) -> Forgery:
    def forge(files: list[SealFile], _tables: Tables, chance: random.Random) -> set[str]:
        last = last_seal(files, chance.choice(files).network_id)
        times: dict[str, datetime] = {
            name: getattr(last, name) + shift for name, shift in shifts.items()
        }
        return {put_behind(files, last, **times)}

    return forge


FORGERIES: dict[str, Forgery] = {
    "seal, of a time to come": _put(until=200 * 365 * DAY, sealed_at=200 * 365 * DAY),
    "seal, its window to come": _put(until=365 * DAY),
    "seal, its window far ahead of any sandbox": _put(until=MOST_AHEAD + DAY),
    "seal, sealed before the one before": _put(sealed_at=-DAY),
    "seal, its window backwards": _put(until=-DAY),
}
