"""Cues laid out in a room: which size, which lines. Text never leaves it."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from content_pipeline.core.media.breaks import units, wrap
from content_pipeline.core.media.fonts import AM, LINE_HEIGHT, FontSet, clusters
from content_pipeline.core.media.words import Segment, Word, join

SHRINK = 0.95
# Behind these an address may be broken.
_JOINTS = "/-_.?&="

Lines = list[list[Word]]


@dataclass(frozen=True, slots=True)
class Room:
    """What a cue may fill, in pixels.

    Text is made smaller to fit, but words that are too wide at `legible_em` are broken instead.
    """

    width: float
    height: float
    legible_em: float


class Layout:
    """The lines of all cues at one size (`em`, in pixels): the wanted one, or the largest below it that fits.

    `fonts` were made for the `texts` of the cues.
    """

    def __init__(self, segments: Sequence[Segment], *, fonts: FontSet, language: str, room: Room, em: float) -> None:
        self.fonts = fonts
        self._language = language
        self._room = room
        longest_word = room.width / min(em, room.legible_em)
        cues = [(cue.text, self._drawable(whole_characters(cue.words), longest_word)) for cue in segments]
        self.em = em
        # The longest text is most likely the one that does not fit, so it is tried first.
        tried = sorted(cues, key=lambda cue: len(cue[0]), reverse=True)
        while not all(self._fits(self._lines(text, words)) for text, words in tried):
            self.em *= SHRINK
        self.cues = [self._lines(text, words) for text, words in cues]

    def _drawable(self, words: Sequence[Word], longest: float) -> list[Word]:
        """The words that a font can draw, in pieces where they are wider than `longest` ems."""
        return [piece for word in words if self.fonts.runs(word.text) for piece in self._pieces(word, longest)]

    def _pieces(self, word: Word, longest: float) -> list[Word]:
        if self.fonts.width(word.text) <= longest:
            return [word]
        pieces = [""]
        for cluster in clusters(word.text):
            while pieces[-1] and self.fonts.width(pieces[-1] + cluster) > longest:
                pieces[-1:] = _parted(pieces[-1])
            pieces[-1] += cluster
        share = (word.end - word.start) / len(pieces)
        return [
            Word(word.start + share * index, word.start + share * (index + 1), text, word.spaced and index == 0)
            for index, text in enumerate(pieces)
        ]

    def _lines(self, text: str, words: Sequence[Word]) -> Lines:
        """The cue's own lines where they fit, else the best ones for this width."""
        own = _own_lines(text, words)
        if self._narrow(own):
            return own
        limit, width = self._room.width / self.em, self.fonts.width
        return wrap(units(words, self._language, limit=limit, width=width), self._language, limit=limit, width=width)

    def _narrow(self, lines: Lines) -> bool:
        return all(self.fonts.width(join(line)) * self.em <= self._room.width for line in lines)

    def _fits(self, lines: Lines) -> bool:
        return len(lines) * self.em * LINE_HEIGHT <= self._room.height and self._narrow(lines)


def texts(segments: Sequence[Segment]) -> Iterator[str]:
    """What a `FontSet` has to hold for the layout of these cues."""
    return (word.text for cue in segments for word in whole_characters(cue.words))


def whole_characters(words: Sequence[Word]) -> list[Word]:
    """The words without a break between a letter and its marks, where recognisers of Thai and Khmer put some."""
    whole: list[Word] = []
    for word in words:
        marked = unicodedata.category(word.text[0]).startswith("M") or word.text[0] in AM
        if whole and not word.spaced and marked:
            whole[-1] = replace(whole[-1], end=word.end, text=whole[-1].text + word.text)
        else:
            whole.append(word)
    return whole


def _parted(piece: str) -> tuple[str, str]:
    """What of a full piece stays, and what goes on with the next: the part of an address that it would cut."""
    end = max(map(piece.rfind, _JOINTS)) + 1
    return (piece[:end], piece[end:]) if end else (piece, "")


def _own_lines(text: str, words: Sequence[Word]) -> Lines:
    """The words in the lines of a cue's text."""
    upper = text.split("\n")[0]
    count = next((count for count in range(1, len(words)) if join(words[:count]) == upper), len(words))
    return [list(line) for line in (words[:count], words[count:]) if line]
