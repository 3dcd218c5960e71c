"""Where each word of a line stands, in scripts of both directions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from content_pipeline.core.media.substation import RIGHT_TO_LEFT_MARK, direction_mark
from content_pipeline.core.media.words import Word


@dataclass(frozen=True, slots=True)
class Placed:
    """A word, how far its middle stands to the right of the middle of its line, and how wide it is.

    `mark` makes libass write it in the right direction.
    """

    word: Word
    mark: str
    offset: float
    width: float


def placed(line: Sequence[Word], mark: str, width: Callable[[str], float]) -> list[Placed]:
    """The words of a line from left to right, in the unit of `width`. `mark` is the direction of the whole text."""
    marks = _marks(line, mark)
    order = _visual_order(marks, mark)
    # A blank belongs to the word that is read after it, wherever that stands.
    gaps = [width(" ") if line[max(pair)].spaced else 0.0 for pair in pairwise(order)]
    widths = [width(line[index].text) for index in order]
    left = -(sum(gaps) + sum(widths)) / 2
    found = []
    for index, wide, gap in zip(order, widths, [*gaps, 0.0], strict=True):
        found.append(Placed(line[index], marks[index], left + wide / 2, wide))
        left += wide + gap
    return found


def _marks(line: Sequence[Word], mark: str) -> list[str]:
    """The direction of each word; what has no letters, as numbers, goes with the word before."""
    marks: list[str] = []
    for word in line:
        lettered = any(map(str.isalpha, word.text))
        marks.append(direction_mark(word.text) if lettered else marks[-1] if marks else mark)
    return marks


def _visual_order(marks: Sequence[str], mark: str) -> list[int]:
    """The numbers of a line's words from left to right: stretches of one direction, each read in that direction."""
    stretches = [
        (leftwards, list(numbers))
        for leftwards, numbers in groupby(range(len(marks)), key=lambda number: marks[number] == RIGHT_TO_LEFT_MARK)
    ]
    if mark == RIGHT_TO_LEFT_MARK:
        stretches.reverse()
    return [number for leftwards, numbers in stretches for number in (reversed(numbers) if leftwards else numbers)]
