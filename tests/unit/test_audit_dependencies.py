"""What pip-audit says is told as it is, and that nobody answered is no finding."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.proof import audit_dependencies
from tests.proof.audit_dependencies import Audit, audit, read_audit

# As pip-audit 2.10 says it.
FOUND = """{"dependencies": [
  {"name": "jmespath", "version": "1.1.0", "vulns": []},
  {"name": "pydantic", "version": "2.14.3", "vulns": [
    {"id": "CVE-1", "fix_versions": ["99.0"], "aliases": ["GHSA-1"]},
    {"id": "CVE-2", "fix_versions": [], "aliases": []}]},
  {"name": "tzdata", "skip_reason": "Dependency not found on PyPI and could not be audited"}
], "fixes": []}"""
UNKNOWN = '{"dependencies": [{"name": "tzdata", "skip_reason": "not found"}], "fixes": []}'


def _pip_audit_says(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = (sys.executable, "-c", f"print({text!r}); raise SystemExit(1)")
    monkeypatch.setattr(audit_dependencies, "PIP_AUDIT", stand_in)


def test_each_vulnerability_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    _pip_audit_says(FOUND, monkeypatch)

    assert audit(Path("a.txt")) == Audit(
        audited=2,
        unaudited=1,
        vulnerabilities=(
            "pydantic 2.14.3: CVE-1, mended in 99.0",
            "pydantic 2.14.3: CVE-2, mended in no version yet",
        ),
    )


@pytest.mark.parametrize("said", ["", "Traceback: no route to host", UNKNOWN])
def test_where_nobody_answers_nothing_is_known(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _pip_audit_says(said, monkeypatch)

    assert audit(Path("a.txt")) is None


def test_a_service_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_arguments: Any, **_options: Any) -> None:
        raise subprocess.TimeoutExpired("pip-audit", 180)

    monkeypatch.setattr(subprocess, "run", hang)

    assert audit(Path("a.txt")) is None


@pytest.mark.parametrize(("options", "status"), [([], 1), (["--only-tell"], 0)])
def test_what_is_found_fails_the_proof_and_not_the_tests(
    options: list[str], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pip_audit_says(FOUND, monkeypatch)
    monkeypatch.setattr(sys, "argv", ["audit_dependencies", *options, "a.txt", "b.txt"])

    assert audit_dependencies.main() == status


def test_what_was_audited_is_no_more_than_what_was_answered() -> None:
    assert read_audit({"dependencies": []}) == Audit(0, 0, ())
