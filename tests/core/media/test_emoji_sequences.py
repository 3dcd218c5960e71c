"""Which parts of a text are emoji, and what stands for those without a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.emoji_sequences import find_picture, split_emoji, without_emoji
from content_pipeline.core.media.fonts import grapheme_clusters
from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.word_splitting import split_word

# Skin tones, professions, families; flags of states, regions and movements; keycaps; Unicode 16 and 17.
WHOLE = [
    *("😀", "👍🏽", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🧑🏿‍🤝‍🧑🏻", "❤️‍🔥", "🐻‍❄️", "⛹🏾‍♀️", "👁️‍🗨️", "☝🏽"),
    *("🇩🇪", "🇺🇳", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "🏳️‍⚧️", "🏴‍☠️", "1️⃣", "#️⃣", "*⃣", "\U0001fae9", "\U0001faea"),
]
TEXT = ["©", "®", "™", "1", "#", "↔", "✔", "〰", "♀", "☎\ufe0e", "😀\ufe0e", "❤\ufe0e", "🄰", "1\ufe0f"]


@pytest.mark.parametrize("emoji", WHOLE)
def test_a_sequence_is_one_emoji_with_a_picture(emoji: str) -> None:
    assert list(split_emoji(f"a{emoji}b")) == [("a", False), (emoji, True), ("b", False)]
    assert grapheme_clusters(emoji * 2) == [emoji, emoji]
    assert display_width(f"a{emoji}") == 3


@pytest.mark.parametrize("text", TEXT)
def test_signs_of_text_are_no_emoji(text: str) -> None:
    assert not any(is_emoji for _, is_emoji in split_emoji(f"a {text} b"))


@pytest.mark.parametrize("emoji", ["©️", "®️", "™️", "↔️", "✔️", "☎️", "⚡", "✅", "❤", "☀", "🌶", "🅰"])
def test_a_selector_or_the_standard_makes_a_sign_an_emoji(emoji: str) -> None:
    assert list(split_emoji(emoji)) == [(emoji, True)]


@pytest.mark.parametrize(
    ("sequence", "drawn"),
    [
        ("👨🏽‍👩🏽‍👧🏽", ["👨‍👩‍👧"]),  # a family in skin tones
        ("👩🏽‍🚀‍🎸", ["👩‍🚀"]),
        ("😀‍🍕‍🚗", ["😀"]),
        ("🇽🇽", []),
        ("🇩", []),
        ("🇩🇪🇫", ["🇩🇪"]),
        ("🏴󠁵󠁳󠁴󠁸󠁿", []),  # Texas: not a black flag
        ("\U0001f8ff‍♀️", ["\U0001f8ff"]),  # not assigned yet
        ("🏽", []),
        ("‍".join(["😀"] * 1000), ["😀"]),
        ("👩🏽‍❤️‍💋‍👨🏿‍🍕", ["👩‍❤️‍💋‍👨"]),
    ],
)
def test_an_unknown_sequence_is_never_drawn_as_its_parts(sequence: str, drawn: list[str]) -> None:
    assert grapheme_clusters(sequence) == drawn


def test_signs_stay_what_they_are_when_they_are_looked_at_again() -> None:
    clusters = grapheme_clusters("".join([*WHOLE, *TEXT]))
    assert grapheme_clusters("".join(clusters)) == clusters


@pytest.mark.slow
@given(st.lists(st.sampled_from([*WHOLE, "word", "今日", "-", "Long"]), min_size=1), st.integers(1, 9))
def test_no_emoji_is_split_over_two_lines(parts: list[str], limit: int) -> None:
    split = split_word("".join(parts), lambda text: len(grapheme_clusters(text)) <= limit)
    emoji = [cluster for part in split for cluster in grapheme_clusters(part) if find_picture(cluster)]
    assert emoji == [part for part in parts if part in WHOLE]


def test_text_without_emoji_keeps_the_rest() -> None:
    assert without_emoji("Go! 🇩🇪 © 1️⃣2") == "Go!  © 2"
