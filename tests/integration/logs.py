"""What the functions log, kept to be looked through."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from tests.integration.world import OPERATIONS, World


def captured_logs(world: World, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log from now on, whatever the level.

    Their loggers would go on writing to an earlier test's output.
    """
    stream = StringIO()
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    for operation in OPERATIONS:
        world.start(operation)
    for logger, handler in function_handlers():
        monkeypatch.setattr(logger, "level", logging.DEBUG)
        monkeypatch.setattr(handler, "stream", stream)
    # A logger remembers which levels it is enabled for.
    logging.root.manager._clear_cache()  # type: ignore[attr-defined]
    return stream


def function_handlers() -> Iterator[tuple[logging.Logger, logging.Handler]]:
    """Those of the functions' loggers; pytest's own may hang on any logger."""
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        for handler in logger.handlers:
            if isinstance(handler.formatter, LambdaPowertoolsFormatter):
                yield logger, handler
