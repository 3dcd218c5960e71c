"""Dagster's insides are as they were when docs/dagster-insides.md was checked, and it names all that are used."""

import re

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests import dagster_insides
from tests.dagster_insides import Row

ROWS = dagster_insides.rows()
LISTED = {(row.name, row.file) for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name} in {row.file}")
def test_what_is_used_of_dagsters_insides_has_not_changed(row: Row) -> None:
    """When this fails: read the change, do what the row says, then run `python -m tests.dagster_insides`."""
    assert dagster_insides.digest(row.name) == row.written


def test_the_document_names_every_private_import() -> None:
    assert set(dagster_insides.private_imports()) - LISTED == set()


def test_the_document_names_every_overridden_method() -> None:
    found = set(dagster_insides.overridden())
    assert ("dagster_celery.launcher.CeleryRunLauncher.launch_run", "content_pipeline/engine/launcher.py") in found
    assert found - LISTED == set()


def test_the_document_names_every_private_attribute() -> None:
    named = {(row.name.rpartition(".")[2], row.file) for row in ROWS}
    assert set(dagster_insides.private_attributes()) - named == set()


def test_the_document_names_nothing_that_is_not_used() -> None:
    def is_used(row: Row) -> bool:
        # What is copied, or relied on, is not named where it is.
        return row.use in ("copied", "relied") or bool(
            re.search(rf"\b{row.name.rpartition('.')[2]}\b", (ROOT / row.file).read_text())
        )

    assert [row for row in ROWS if not is_used(row)] == []


def test_functions_of_one_class_have_hashes_of_their_own() -> None:
    launcher = "dagster_celery.launcher.CeleryRunLauncher"
    names = (launcher, f"{launcher}.launch_run", f"{launcher}.terminate", f"{launcher}.supports_resume_run")
    assert len(set(map(dagster_insides.digest, names))) == len(names)
