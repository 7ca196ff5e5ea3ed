"""Seals that somebody puts behind the last one of a network, and how the verifier must name them.

Each is a seal by its form, has the hash of the one before, and is locked in as any other.
"""

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from accrue.domain.sandbox_clock import MOST_AHEAD
from accrue.domain.seal import Seal
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.time_shards import time_shard_of
from local.verify.seal_files import SealFile
from tests.integration.tamperings import INVENTED, Item, Tables, name_of, rehash

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


def _invented_row(tables: Tables, chance: random.Random) -> Item:
    like = chance.choice(sorted((r for r in tables.rows if "settled_outcome" in r), key=name_of))
    row = deepcopy(like)
    network_id = row["network_id"]
    row |= {"activity_id": INVENTED, "activity_key": f"{network_id}#{INVENTED}"}
    for name in ("reference_id", "reference_key"):
        row.pop(name, None)
    _date(row, row["recorded_at"])
    tables.items.append(row)
    return row


def attest_an_old_date(files: list[SealFile], tables: Tables, chance: random.Random) -> set[str]:
    """A row is written with an old date, and listed as one of the next window."""
    row = _invented_row(tables, chance)
    last = last_seal(files, row["network_id"])
    until = last.until + timedelta(minutes=1)
    put_behind(files, last, until=until, rows={INVENTED: row["content_hash"]})
    return {name_of(row)}


def attest_a_time_to_come(files: list[SealFile], tables: Tables, chance: random.Random) -> set[str]:
    """A row of the window itself is listed as one that came late, and so not with the others."""
    row = _invented_row(tables, chance)
    last = last_seal(files, row["network_id"])
    _date(row, to_text(last.until))
    until = last.until + timedelta(minutes=1)
    put_behind(files, last, until=until, late={INVENTED: row["content_hash"]})
    return {name_of(row)}


def _date(row: Item, recorded_at: str) -> None:
    row["recorded_at"] = recorded_at
    row["time_shard"] = time_shard_of(row["network_id"], INVENTED, from_text(recorded_at))
    rehash(row)


FORGERIES: dict[str, Forgery] = {
    "seal, of a time to come": _put(until=200 * 365 * DAY, sealed_at=200 * 365 * DAY),
    "seal, its window to come": _put(until=365 * DAY),
    "seal, its window far ahead of any sandbox": _put(until=MOST_AHEAD + DAY),
    "seal, sealed before the one before": _put(sealed_at=-timedelta(minutes=5)),
    "seal, its window backwards": _put(until=-DAY),
    "row, attested with an old date": attest_an_old_date,
    "row, attested as late behind its window": attest_a_time_to_come,
}

# What no seal can say is not read as one that was added.
NO_SEALS = {"seal, its window backwards"}
