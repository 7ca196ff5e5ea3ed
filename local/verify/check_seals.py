"""Seals, held against each other: a chain in each network, from 1 on without a gap."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from accrue.domain.errors import UnreadableSealError
from accrue.domain.seal import Seal
from accrue.domain.timestamps import to_text
from accrue.services.seal_ledger import LONGEST_SILENCE
from local.verify.findings import SEALS, Change, Finding, Findings
from local.verify.read_items import ReadItems
from local.verify.seal_files import SealFile
from local.verify.seal_times import impossible_time

# A network is sealed once a day at least, and a run may be late.
SILENCE = LONGEST_SILENCE + timedelta(hours=1)
_NETWORKS_WITHOUT = """
SELECT r.network, min(r.recorded_at) FROM rows r
WHERE r.problem = '' AND NOT EXISTS (SELECT 1 FROM seals s WHERE s.network = r.network)
GROUP BY r.network"""


@dataclass(frozen=True, slots=True)
class SealLink:
    """What a seal says of its place in the chain; `problem` if it is none, or was `added`."""

    number: int
    content_hash: str = ""
    previous_hash: str = ""
    since: str = ""
    until: str = ""
    problem: str = ""
    change: Change = Change.CHANGED


@dataclass
class SealCheck:
    """Takes seals in, and finds what is wrong with them. `as_of` is when the tables were read: what
    was sealed later, they need not have. `ahead` is how far a network's clock is ahead.
    """

    read: ReadItems
    findings: Findings
    as_of: datetime
    ahead: Callable[[str], timedelta]

    def check(self, files: Iterable[SealFile]) -> None:
        """Take all seals, which come by network and number."""
        for network_id, of_network in groupby(files, key=lambda file: file.network_id):
            self._check_network(network_id, of_network)

    def check_silence(self) -> None:
        """Find networks that were never sealed. All items must have been read."""
        for network_id, first_at in self.read.select(_NETWORKS_WITHOUT):
            if first_at < to_text(self.as_of - SILENCE):
                because = f"there is none, and a row was recorded at {first_at}."
                self._tell(network_id, 1, "seals", Change.SILENT, because)

    def _check_network(self, network_id: str, files: Iterator[SealFile]) -> None:
        links: list[SealLink] = []
        last: Seal | None = None
        last_held: Seal | None = None
        ahead = self.ahead(network_id)
        for file in files:
            link, seal = self._read(file, last, ahead)
            links.append(link)
            if file.spoiled:
                self._tell_seal(network_id, file.number, Change.CHANGED, file.spoiled)
            if seal is not None:
                is_held = seal.sealed_at <= self.as_of
                before = last if last and last.number == seal.number - 1 else None
                self.read.add_seal(seal, before, is_held_against=is_held)
                last, last_held = seal, seal if is_held else last_held
        faults = self._check_links(network_id, links)
        if last is not None:
            self._check_end(last)
        if last_held is not None:
            # What is wrong behind it takes nothing from what it says.
            is_whole = min(faults, default=last_held.number + 1) > last_held.number
            self.read.close_seals(last_held, is_whole=is_whole)

    def _read(
        self, file: SealFile, before: Seal | None, ahead: timedelta
    ) -> tuple[SealLink, Seal | None]:
        try:
            seal = Seal.from_text(file.text)
        except UnreadableSealError as error:
            return SealLink(file.number, problem=f"{error}."), None
        if (seal.network_id, seal.number) != (file.network_id, file.number):
            problem = f"it is seal {seal.number} of {seal.network_id}."
            return SealLink(file.number, problem=problem), None
        if problem := impossible_time(seal, before, self.as_of, ahead):
            return SealLink(file.number, problem=problem, change=Change.ADDED), None
        times = (to_text(seal.since), to_text(seal.until))
        return SealLink(seal.number, seal.content_hash, seal.previous_hash, *times), seal

    def _check_links(self, network_id: str, links: list[SealLink]) -> set[int]:
        """The numbers at which the chain is not whole. What a seal that is wrong attests counts for
        nothing.
        """
        wrong = {number: (change, because) for number, change, because in _wrong_links(links)}
        for number, (change, because) in wrong.items():
            self._tell_seal(network_id, number, change, because)
            self.read.forget_seal(network_id, number)
        missing = {
            number
            for before, after in pairwise([0, *(link.number for link in links)])
            for number in range(before + 1, after)
        }
        for number in missing:
            because = f"seal {next(n.number for n in links if n.number > number)} is there."
            self._tell_seal(network_id, number, Change.MISSING, because)
        return wrong.keys() | missing

    def _check_end(self, last: Seal) -> None:
        if last.sealed_at < self.as_of - SILENCE:
            because = (
                f"the last one is {last.number} of {to_text(last.sealed_at)}, and there is one a"
                " day at least."
            )
            self._tell(last.network_id, last.number + 1, "seals", Change.SILENT, because)

    def _tell_seal(self, network_id: str, number: int, change: Change, because: str) -> None:
        self._tell(network_id, number, f"seal {number}", change, because)

    def _tell(self, network_id: str, number: int, name: str, change: Change, because: str) -> None:
        self.findings.add(Finding(network_id, SEALS, name, change, because, number=number))


def _wrong_links(links: list[SealLink]) -> Iterator[tuple[int, Change, str]]:
    """From the last one back: each has the hash of the one before."""
    behind: SealLink | None = None
    for link in reversed(links):
        attested = behind if behind is not None and behind.number == link.number + 1 else None
        number, because = link.number, link.problem
        if because:
            pass
        elif attested and attested.previous_hash != link.content_hash:
            because = f"seal {attested.number} has its hash as {attested.previous_hash}, and it is"
            because = f"{because} {link.content_hash}."
        elif attested and attested.since != link.until:
            number = attested.number
            because = f"it begins at {attested.since}, and seal {link.number} ends at {link.until}."
        elif link.number == 1 and link.previous_hash:
            because = f"it is the first, and follows {link.previous_hash}."
        if because:
            yield number, link.change, because
        behind = None if because else link
