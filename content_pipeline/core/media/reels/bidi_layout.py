"""Bidirectional layout: horizontal positions of the words of a line that mixes text directions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from content_pipeline.core.media.ass_document import RIGHT_TO_LEFT_MARK, direction_mark
from content_pipeline.core.media.timed_words import Word


@dataclass(frozen=True, slots=True)
class PositionedWord:
    """A word, the offset of its center from the line's center (positive to the right), and its width.

    `direction` is the Unicode mark that makes libass draw it in the right direction.
    """

    word: Word
    direction: str
    offset: float
    width: float


def position_words(line: Sequence[Word], direction: str, width: Callable[[str], float]) -> list[PositionedWord]:
    """The words of a line from left to right, in the unit of `width`. `mark` is the direction of the whole text."""
    directions = _word_directions(line, direction)
    order = _visual_order(directions, direction)
    # A space belongs to the word that follows it in reading order.
    gaps = [width(" ") if line[max(pair)].spaced else 0.0 for pair in pairwise(order)]
    widths = [width(line[index].text) for index in order]
    left = -(sum(gaps) + sum(widths)) / 2
    positioned = []
    for index, wide, gap in zip(order, widths, [*gaps, 0.0], strict=True):
        positioned.append(PositionedWord(line[index], directions[index], left + wide / 2, wide))
        left += wide + gap
    return positioned


def _word_directions(line: Sequence[Word], direction: str) -> list[str]:
    """The direction of each word; words without letters (numbers) take that of the word before."""
    directions: list[str] = []
    for word in line:
        has_letters = any(map(str.isalpha, word.text))
        directions.append(direction_mark(word.text) if has_letters else directions[-1] if directions else direction)
    return directions


def _visual_order(directions: Sequence[str], direction: str) -> list[int]:
    """Visual order of the words' indices, from left to right: runs of one direction, reordered within."""
    runs = [
        (right_to_left, list(numbers))
        for right_to_left, numbers in groupby(
            range(len(directions)), key=lambda number: directions[number] == RIGHT_TO_LEFT_MARK
        )
    ]
    if direction == RIGHT_TO_LEFT_MARK:
        runs.reverse()
    return [number for right_to_left, numbers in runs for number in (reversed(numbers) if right_to_left else numbers)]
