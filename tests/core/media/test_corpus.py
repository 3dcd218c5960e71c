"""docs/media.md has the table of the corpus, which `make media` compares with what happens."""

from content_pipeline.cli.stack_config import ROOT
from tests.media import corpus


def test_the_table_of_the_document_is_that_of_the_corpus() -> None:
    assert corpus.table() in (ROOT / "docs" / "media.md").read_text()
