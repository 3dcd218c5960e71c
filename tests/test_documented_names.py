"""What documents name is there: files, modules, symbols, settings, make targets, commands, endpoints."""

import re

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests import documented_names
from tests.documents import HAND_WRITTEN


def test_what_documents_name_is_there() -> None:
    unknown = {document: documented_names.unknown(document.read_text()) for document in HAND_WRITTEN}
    assert [f"{document.relative_to(ROOT)}: {name}" for document, of in unknown.items() for name in of] == []


def test_every_document_that_the_code_names_is_there() -> None:
    named = {
        (path, document)
        for path in documented_names.code_files()
        for document in re.findall(r"\bdocs/[\w./-]+\.md\b", path.read_text(errors="ignore"))
    }
    assert named
    assert [f"{path.relative_to(ROOT)}: {document}" for path, document in named if not (ROOT / document).exists()] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("`core/media/caption_segmenting.py`", "core/media/caption_segmenting.py"),
        ("`no_such_module.py`", "no_such_module.py"),
        ("`api/no_such_folder/`", "api/no_such_folder/"),
        ("`docs/no-such-page.md`", "docs/no-such-page.md"),
        ("`caption_segmenting`", "caption_segmenting"),
        ("`NoSuchError`", "NoSuchError"),
        ("`Captioner`", "Captioner"),
        ("`captionize()`", "captionize"),
        ("`run.no_such_method(1)`", "no_such_method"),
        ("`content_pipeline.core.captioner`", "content_pipeline.core.captioner"),
        ("`content_pipeline.core.settings.captioner`", "content_pipeline.core.settings.captioner"),
        ("`CONTENT_PIPELINE_CAPTIONER`", "CONTENT_PIPELINE_CAPTIONER"),
        ("`make captioner`", "make captioner"),
        ("```sh\nmake captioner\n```", "make captioner"),
        ("`content-pipeline captioner`", "content-pipeline captioner"),
        ("`content-pipeline keys captioner`", "content-pipeline keys captioner"),
        ("`content-pipeline keys create --captioner`", "content-pipeline keys create --captioner"),
        ("`GET /captioners/{id}`", "GET /captioners/{id}"),
        ("`DELETE /tasks`", "DELETE /tasks"),
    ],
)
def test_a_name_of_nothing_is_found(text: str, name: str) -> None:
    assert documented_names.unknown(text) != []
    assert name in documented_names.unknown(text)


@pytest.mark.parametrize(
    "text",
    [
        "`core/settings.py`, `settings.py`, `core/platforms/<name>/`, `tests/conftest.py::database`",
        "`content_pipeline.core.settings`, `content_pipeline.core.settings.Settings`, `api.main.app`",
        "`Settings`, `create_task`, `run.write()`, `output_required=False`, `CONTENT_PIPELINE_SLOTS_…`",
        "`make quick`, `content-pipeline keys create --workspace studio --scopes read`, `content-pipeline logs api`",
        "`content-pipeline dagster run list --limit 5`, `GET /tasks/{task_id}?wait=30`, `POST /api/v1/public/twins`",
        "`metric_snapshots`, `content_pipeline_http_…`, `task_not_found`, `subprocess.run`, `a/b.mp4`",
    ],
)
def test_a_name_of_something_is_not_found(text: str) -> None:
    assert documented_names.unknown(text) == []
