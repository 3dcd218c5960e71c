"""Caption layout: fits cues into a box by choosing the font size and the line breaks."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

from content_pipeline.core.media.fonts import LINE_HEIGHT, SARA_AM, FontSet
from content_pipeline.core.media.line_breaking import group_unbreakable, wrap_lines
from content_pipeline.core.media.timed_words import Segment, Word, join_words
from content_pipeline.core.media.word_splitting import HYPHEN, may_be_hyphenated, split_word

SHRINK_FACTOR = 0.95

Lines = list[list[Word]]


@dataclass(frozen=True, slots=True)
class LayoutBox:
    """The area that a cue may fill, in pixels.

    Text shrinks to fit down to `min_em`; words that are still too wide are split.
    """

    width: float
    height: float
    min_em: float


class Layout:
    """The lines of all cues at one font size (`em`, in pixels): the requested one, or the largest below it that fits.

    `fonts` has to cover the cues' `layout_texts`.
    """

    def __init__(
        self, segments: Sequence[Segment], *, fonts: FontSet, language: str, box: LayoutBox, em: float
    ) -> None:
        self.fonts = fonts
        self._language = language
        self._box = box
        longest_word = box.width / min(em, box.min_em)
        cues = [(cue.text, self._renderable_words(merge_combining_marks(cue.words), longest_word)) for cue in segments]
        self.em = em
        # The longest text is the least likely to fit, so it is tested first.
        by_length = sorted(cues, key=lambda cue: len(cue[0]), reverse=True)
        while not all(self._fits(self._lines(text, words)) for text, words in by_length):
            self.em *= SHRINK_FACTOR
        self.cues = [self._lines(text, words) for text, words in cues]

    def _renderable_words(self, words: Sequence[Word], longest: float) -> list[Word]:
        """The words that a font can draw, split where they are wider than `longest` ems."""
        return [part for word in words if self.fonts.runs(word.text) for part in self._split_long_word(word, longest)]

    def _split_long_word(self, word: Word, longest: float) -> list[Word]:
        parts = split_word(word.text, lambda text: self.fonts.width(text) <= longest)
        if len(parts) == 1:
            return [word]
        share = (word.end - word.start) / len(parts)
        return [
            Word(word.start + share * index, word.start + share * (index + 1), text, word.spaced and index == 0)
            for index, text in enumerate(parts)
        ]

    def _lines(self, text: str, words: Sequence[Word]) -> Lines:
        """The cue's existing lines where they fit, else rewrapped for this width."""
        existing = _existing_lines(text, words)
        if self._fits_width(existing):
            return existing
        limit, width = self._box.width / self.em, self.fonts.width
        return wrap_lines(
            group_unbreakable(words, self._language, limit=limit, width=width), self._language, limit=limit, width=width
        )

    def _fits_width(self, lines: Lines) -> bool:
        return all(self.fonts.width(join_words(line)) * self.em <= self._box.width for line in lines)

    def _fits(self, lines: Lines) -> bool:
        return len(lines) * self.em * LINE_HEIGHT <= self._box.height and self._fits_width(lines)


def unbroken_em(cue: Segment, fonts: FontSet, language: str, box: LayoutBox, em: float) -> float:
    """The largest size up to `em` at which no word or phrase has to be split that fits a line at `box.min_em`.

    `Layout` shrinks text only when it is too high, and splits a Japanese phrase before that.
    """
    groups = group_unbreakable(merge_combining_marks(cue.words), language, limit=inf, width=fonts.width)
    widths = [fonts.width(join_words(group)) for group in groups]
    widest = max((width for width in widths if width * box.min_em <= box.width), default=0.0)
    return min(em, 0.999 * box.width / widest) if widest else em


def layout_texts(segments: Sequence[Segment]) -> Iterator[str]:
    """The texts that a `FontSet` has to cover for these cues."""
    return drawn_texts(word for cue in segments for word in merge_combining_marks(cue.words))


def drawn_texts(words: Iterable[Word]) -> Iterator[str]:
    """The texts of words, and the hyphens that the layout may add to them."""
    for word in words:
        yield word.text
        if may_be_hyphenated(word.text):
            yield HYPHEN


def merge_combining_marks(words: Sequence[Word]) -> list[Word]:
    """Words rejoined where a recognizer of Thai or Khmer split a letter from its combining marks."""
    merged: list[Word] = []
    for word in words:
        combining = unicodedata.category(word.text[0]).startswith("M") or word.text[0] in SARA_AM
        if merged and not word.spaced and combining:
            merged[-1] = replace(merged[-1], end=word.end, text=merged[-1].text + word.text)
        else:
            merged.append(word)
    return merged


def _existing_lines(text: str, words: Sequence[Word]) -> Lines:
    """The words grouped by the lines of the cue's text."""
    upper = text.split("\n")[0]
    count = next((count for count in range(1, len(words)) if join_words(words[:count]) == upper), len(words))
    return [list(line) for line in (words[:count], words[count:]) if line]
