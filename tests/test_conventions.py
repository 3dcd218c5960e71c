"""Conventions of the tests themselves, which no linter knows."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
READS_OF_THE_CLOCK = {"now", "today", "utcnow", "time", "latest_complete"}


def reads_of_the_clock(tree: ast.Module) -> list[int]:
    """Lines of statements outside of functions and classes that call a clock."""
    outside = [
        node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    return [
        node.lineno
        for statement in outside
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and _name(node.func) in READS_OF_THE_CLOCK
    ]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.slow
def test_no_test_reads_the_clock_when_it_is_imported() -> None:
    """Two files took the newest window at import: a run that passed 06:00 asked for another one, and failed."""
    found = {
        f"{path.relative_to(TESTS)}:{line}"
        for path in TESTS.rglob("*.py")
        for line in reads_of_the_clock(ast.parse(path.read_text()))
    }

    assert found == set()


def test_a_clock_that_is_read_at_import_is_found() -> None:
    source = "START = clock.now()\ndef test() -> None:\n    assert clock.now() > START\n"

    assert reads_of_the_clock(ast.parse(source)) == [1]
