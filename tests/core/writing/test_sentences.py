"""Splitting of text into paragraphs and sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes

from content_pipeline.core.writing.sentences import paragraphs, sentences, shorten

PIECES = st.sampled_from(
    ["e\u0301", "👨‍👩‍👧", "🇩🇪", "हिन्दी", "。\ufe00", "日本", "word", " ", ". ", "…", "#tag", "\n", "\u200d", "\u0301"]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Meyer paid $3.50 at a.com. He left.", ["Dr. Meyer paid $3.50 at a.com.", "He left."]),
        ("We sell tools, e.g. hammers. Buy one.", ["We sell tools, e.g. hammers.", "Buy one."]),
        ('He said: "Stay." She went.', ['He said: "Stay."', "She went."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("行きます。見ます！", ["行きます。", "見ます！"]),
        ("यह अच्छा है। चलो।", ["यह अच्छा है।", "चलो।"]),
        ("no end", ["no end"]),
        ("  ", []),
    ],
)  # fmt: skip
def test_a_paragraph_falls_into_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


def test_a_column_width_is_no_paragraph() -> None:
    assert paragraphs("A line that\ngoes on. And on.\nA new line.\n\n\nA new paragraph\n") == [
        ["A line that goes on.", "And on."],
        ["A new line."],
        ["A new paragraph"],
    ]


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("One two. Three four.", 20, "One two. Three four."),
        ("One two. Three four.", 12, "One two."),
        ("One two three four. Five.", 12, "One two…"),
        ("One two, three four.", 10, "One two…"),
        ("Read this #BreadBaking now", 20, "Read this…"),
        ("Read this #Bread #Baking", 22, "Read this…"),
        ("Thanks to Dr. Meyer", 15, "Thanks to Dr…"),
        ("supercalifragilistic", 6, "super…"),
        ("👨‍👩‍👧👨‍👩‍👧", 9, "👨‍👩‍👧…"),
        ("word", 0, ""),
    ],
)
def test_text_is_cut_where_a_reader_would_cut_it(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short


@given(text=st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join), most=st.integers(0, 60))
def test_a_cut_goes_through_nothing_that_is_shown_as_one(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(short) <= most or short == ""
    whole = list(iter_graphemes(text))
    beginnings = [list(iter_graphemes(kept)) for kept in (short, short.removesuffix("…"))]
    assert any(whole[: len(kept)] == kept for kept in beginnings)
