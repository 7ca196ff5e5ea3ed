"""Whether what is locked has known vulnerabilities: asks the service that pip-audit asks.

Where there is nobody to ask, that is said, and nothing fails: the answer is about the world, not
about this tree.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.proof.record import record

PIP_AUDIT = (
    *(".local/scanners/bin/pip-audit", "--format=json", "--desc=off", "--progress-spinner=off"),
    # What a lock names is all that there is: nothing is resolved or installed.
    *("--disable-pip", "--require-hashes", "--timeout=10"),
)
LONGEST_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of the packages in a lock. `unaudited` are those that nobody knew."""

    audited: int
    unaudited: int
    vulnerabilities: tuple[str, ...]


def read_audit(said: Mapping[str, Any]) -> Audit:
    """What pip-audit's JSON says."""
    packages = said["dependencies"]
    answered = [package for package in packages if "vulns" in package]
    return Audit(
        len(answered),
        len(packages) - len(answered),
        tuple(
            f"{package['name']} {package['version']}: {found['id']},"
            f" mended in {', '.join(found['fix_versions']) or 'no version yet'}"
            for package in answered
            for found in package["vulns"]
        ),
    )


def audit(lock: Path) -> Audit | None:
    """What is known of the packages in this lock; None if nobody answers."""
    try:
        done = subprocess.run(  # noqa: S603 - its own
            (*PIP_AUDIT, "--requirement", str(lock)),
            check=False,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
        found = read_audit(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return found if found.audited else None


def main() -> int:
    """1 if there is a vulnerability, unless it is only to be told."""
    parser = ArgumentParser(prog="make audit-dependencies")
    parser.add_argument("--only-tell", action="store_true")
    parser.add_argument("locks", nargs="*", type=Path)
    asked = parser.parse_args()
    locks = asked.locks or [
        Path("layers/dependencies/requirements.txt"),
        *sorted(Path("requirements").glob("*.txt")),
    ]
    found = [_tell(lock) for lock in locks]
    return 1 if any(found) and not asked.only_tell else 0


def _tell(lock: Path) -> bool:
    found = audit(lock)
    if found is None:
        _say(f"{lock}: not audited, since no vulnerability service answers")
    else:
        unknown = f", {found.unaudited} unknown to the service" if found.unaudited else ""
        _say(f"{lock}: {found.audited} packages audited{unknown}")
        _say(*found.vulnerabilities)
    record(
        "gates",
        f"vulnerabilities, {lock}",
        {
            "audited": found.audited if found else 0,
            "vulnerabilities": len(found.vulnerabilities) if found else 0,
        },
    )
    return found is not None and bool(found.vulnerabilities)


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"audit: {line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
