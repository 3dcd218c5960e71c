"""LinkedIn's "little text" format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.platforms.linkedin.little_text import escape
from sandbox.linkedin.little_text import render


@pytest.mark.parametrize(
    ("commentary", "seen"),
    [
        ("Hello, world!\nSecond line.", "Hello, world!\nSecond line."),
        (r"one \(two\) \#three a\_b \\", "one (two) #three a_b \\"),
        (r"new {hashtag|\#|bread\_baking} here", "new #bread_baking here"),
        ("by @[Mara Bakes](urn:li:person:abc-1) today", "by Mara Bakes today"),
        ("mail me (really) soon", "mail me "),
        ("half a tag {hashtag|", "half a tag "),
        ("a #tag as people write it", "a "),
        ("the end \\", "the end "),
        ("no such escape \\n here", "no such escape "),
    ],
)
def test_the_first_reserved_character_that_is_nothing_ends_the_text(commentary: str, seen: str) -> None:
    assert render(commentary) == seen


@given(st.text())
def test_nothing_of_what_our_own_escaping_wrote_is_cut(text: str) -> None:
    assert render(escape(text)) == text


@given(st.text(alphabet="ab (", min_size=1))
def test_text_without_escaping_is_cut_at_the_bracket(text: str) -> None:
    assert render(text) == text.partition("(")[0]
