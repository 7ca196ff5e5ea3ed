"""No function that may write is left out when the world is stopped."""

import ast
from pathlib import Path

import pytest

from tests.integration.crash_sweeps import FILES, SWEEPS
from tests.template import ROOT, writing_operations


def test_each_function_that_may_write_has_a_sweep() -> None:
    assert SWEEPS.keys() == writing_operations()
    assert all(SWEEPS.values())


@pytest.mark.parametrize("file", FILES)
def test_what_is_named_as_a_sweep_is_one(file: str) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse((ROOT / Path(file)).read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert "stop_everywhere" in called
