"""What an item says, of that which a verification looks at, and what is wrong with it by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue.domain.activity import Activity, Kind
from accrue.domain.as_written import hash_of
from accrue.domain.concerned import concerned_memberships
from accrue.domain.errors import UnreadableRowError
from accrue.domain.timestamps import from_text
from accrue.storage.ledger import reference_keys
from accrue.storage.time_shards import shard_of, time_shard_of

type Attributes = Mapping[str, Any]

POSTING = "POSTING#"
_MARKERS = frozenset({Kind.REFERENCE_MARKER.value, Kind.REVERSAL_MARKER.value})


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row or a marker under its key; `problem` is what is wrong with it, if anything is.

    `activity` is None of a marker, and of a row that this release can't read.
    """

    network_id: str
    activity_id: str
    attributes: Attributes
    content_hash: str
    problem: str

    @classmethod
    def of(cls, attributes: Attributes) -> "StoredRow":
        """Read an item of the ledger."""
        network_id, _, activity_id = str(attributes["activity_key"]).partition("#")
        said = hash_of(attributes)
        ids = (network_id, activity_id)
        problem = _problem(attributes, said, ids) or _misplaced_row(attributes, *ids)
        return cls(network_id, activity_id, attributes, said, problem)

    @property
    def is_marker(self) -> bool:
        """Whether it only holds a place for another row."""
        return self.said("kind") in _MARKERS

    @property
    def activity(self) -> Activity | None:
        """The row, if it is one that was written."""
        try:
            return None if self.is_marker else Activity.from_attributes(self.attributes)
        except (UnreadableRowError, ArithmeticError, AttributeError, LookupError):
            return None

    def said(self, name: str) -> str:
        """What it says under a name, as text."""
        return text_of(self.attributes.get(name, ""))


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A posting or an outcome under its key; an outcome is of no membership."""

    network_id: str
    membership_id: str
    activity_id: str
    recorded_at: str
    attributes: Attributes
    content_hash: str
    problem: str

    @classmethod
    def of(cls, attributes: Attributes) -> "StoredResult":
        """Read an item of the balance table that is neither a balance nor a note."""
        partition, item_key = str(attributes["membership_key"]), str(attributes["item_key"])
        network_id, _, place = partition.partition("#")
        said = hash_of(attributes)
        if item_key.startswith(POSTING):
            recorded_at, _, activity_id = item_key.removeprefix(POSTING).partition("#")
            membership_id = place.removeprefix("M#")
        else:
            recorded_at, activity_id = text_of(attributes.get("recorded_at", "")), place[2:]
            membership_id = ""
        problem = _problem(attributes, said, (network_id, activity_id))
        problem = problem or _misplaced_result(attributes, membership_id, recorded_at)
        return cls(network_id, membership_id, activity_id, recorded_at, attributes, said, problem)

    def number(self, name: str) -> int:
        """A whole number that it says; 0 if that is none."""
        return whole_number(self.attributes.get(name))

    def said(self, name: str) -> str:
        """What it says under a name, as text."""
        return text_of(self.attributes.get(name, ""))


def text_of(value: object) -> str:
    """A text as it is, and whatever somebody put in its place in words: SQL can hold it, and it is
    no text of ours.
    """
    text = value if isinstance(value, str) else repr(value)
    return text.encode("utf-8", "backslashreplace").decode()


def whole_number(value: object) -> int:
    """The number, or 0 of what is none that SQL could hold."""
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, ArithmeticError):
        return 0
    return number if 0 < number < 10**15 else 0


def memberships_of(activity: Activity) -> list[str]:
    """The memberships that a row concerns, if anything is to be posted for it."""
    if activity.settled_outcome is not None:
        return []
    return [ref.program_membership_id for ref in concerned_memberships(activity)]


def _problem(attributes: Attributes, said: str, ids: tuple[str, str]) -> str:
    carried = text_of(attributes.get("content_hash", "none"))
    if not said or said != carried:
        return (
            f"what it says has the hash {said or 'of nothing of ours'}, and it carries {carried}."
        )
    if (attributes.get("network_id"), attributes.get("activity_id")) != ids:
        return "it says another network or activity than its key."
    return ""


def _misplaced_row(attributes: Attributes, network_id: str, activity_id: str) -> str:
    try:
        recorded_at = from_text(attributes["recorded_at"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return "it says no time at which it was recorded."
    if text_of(attributes.get("kind")) in _MARKERS:
        return ""
    places = {"time_shard": time_shard_of(network_id, activity_id, recorded_at)}
    if reference_id := attributes.get("reference_id"):
        keys = reference_keys(network_id, text_of(reference_id))
        places["reference_key"] = keys[shard_of(activity_id)]
    wrong = [
        name for name in ("time_shard", "reference_key") if attributes.get(name) != places.get(name)
    ]
    return f"lists do not find it: its {' and '.join(wrong)} is another one's." if wrong else ""


def _misplaced_result(attributes: Attributes, membership_id: str, recorded_at: str) -> str:
    said_membership = attributes.get("program_membership_id", "")
    if (said_membership, attributes.get("recorded_at")) != (membership_id, recorded_at):
        return "it says another membership or time than its key."
    if attributes.get("outcome") == "applied":
        wanted: tuple[str | None, str | None] = (None, None)
    else:
        network_id, activity_id = str(attributes["network_id"]), str(attributes["activity_id"])
        try:
            shard = time_shard_of(network_id, activity_id, from_text(recorded_at))
        except ValueError:
            return "it says no time at which its row was recorded."
        wanted = (shard, f"{recorded_at}#{activity_id}")
    if (attributes.get("outcome_shard"), attributes.get("outcome_at")) != wanted:
        return "lists do not find it: its outcome_shard and outcome_at are another one's."
    return ""
