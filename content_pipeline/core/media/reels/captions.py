"""All that is written over the background of a reel: captions in which the spoken word is marked, and the labels."""

from collections.abc import Iterator, Mapping, Sequence

from pysubs2 import SSAEvent, SSAStyle

from content_pipeline.core.media import substation
from content_pipeline.core.media.edits import edit
from content_pipeline.core.media.fonts import EXTRA_BOLD, LINE_HEIGHT, FontSet
from content_pipeline.core.media.layout import Layout, Lines, Room, texts, whole_characters
from content_pipeline.core.media.reels import labels
from content_pipeline.core.media.reels.drawing import PAPER, legible_on, rounded_rectangle, show, size, style
from content_pipeline.core.media.reels.frame import HEIGHT, SAFE_LEFT, SAFE_RIGHT, WIDTH
from content_pipeline.core.media.reels.phrases import phrases
from content_pipeline.core.media.reels.placing import Placed, placed
from content_pipeline.core.media.substation import RGB, direction_mark, written
from content_pipeline.core.media.words import Segment, Word, join, tidy

# Pixels.
EM = 92
MIDDLE = (SAFE_LEFT + SAFE_RIGHT) / 2, 790.0
# Shares of the em: the edge of letters, and the mark behind the spoken word.
_EDGE = 0.08
_MARK_PADDING, _MARK_HEIGHT, _MARK_RADIUS = 0.11, 1.2, 0.24
# Seconds of silence after a word before its mark goes out.
_PAUSE = 0.6
# The mark and its word grow into place.
_POP = r"\fscx88\fscy88\t(0,90,\fscx100\fscy100)"
_ROOM = Room(SAFE_RIGHT - SAFE_LEFT - 2 * _MARK_PADDING * EM, 3 * EM * LINE_HEIGHT, EM / 2)
_COMING: RGB = (206, 204, 216)


def document(words: Sequence[Word], *, language: str, seconds: float, name: str, title: str | None, accent: RGB) -> str:
    """The SubStation document, fonts inside, for a reel of `seconds` in which the `words` are spoken.

    Words need not be tidy (see `words.tidy`). `name` and `title` have at most 500 characters, and look best with 40 and
    80. `accent` is the colour of the spoken word's mark and of the progress line.
    """
    spoken = whole_characters(tidy(words, 0.0, seconds))
    title_cues, name_cues = (_label(text, seconds, language) for text in (title, name))
    fonts = FontSet([*texts([*title_cues, *name_cues]), *(word.text for word in spoken)], language, EXTRA_BOLD)
    # Of the whole script: a phrase of it may have more letters of another.
    direction = direction_mark(join(spoken))
    cues = phrases(spoken, language=language, seconds=seconds, line=_ROOM.width / EM, width=fonts.width)
    events = [
        *labels.progress(seconds),
        *(event for cue in title_cues for event in labels.headline(cue, fonts, language)),
        *(event for cue in name_cues for event in labels.chip(cue, fonts, language)),
        *(event for cue in cues for event in _phrase(cue, direction, fonts, language)),
    ]
    styles = _styles(fonts.first_family, accent) | labels.styles(fonts.first_family, accent)
    return substation.document(styles, events, fonts, width=WIDTH, height=HEIGHT)


def _label(text: str | None, seconds: float, language: str) -> list[Segment]:
    """A text that shows all the time; none when there is nothing to see in it."""
    if not any(letter.isprintable() and not letter.isspace() for letter in text or ""):
        return []
    return edit([], [(0.0, seconds, text or "")], language=language, duration=seconds)


def _styles(family: str, accent: RGB) -> dict[str, SSAStyle]:
    return {
        "Coming": style(_COMING, family, edge=True),
        "Current": style(legible_on(accent), family),
        "Spoken": style(PAPER, family, edge=True),
        "Mark": style(accent, family),
    }


def _phrase(phrase: Segment, direction: str, fonts: FontSet, language: str) -> Iterator[SSAEvent]:
    layout = Layout([phrase], fonts=fonts, language=language, room=_ROOM, em=EM)
    (lines,) = layout.cues
    spans = _spans(lines, phrase.end)
    x, y = MIDDLE
    y -= (len(lines) - 1) / 2 * layout.em * LINE_HEIGHT
    for line in lines:
        for word in placed(line, direction, lambda text: fonts.width(text) * layout.em):
            yield from _word(word, (x + word.offset, y), phrase, spans[word.word], fonts, layout.em)
        y += layout.em * LINE_HEIGHT


def _spans(lines: Lines, end: float) -> Mapping[Word, tuple[float, float]]:
    """From when to when each word is marked: until the next one begins, unless it takes its time."""
    spoken = [word for line in lines for word in line]
    moments = [*(word.start for word in spoken), end]
    return {
        word: (word.start, until if until - word.end <= _PAUSE else word.end)
        for word, until in zip(spoken, moments[1:], strict=True)
    }


def _word(
    word: Placed, at: tuple[float, float], phrase: Segment, span: tuple[float, float], fonts: FontSet, em: float
) -> Iterator[SSAEvent]:
    text = written([[word.word]], word.mark, fonts, {})
    edge = rf"{size(em)}\bord{em * _EDGE:.1f}"
    mark = rounded_rectangle(word.width + 2 * _MARK_PADDING * em, _MARK_HEIGHT * em, _MARK_RADIUS * em)
    since, until = span
    yield show(text, "Coming", at=at, since=phrase.start, until=since, layer=1, tags=edge)
    yield show(mark, "Mark", at=at, since=since, until=until, tags=_POP)
    yield show(text, "Current", at=at, since=since, until=until, layer=1, tags=size(em) + _POP)
    yield show(text, "Spoken", at=at, since=until, until=phrase.end, layer=1, tags=edge)
