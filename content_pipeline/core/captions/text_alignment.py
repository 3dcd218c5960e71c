"""Forced alignment of a known text: its words with the times of those that the transcript has in their place."""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

import numpy as np

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.timed_words import Span, Word, normalize_timings
from content_pipeline.core.speech import text_normalization
from content_pipeline.core.speech.anchor_chain import ANCHOR_LETTERS
from content_pipeline.core.speech.english.normalizer import normalize_line
from content_pipeline.core.speech.languages import base_language
from content_pipeline.core.speech.recognition import chinese_script
from content_pipeline.core.speech.recognition.transcription import Transcript
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.transcript_alignment import Alignment, align_to_transcript

# Fast speech has 25; a text with more is not all spoken.
MAX_CHARACTERS_A_SECOND: Final = 50
# In texts that were not spoken, up to 0.40 of the letters were found in order. In spoken texts of which 35 % of the
# words were heard wrong, at least 0.55 were.
_MIN_HEARD_SHARE: Final = 0.5
# About seven seconds of speech. Of 600 words of which 45 % were wrong, no passage missed more than 92.
_MAX_UNHEARD_LETTERS: Final = 100


def valid_text(text: str) -> str:
    """The text without control characters. Raises Invalid `text_empty` for one without a letter or digit."""
    if not any(character.isalnum() for character in text):
        raise Invalid("The text has no word.", code="text_empty", remedy="Send the words that are spoken.")
    return "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))


def check_length(text: str, seconds: float) -> None:
    """Raises Invalid `text_too_long` for a text that nobody can say in the length of the recording."""
    most = round(MAX_CHARACTERS_A_SECOND * (seconds + 1))
    if len(text) > most:
        raise Invalid(
            f"The text has {len(text):,} characters; at most {most:,} can be spoken in {seconds:.1f} seconds.",
            code="text_too_long",
            remedy="Send the text of this recording, or the whole recording.",
        )


def align(text: str, transcript: Transcript) -> tuple[Word, ...]:
    """The words of the text, in order and without overlap, timed by the transcript of its recording.

    Joined, they are the text, without line breaks and control characters. Each is in the language that is heard at its
    time. Raises Invalid `text_mismatch` where the
    text, or a passage of it, is not what is heard.
    """
    language = transcript.language or "en"
    tokens = text_normalization.tokenize_verbatim(text, language)
    said = _comparable([Word(0, 0, token.spoken) for token in tokens], language)
    aligned = align_to_transcript(
        [replace(token, spoken=word.text) for token, word in zip(tokens, said, strict=True)],
        _comparable(_as_spoken(transcript.words, language), language),
        transcript.seconds,
    )
    _check_heard(aligned)
    words = normalize_timings(list(_words(tokens, aligned.spans)), 0.0, transcript.seconds)
    return tuple(_in_languages_of(transcript.words, words))


def _as_spoken(words: Sequence[Word], language: str) -> list[Word]:
    """English words as they are said, as those of the text are: "$5" and "five dollars" are the same."""
    if base_language(language) != "en":
        return list(words)
    spoken = normalize_line([word.text for word in words])
    return [replace(word, text=text) for word, text in zip(words, spoken, strict=True)]


def _comparable(words: Sequence[Word], language: str) -> Sequence[Word]:
    """Chinese words in simplified characters: the text and the model may prefer either."""
    if base_language(language) not in ("zh", "yue"):
        return words
    return chinese_script.convert(words, chinese_script.SIMPLIFIED)


def _check_heard(aligned: Alignment) -> None:
    heard = np.count_nonzero(aligned.runs) / max(1, len(aligned.runs))
    if heard < _MIN_HEARD_SHARE:
        raise _mismatch(f"Only {heard:.0%} of the text is heard in the recording.")
    letters = zip(aligned.owners, aligned.runs, strict=True)
    for is_heard, group in groupby(letters, key=lambda letter: letter[1] >= ANCHOR_LETTERS):
        passage = list(group)
        missing = sum(run == 0 for _, run in passage)
        if not is_heard and missing > _MAX_UNHEARD_LETTERS and missing > len(passage) * (1 - _MIN_HEARD_SHARE):
            first, last = passage[0][0], passage[-1][0]
            raise _mismatch(f"The words {first + 1} to {last + 1} of the text are not heard in the recording.")


def _mismatch(detail: str) -> Invalid:
    return Invalid(
        detail,
        code="text_mismatch",
        remedy="Send the words that are spoken, in their order, or let POST /captions/generate write them.",
    )


def _words(tokens: Sequence[Token], spans: Sequence[Span | None]) -> Iterator[Word]:
    """One word per token. What has no letter, a dash or an emoji, is shown from the end of the word before."""
    end = next((span[0] for span in spans if span), 0.0)
    for token, span in zip(tokens, spans, strict=True):
        start, end = span or (end, end)
        yield Word(round(start, 3), round(end, 3), token.text, token.spaced)


def _in_languages_of(heard: Sequence[Word], words: Sequence[Word]) -> Iterator[Word]:
    starts = [word.start for word in heard]
    for word in words:
        before = max(0, bisect_right(starts, (word.start + word.end) / 2) - 1)
        yield replace(word, language=heard[before].language)
