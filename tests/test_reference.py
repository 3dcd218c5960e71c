"""The reference is that of the code: what `make reference` would write is what is there."""

from collections.abc import Callable

import pytest

from api import error_pages
from docs.generators import FOLDER, PAGES, errors


@pytest.mark.parametrize(("name", "as_markdown"), PAGES.items(), ids=PAGES)
def test_a_page_of_the_reference_is_that_of_the_code(name: str, as_markdown: Callable[[], str]) -> None:
    assert as_markdown() == (FOLDER / f"{name}.md").read_text(), "make reference"


def test_the_table_of_error_codes_is_that_of_the_code() -> None:
    assert errors.as_json() == error_pages.FILE.read_text(), "make reference"


def test_the_reference_has_no_page_that_nothing_writes() -> None:
    """That of measured figures is written by bench/performance_page.py."""
    assert {path.stem for path in FOLDER.iterdir()} == PAGES.keys() | {"performance"}
