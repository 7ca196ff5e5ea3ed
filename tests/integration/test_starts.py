"""What functions import at their start: a partner may have to wait for it."""

import json
import os
import subprocess
import sys

import pytest

from tests.integration.world import ENVIRONMENT
from tests.template import ROOT

PRINT_MODULES = "import json, sys; print(json.dumps(sorted(sys.modules)))"
# Whoever records or checks a key has no use for them, and they take longer than all that he needs.
DECIDING = ("pydantic", "accrue.domain.program", "accrue.domain.decide", "accrue.domain.deciding")
WAITED_FOR = (
    "authorize_api_key",
    "authorize_bearer",
    "record_membership_activity",
    "record_network_activity",
    "record_activity_batch",
)
# What checks documents of administrators.
DEFINING = ("accrue.domain.program.contradictions", "accrue.domain.network_parts")


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has then."""
    done = subprocess.run(  # noqa: S603 - its own
        [sys.executable, "-c", f"{statement}; {PRINT_MODULES}"],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        check=True,
        capture_output=True,
        text=True,
    )
    return set(json.loads(done.stdout))


def imported(modules: set[str], unwanted: tuple[str, ...]) -> list[str]:
    """Those that are one of the unwanted, or a part of one."""
    return sorted(m for m in modules if any(f"{m}.".startswith(f"{each}.") for each in unwanted))


@pytest.mark.parametrize("operation", WAITED_FOR)
def test_what_partners_wait_for_imports_nothing_that_decides(operation: str) -> None:
    modules = modules_after(f"import functions.{operation}.handler")

    assert "accrue.storage.catalog" in modules
    assert imported(modules, DECIDING) == []


def test_what_applies_imports_what_decides_at_its_start_and_nothing_that_defines() -> None:
    modules = modules_after("import functions.apply_rules.handler")

    assert "accrue.domain.program.program" in modules
    assert imported(modules, DEFINING) == []
