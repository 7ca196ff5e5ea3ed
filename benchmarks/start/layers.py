"""The layers as `sam build` makes them, and copies to start functions from."""

import compileall
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from tempfile import TemporaryDirectory
from typing import NamedTuple

from local import sam
from local.account import environment_of_account
from local.paths import ROOT
from local.stopping import Stop
from tests.integration.world import ENVIRONMENT

BUILD = ROOT / ".aws-sam" / "build"
# Nothing listens there: clients are made, and not used.
NOWHERE = "http://127.0.0.1:1"


class Layers(NamedTuple):
    """The folders of both."""

    dependencies: Path
    accrue: Path

    def environment(self, operation: str) -> dict[str, str]:
        """That of a function that finds its code there, and may write none."""
        folders = [*(layer / "python" for layer in self), ROOT / "functions" / operation]
        return {
            **environment_of_account(NOWHERE),
            **ENVIRONMENT,
            "PYTHONPATH": os.pathsep.join(map(str, [*folders, Path(__file__).parent])),
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def built_layers() -> Layers:
    """Those of this tree, as they would be deployed."""
    stop = Stop()
    with sam.build_folder_locked(stop):
        sam.build(NOWHERE, stop)
    return Layers(BUILD / "DependenciesLayer", BUILD / "AccrueLayer")


@contextmanager
def copied(layers: Layers, *, compiled: bool) -> Iterator[Layers]:
    """The same files with bytecode beside all of them, or beside none."""
    with TemporaryDirectory(prefix="accrue-layers-") as folder:
        copies = Layers(*(Path(folder, path.name) for path in layers))
        for path, copy in zip(layers, copies, strict=True):
            shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if compiled:
            # Not by the time of the source: unzipping would change that.
            mode = PycInvalidationMode.UNCHECKED_HASH
            compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
        yield copies


def bytes_of(folder: Path) -> int:
    """What all files in it hold."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
