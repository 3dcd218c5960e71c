"""Emoji stay with the words that they belong to."""

from collections.abc import Sequence

import pytest

from content_pipeline.core.media.line_breaking import DANGLING, SENTENCE, break_costs, group_sentence_ends
from content_pipeline.core.media.timed_words import Word


def words(text: str) -> list[Word]:
    return [Word(number, number + 1, word) for number, word in enumerate(text.split())]


def cheapest(text: str, costs: Sequence[float]) -> str:
    """The text with a bar at each sentence's end, and an underscore where no break should be."""
    signs = ["|" if cost == SENTENCE else "_" if cost == DANGLING else " " for cost in costs]
    return "".join(word + sign for word, sign in zip(text.split(), [*signs, ""], strict=True))


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("Big news! 🎉 We launched", "Big news!_🎉|We launched"),
        ("Big news! 🎉 👏🏽 We launched", "Big news!_🎉_👏🏽|We launched"),
        ("Big news!🎉 We launched", "Big news!🎉|We launched"),
        ("✅ Save money ✅ Sleep better", "✅_Save money|✅_Sleep better"),
        ("1️⃣ Plan it 2️⃣ Write it", "1️⃣_Plan it|2️⃣_Write it"),
        ("🔥 Stop scrolling", "🔥_Stop scrolling"),
    ],
)
def test_lines_break_around_emoji_at_sense(text: str, broken: str) -> None:
    assert cheapest(text, break_costs(words(text), "en")) == broken


def test_a_sentence_ends_behind_its_emoji() -> None:
    groups = [[word] for word in words("Big news! 🎉 We launched ✅ Done")]
    assert group_sentence_ends(groups) == [False, False, True, False, True, False]
