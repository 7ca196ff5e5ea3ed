"""What the functions log, kept to be looked through."""

import logging
from io import StringIO

import pytest

from tests.integration.world import OPERATIONS, World


def captured_logs(world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log from now on, whatever the level.

    Their loggers would go on writing to an earlier test's output.
    """
    stream = StringIO()
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    for operation in OPERATIONS:
        world.start(operation)
    for logger in _loggers():
        monkeypatch.setattr(logger, "level", logging.DEBUG)
        for handler in logger.handlers:
            if isinstance(handler, logging.StreamHandler):
                monkeypatch.setattr(handler, "stream", stream)
    # A logger remembers which levels it is enabled for.
    logging.root.manager._clear_cache()  # type: ignore[attr-defined]
    return stream


def _loggers() -> list[logging.Logger]:
    """Those that write: the functions', which share one."""
    loggers = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    return [logger for logger in loggers if logger.handlers]
