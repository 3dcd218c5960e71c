"""Dagster's insides are as they were when dagster_insides.toml was checked, and it names all that are used."""

import ast
import re
from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests import dagster_insides
from tests.dagster_insides import Use

USES = dagster_insides.uses()
LISTED = {(use.name, use.file) for use in USES}


@pytest.mark.parametrize("use", USES, ids=lambda use: f"{use.name} in {use.file}")
def test_what_is_used_of_dagsters_insides_has_not_changed(use: Use) -> None:
    """When this fails: read the change, check what is told, then run `python -m tests.dagster_insides`."""
    assert dagster_insides.digest(use.name) == use.written, f"{use.use}: {use.why}. Check: {use.check}"


def test_the_file_names_every_private_import() -> None:
    assert set(dagster_insides.private_imports()) - LISTED == set()


def test_the_file_names_every_overridden_method() -> None:
    found = set(dagster_insides.overridden())
    assert ("dagster_celery.launcher.CeleryRunLauncher.launch_run", "content_pipeline/engine/launcher.py") in found
    assert found - LISTED == set()


def test_the_file_names_every_private_attribute() -> None:
    named = {(use.name.rpartition(".")[2], use.file) for use in USES}
    assert set(dagster_insides.private_attributes()) - named == set()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def tick(context): return context.instance._run_storage", ["_run_storage"]),
        ("class Launcher:\n    def launch(self): self._instance.report()", ["_instance"]),
        ("import dagster\ndagster._core", ["_core"]),
        ("import os\nos._exit(0)", []),
        (
            "class A:\n    _kept: int\n    _read = 0\n    def f(self): return self._kept + self._read + self._g()",
            ["_g"],
        ),
        ("class A:\n    async def _g(self): self._a, self._b = await self._g(); self._a", []),
        ("row._replace(a=1)._fields", []),
    ],
)
def test_a_private_attribute_is_found_that_a_file_does_not_define(code: str, found: list[str]) -> None:
    assert list(dagster_insides.undefined_attributes(ast.parse(code))) == found


def test_files_without_the_word_dagster_are_searched_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As code that is called with its objects is."""
    for folder in dagster_insides.PRODUCT:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tick.py").write_text("def tick(instance): return instance._run_storage")
    monkeypatch.setattr(dagster_insides, "ROOT", tmp_path)
    expected = {("_run_storage", f"{folder}/tick.py") for folder in ("content_pipeline", "api", "deploy")}
    assert set(dagster_insides.private_attributes()) == expected


def test_the_file_names_nothing_that_is_not_used() -> None:
    def is_named(use: Use) -> bool:
        # Source that is copied or relied on is not named in our code.
        return use.use in ("copied", "relied") or bool(
            re.search(rf"\b{use.name.rpartition('.')[2]}\b", (ROOT / use.file).read_text())
        )

    assert [use for use in USES if not is_named(use)] == []


def test_functions_of_one_class_have_hashes_of_their_own() -> None:
    launcher = "dagster_celery.launcher.CeleryRunLauncher"
    names = (launcher, f"{launcher}.launch_run", f"{launcher}.terminate", f"{launcher}.supports_resume_run")
    assert len(set(map(dagster_insides.digest, names))) == len(names)
