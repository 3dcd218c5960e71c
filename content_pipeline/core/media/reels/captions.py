"""Captions of a reel as an ASS track: phrases whose words are animated as they are spoken, plus the overlays."""

from collections.abc import Iterator, Mapping, Sequence

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
from content_pipeline.core.media.reels import overlays
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.media.reels.bidi_layout import position_words
from content_pipeline.core.media.reels.caption_animations import (
    BOX_PADDING,
    CaptionWord,
    animation_styles,
    word_events,
)
from content_pipeline.core.media.reels.phrase_segmentation import segment_phrases
from content_pipeline.core.media.reels.safe_zone import HEIGHT, SAFE_LEFT, SAFE_RIGHT, WIDTH
from content_pipeline.core.media.timed_words import Segment, Word, join_words, normalize_timings

# Pixels.
EM = 92
CENTER = (SAFE_LEFT + SAFE_RIGHT) / 2, 790.0
# A word stays highlighted until the next one starts, unless the pause is longer than this, in seconds.
_MAX_HOLD_SECONDS = 0.6
# A wide word is split rather than shrunk: its phrase would be smaller than the others.
_BOX = LayoutBox(SAFE_RIGHT - SAFE_LEFT - 2 * BOX_PADDING * EM, 3 * EM * LINE_HEIGHT, EM)


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
) -> str:
    """The ASS document, fonts embedded, for a reel of `seconds` in which the `words` are spoken.

    Words need not be normalized (see `normalize_timings`). `name` and `title` have at most 500 characters, and look
    best with 40 and 80. `accent` colors the highlight and the progress bar. `center` of the phrases is in pixels.
    """
    spoken = merge_combining_marks(normalize_timings(words, 0.0, seconds))
    title_cues, name_cues = (_overlay_cue(text, seconds, language) for text in (title, name))
    fonts = FontSet([*layout_texts([*title_cues, *name_cues]), *drawn_texts(spoken)], language, EXTRA_BOLD)
    # Taken from the whole script: a single phrase may contain mostly letters of the other direction.
    direction = direction_mark(join_words(spoken))
    cues = segment_phrases(spoken, language=language, seconds=seconds, line=_BOX.width / EM, width=fonts.width)
    events = [
        *overlays.progress_bar(seconds),
        *(event for cue in title_cues for event in overlays.title_card(cue, fonts, language)),
        *(event for cue in name_cues for event in overlays.name_badge(cue, fonts, language)),
        *(event for cue in cues for event in _phrase_events(cue, center, direction, animation, fonts, language)),
    ]
    styles = animation_styles(fonts.default_family, accent) | overlays.overlay_styles(fonts.default_family, accent)
    return ass_document.ass_document(styles, events, fonts, width=WIDTH, height=HEIGHT)


def _overlay_cue(text: str | None, seconds: float, language: str) -> list[Segment]:
    """A cue for the whole reel; empty when the text has no visible character."""
    if not any(letter.isprintable() and not letter.isspace() for letter in text or ""):
        return []
    return apply_edits([], [(0.0, seconds, text or "")], language=language, duration=seconds)


def _phrase_events(
    phrase: Segment,
    center: tuple[float, float],
    direction: str,
    animation: CaptionAnimation,
    fonts: FontSet,
    language: str,
) -> Iterator[SSAEvent]:
    layout = Layout([phrase], fonts=fonts, language=language, box=_BOX, em=EM)
    (lines,) = layout.cues
    spans = _highlight_spans(lines, phrase.end)
    x, y = center
    y -= (len(lines) - 1) / 2 * layout.em * LINE_HEIGHT
    for line in lines:
        for placed in position_words(line, direction, lambda text: fonts.width(text) * layout.em):
            start, end = spans[placed.word]
            word = CaptionWord(
                placed,
                event_text([[placed.word]], placed.direction, fonts, {}),
                (x + placed.offset, y),
                layout.em,
                fonts.width,
                start=start,
                end=end,
                appears=phrase.start,
                begins=lines[0][0].start,
                disappears=phrase.end,
            )
            yield from word_events(word, animation)
        y += layout.em * LINE_HEIGHT


def _highlight_spans(lines: Lines, end: float) -> Mapping[Word, tuple[float, float]]:
    """The highlight's (start, end) of each word: until the next word, or its own end before a longer pause."""
    spoken = [word for line in lines for word in line]
    moments = [*(word.start for word in spoken), end]
    return {
        word: (word.start, end if end - word.end <= _MAX_HOLD_SECONDS else word.end)
        for word, end in zip(spoken, moments[1:], strict=True)
    }
