"""Events as tests make them up, and as they find them published."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from accrue.domain.follow_up_events import FollowUpEvent
from accrue.domain.ids import id_of_event
from accrue.runtime.clock import utc_now
from accrue.storage.event_log import EventLogTable
from tests.integration.world import World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

type Json = dict[str, Any]


def event(number: int, event_type: str = "points.awarded", network: str = "demo") -> FollowUpEvent:
    """An event that is told from others by its number."""
    return FollowUpEvent(
        event_id=id_of_event(network, f"ik_{number}", "", event_type, ""),
        type=event_type,
        occurred_at=NOW,
        network_id=network,
        activity_id=f"ik_{number}",
        membership=None,
        sequence=None,
        data={},
    )


def append(world: World, *events: FollowUpEvent) -> None:
    """Publish events now."""
    assert EventLogTable(world.client, "events", utc_now).append(events) == []


def log(world: World) -> list[Json]:
    """The log of all networks by time, as plain attributes."""
    rows = [row for row in world.rows("events") if "#LOG#" in row["event_key"]]
    return sorted(rows, key=lambda item: item["item_key"])


def documents(world: World) -> list[Json]:
    """The documents in the log, in order."""
    return [json.loads(item["document"]) for item in log(world)]


def shown_events(world: World) -> list[Json]:
    """What GET activity shows of all activities, in the order of recording."""
    activities = [row for row in world.rows("ledger") if row["kind"] != "reference_marker"]
    shown: list[Json] = []
    for row in activities:
        body = world.get_activity(row["activity_id"]).body
        shown += body["events"]
        for each in body["memberships"]:
            shown += each["events"]
    return shown


def by_id(events: Sequence[Json]) -> dict[str, Json]:
    """Events by their ids."""
    return {event["event_id"]: event for event in events}
