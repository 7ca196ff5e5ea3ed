"""The shelf of recorded events, `events/<operation>/<case>.json`, and what is expected of each.

The events fit the demo network. The API keys in them are made up: only a replay's catalog knows
them, so elsewhere the authorizers deny them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.replay.fitted_json import fitted_json
from tests.template import ROOT

EVENTS = ROOT / "events"
EXPECTED = ROOT / "tests" / "replay" / "expected"
DEMO_NETWORK = "import_catalog/demo_network"


@dataclass(frozen=True)
class Expectation:
    """What an event does once those in `after` were played: the whole response, and all writes."""

    after: tuple[str, ...]
    response: Any
    writes: dict[str, Any]

    def to_text(self) -> str:
        """As it is recorded, and compared."""
        document = {"after": list(self.after), "response": self.response, "writes": self.writes}
        return fitted_json(document) + "\n"


def case_names() -> list[str]:
    """Every event file as `<operation>/<case>`."""
    return sorted(_name(path, EVENTS) for path in EVENTS.rglob("*") if path.is_file())


def expectation_names() -> list[str]:
    """Every recorded expectation as `<operation>/<case>`."""
    return sorted(_name(path, EXPECTED) for path in EXPECTED.rglob("*") if path.is_file())


def read_event(name: str) -> dict[str, Any]:
    """The payload in an event file."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event


def read_expectation(name: str) -> Expectation:
    """The recorded expectation; for a case not yet recorded one that nothing meets."""
    path = EXPECTED / f"{name}.json"
    if not path.exists():
        return Expectation((DEMO_NETWORK,), "not recorded", {})
    recorded = json.loads(path.read_text())
    return Expectation(tuple(recorded["after"]), recorded["response"], recorded["writes"])


def record_expectation(name: str, expectation: Expectation) -> None:
    """Keep an expectation from now on."""
    path = EXPECTED / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(expectation.to_text())


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root)).removesuffix(".json")
