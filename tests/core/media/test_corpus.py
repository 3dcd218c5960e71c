"""docs/media.md has the tables of the corpus, which `make media` compares with what happens."""

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests.media import corpus


@pytest.mark.parametrize("heading", corpus.tables())
def test_the_tables_of_the_document_are_those_of_the_corpus(heading: str) -> None:
    assert f"### {heading}\n\n{corpus.tables()[heading]}\n" in (ROOT / "docs" / "media.md").read_text()
