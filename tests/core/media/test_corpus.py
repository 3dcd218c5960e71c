"""The corpus: its tables are those of docs/media.md, and its checks tell a wrong result."""

from pathlib import Path

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests.media import corpus


@pytest.mark.parametrize("heading", corpus.tables())
def test_the_tables_of_the_document_are_those_of_the_corpus(heading: str) -> None:
    assert f"### {heading}\n\n{corpus.tables()[heading]}\n" in (ROOT / "docs" / "media.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["hdr10.mkv", "hlg.mkv", "interlaced.mkv", "capture.mkv", "antiphase.wav", "languages.mkv"]
)
def test_a_file_that_was_passed_on_as_it_is_would_not_pass_its_check(name: str, tmp_path: Path) -> None:
    sample = next(sample for sample in corpus.SAMPLES if sample.name == name)
    assert sample.check
    assert not sample.check.least <= sample.check.measure(sample.make(tmp_path / name)) <= sample.check.most
