"""Generators of the reference, the pages in docs/reference: `make reference`."""

from collections.abc import Callable
from typing import Final

from content_pipeline.cli.stack_config import ROOT
from docs.generators import (
    assets,
    commands,
    endpoints,
    errors,
    media_corpus,
    metrics,
    platform_figures,
    settings,
)

FOLDER: Final = ROOT / "docs" / "reference"
# The pages by their names. `api/error_codes.json` is written with that of errors.
PAGES: Final[dict[str, Callable[[], str]]] = {
    module.__name__.rpartition(".")[2].replace("_", "-"): module.as_markdown
    for module in (assets, commands, endpoints, errors, media_corpus, metrics, platform_figures, settings)
}
