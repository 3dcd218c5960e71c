"""Captions of a reel as an ASS track: phrases whose words are animated as they are spoken, plus the overlays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pysubs2 import SSAEvent

from content_pipeline.core.media import ass_document
from content_pipeline.core.media.ass_document import RGB, direction_mark, event_text
from content_pipeline.core.media.caption_layout import (
    Layout,
    LayoutBox,
    Lines,
    drawn_texts,
    layout_texts,
    merge_combining_marks,
)
from content_pipeline.core.media.cue_editing import apply_edits
from content_pipeline.core.media.fonts import EXTRA_BOLD, LINE_HEIGHT, FontSet
from content_pipeline.core.media.reels import headline, overlays
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.bidi_layout import position_words
from content_pipeline.core.media.reels.caption_animations import (
    BOX_PADDING,
    OUTLINE,
    CaptionWord,
    animation_styles,
    word_events,
)
from content_pipeline.core.media.reels.end_card import EndCard
from content_pipeline.core.media.reels.phrase_segmentation import segment_phrases
from content_pipeline.core.media.reels.safe_zone import HEIGHT, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, WIDTH
from content_pipeline.core.media.timed_words import Segment, Word, join_words, normalize_timings

# Pixels.
EM = 92
CENTER = (SAFE_LEFT + SAFE_RIGHT) / 2, 985.0
# The lowest row of a phrase, above a name badge of two lines, or the progress bar.
_ABOVE_NAME, _ABOVE_BAR = 1114.0, SAFE_BOTTOM - 18.0
# A word stays highlighted until the next one starts, unless the pause is longer than this, in seconds.
_MAX_HOLD_SECONDS = 0.6
# A wide word is split rather than shrunk, up to five lines: its phrase would be smaller than the others.
_BOX = LayoutBox(SAFE_RIGHT - SAFE_LEFT - 2 * BOX_PADDING * EM, 5 * EM * LINE_HEIGHT, EM)


def caption_track(
    words: Sequence[Word],
    *,
    language: str,
    seconds: float,
    name: str,
    title: str | None,
    accent: RGB,
    animation: CaptionAnimation = "box",
    center: tuple[float, float] = CENTER,
    hook: str | None = None,
    end_card: EndCard | None = None,
) -> str:
    """The ASS document, fonts embedded, for a reel of `seconds` in which the `words` are spoken.

    Words need not be normalized (see `normalize_timings`). `name` and `title` have at most 500 characters, and look
    best with 40 and 80. `accent` colors the highlight and the progress bar. `center` of the phrases is in pixels. The
    headline of the first frames is the `title`, else the `hook`; without either these show the first phrase.
    """
    spoken_until = end_card.start if end_card else seconds
    spoken = merge_combining_marks(normalize_timings(words, 0.0, spoken_until))
    headline_until = min(headline.SECONDS, spoken_until)
    headline_cues = _overlay_cue(title, 0.0, headline_until, language) or _overlay_cue(
        hook, 0.0, headline_until, language
    )
    title_cues = _overlay_cue(title, headline_until, spoken_until, language)
    # The end card need not say the name twice.
    name_until = spoken_until if end_card and end_card.text == name else seconds
    name_cues = _overlay_cue(name, 0.0, name_until, language)
    call_cues = _overlay_cue(end_card.text, end_card.start, seconds, language) if end_card else []
    labels = layout_texts([*headline_cues, *title_cues, *name_cues, *call_cues])
    fonts = FontSet([*labels, *drawn_texts(spoken)], language, EXTRA_BOLD)
    # The direction is that of the whole script, because a single phrase may contain mostly letters of the other
    # direction.
    direction = direction_mark(join_words(spoken))
    cues = segment_phrases(spoken, language=language, seconds=spoken_until, line=_BOX.width / EM, width=fonts.width)
    if headline_cues and cues:
        cues[0] = replace(cues[0], start=cues[0].words[0].start)
    bottom = _ABOVE_NAME if name_cues else _ABOVE_BAR
    phrases = [
        _Phrase(cue, Layout([cue], fonts=fonts, language=language, box=_BOX, em=EM), center, bottom) for cue in cues
    ]
    beside_headline = [phrase.top for phrase in phrases if phrase.cue.start < headline_until]
    top = min(beside_headline, default=center[1]) - 2 * OUTLINE * EM
    events = [
        *overlays.progress_bar(seconds),
        *(event for cue in headline_cues for event in headline.headline(cue, fonts, language, bottom=top)),
        *(event for cue in title_cues for event in overlays.title_card(cue, fonts, language)),
        *(event for cue in name_cues for event in overlays.name_badge(cue, fonts, language)),
        *(event for cue in call_cues for event in overlays.call_card(cue, fonts, language)),
        *(event for phrase in phrases for event in _phrase_events(phrase, direction, animation, fonts)),
    ]
    styles = animation_styles(fonts.default_family, accent) | overlays.overlay_styles(fonts.default_family, accent)
    return ass_document.ass_document(styles, events, fonts, width=WIDTH, height=HEIGHT)


def _overlay_cue(text: str | None, start: float, end: float, language: str) -> list[Segment]:
    """A cue of an overlay; empty when the text has no visible character, or the time is none."""
    if end <= start or not any(letter.isprintable() and not letter.isspace() for letter in text or ""):
        return []
    return apply_edits([], [(start, end, text or "")], language=language, duration=end)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A phrase and its layout: centered on `center`, or higher where it would not end above `bottom`."""

    cue: Segment
    layout: Layout
    center: tuple[float, float]
    bottom: float

    @property
    def lines(self) -> Lines:
        return self.layout.cues[0]

    @property
    def top(self) -> float:
        height = len(self.lines) * self.layout.em * LINE_HEIGHT
        return min(self.center[1] - height / 2, self.bottom - height)


def _phrase_events(phrase: _Phrase, direction: str, animation: CaptionAnimation, fonts: FontSet) -> Iterator[SSAEvent]:
    cue, lines, em = phrase.cue, phrase.lines, phrase.layout.em
    spans = _highlight_spans(lines, cue.end)
    x, y = phrase.center[0], phrase.top + em * LINE_HEIGHT / 2
    for line in lines:
        for placed in position_words(line, direction, lambda text: fonts.width(text) * em):
            start, end = spans[placed.word]
            word = CaptionWord(
                placed,
                event_text([[placed.word]], placed.direction, fonts, {}),
                (x + placed.offset, y),
                em,
                fonts.width,
                start=start,
                end=end,
                appears=cue.start,
                begins=lines[0][0].start,
                disappears=cue.end,
            )
            yield from word_events(word, animation)
        y += em * LINE_HEIGHT


def _highlight_spans(lines: Lines, end: float) -> Mapping[Word, tuple[float, float]]:
    """The highlight's (start, end) of each word: until the next word, or its own end before a longer pause."""
    spoken = [word for line in lines for word in line]
    moments = [*(word.start for word in spoken), end]
    return {
        word: (word.start, end if end - word.end <= _MAX_HOLD_SECONDS else word.end)
        for word, end in zip(spoken, moments[1:], strict=True)
    }
