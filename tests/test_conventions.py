"""Conventions of the tests themselves and of how CI runs them, which no linter knows."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from yaml import safe_load

TESTS = Path(__file__).parent
READS_OF_THE_CLOCK = {"now", "today", "utcnow", "time", "latest_complete"}
OURS = ("content_pipeline", "api", "sandbox", "bench")


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


def private_names(tree: ast.Module) -> list[int]:
    """Lines that name something private of a module of ours, or patch it by its name."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and _is_ours(node.module)]
    modules = {alias.asname or alias.name for node in imports for alias in node.names}
    return [
        *(node.lineno for node in imports for alias in node.names if alias.name.startswith("_")),
        *(
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and node.attr.startswith("_")
            and not node.attr.endswith("__")
            and isinstance(node.value, ast.Name)
            and node.value.id in modules
        ),
        *(
            node.lineno
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _name(node.func) in ("setattr", "getattr", "delattr")
            for argument in node.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            if argument.value.rpartition(".")[2].startswith("_")
        ),
    ]


def found_in_tests(rule: Callable[[ast.Module], list[int]]) -> set[str]:
    """The places in all files of tests that a rule finds."""
    return {
        f"{path.relative_to(TESTS)}:{line}"
        for path in TESTS.rglob("*.py")
        for line in rule(ast.parse(path.read_text()))
    }


def _is_ours(module: str | None) -> bool:
    return (module or "").split(".")[0] in OURS


@pytest.mark.slow
def test_no_test_reaches_for_a_private_name_of_the_product() -> None:
    assert found_in_tests(private_names) == set()


@pytest.mark.parametrize(
    "reach",
    [
        "from api.gate import _open",
        "gate._open()",
        "monkeypatch.setattr(gate, '_open', 1)",
        "setattr('api.gate._open', 1)",
    ],
)
def test_a_private_name_is_found(reach: str) -> None:
    assert len(private_names(ast.parse(f"from api import gate\n{reach}\n"))) == 1


@pytest.mark.slow
def test_no_test_reads_the_clock_when_it_is_imported() -> None:
    """Two files took the newest window at import: a run that passed 06:00 asked for another one, and failed."""
    assert found_in_tests(reads_of_the_clock) == set()


def test_a_clock_that_is_read_at_import_is_found() -> None:
    source = "START = clock.now()\ndef test() -> None:\n    assert clock.now() > START\n"

    assert reads_of_the_clock(ast.parse(source)) == [1]


def test_ci_is_root_with_the_python_of_its_step() -> None:
    """The test of several hosts needs root, and what is left out fails in CI (tests/programs.py)."""
    jobs = safe_load((TESTS.parent / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert commands == ['sudo -E env "PATH=$PATH" bash .ci/run']
