"""Stretches of one language within a recording."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.speech.recognition import code_switching, transcription, voice_activity
from content_pipeline.core.speech.recognition.code_switching import Stretch, stretches
from tests.media import samples

PAUSE = 0.5
Phrase = tuple[float, dict[str, float]]


class Model:
    """Answers with the probabilities of one phrase after the other."""

    def __init__(self, phrases: list[Phrase]) -> None:
        self._answers = [[(f"<|{code}|>", share) for code, share in heard.items()] for _, heard in phrases]
        self.model = SimpleNamespace(detect_language=lambda number: [self._answers[number]])
        self._asked = 0

    def feature_extractor(self, phrase: np.ndarray) -> int:
        self._asked += 1
        return self._asked - 1

    def encode(self, features: int) -> int:
        return features


def found(phrases: list[Phrase], monkeypatch: pytest.MonkeyPatch, main: str = "en") -> list[tuple[str, float]]:
    """Each stretch's language and its end in seconds, where the phrases follow each other with pauses of 0.5 s."""
    spans, at = [], 0
    for seconds, _ in phrases:
        spans.append((at, at + int(seconds * SAMPLE_RATE)))
        at = spans[-1][1] + int(PAUSE * SAMPLE_RATE)
    monkeypatch.setattr(voice_activity, "phrases", lambda samples: spans)
    made = stretches(Model(phrases), np.zeros(at, np.float32), main)
    assert (made[0].start, made[-1].end) == (0, at)
    assert all(one.end == following.start for one, following in pairwise(made))
    return [(stretch.language, round(stretch.end / SAMPLE_RATE, 2)) for stretch in made]


def test_languages_that_alternate_are_kept_apart_in_the_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = [(5.0, {"en": 0.99, "es": 0.01}), (4.0, {"es": 0.97, "pt": 0.03}), (3.0, {"en": 0.95, "es": 0.05})]
    assert found(phrases, monkeypatch) == [("en", 5.25), ("es", 9.75), ("en", 13.5)]


def test_a_short_word_that_sounds_like_another_language_begins_no_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = [(5.0, {"en": 0.99}), (1.9, {"ko": 0.97, "en": 0.02}), (5.0, {"en": 0.99})]
    assert [language for language, _ in found(phrases, monkeypatch)] == ["en"]


def test_an_unsure_phrase_goes_with_its_neighbors(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = [
        (5.0, {"en": 0.99, "de": 0.01}),
        (4.0, {"de": 0.98, "en": 0.01}),
        (1.0, {"en": 0.6, "de": 0.3}),
        (4.0, {"de": 0.98, "en": 0.01}),
    ]
    assert [language for language, _ in found(phrases, monkeypatch)] == ["en", "de"]


def test_a_language_that_no_phrase_is_sure_of_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    phrases = [(5.0, {"en": 0.99}), (5.0, {"nl": 0.8, "en": 0.2})]
    assert [language for language, _ in found(phrases, monkeypatch)] == ["en"]


@pytest.mark.parametrize(("main", "spoken"), [("sr", ["sr"]), ("en", ["en", "hr", "en"])])
def test_languages_that_sound_alike_do_not_alternate(
    main: str, spoken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = [(4.0, {"hr": 0.95}), (4.0, {"bs": 0.95}), (4.0, {"sr": 0.95})]
    phrases = other if main == "sr" else [(5.0, {"en": 0.99}), *other, (5.0, {"en": 0.99})]
    assert [language for language, _ in found(phrases, monkeypatch, main)] == spoken


def test_where_nobody_speaks_all_is_of_the_main_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "phrases", lambda samples: [])
    silence = np.zeros(SAMPLE_RATE, np.float32)
    assert stretches(Model([]), silence, "de") == [Stretch(0, SAMPLE_RATE, "de")]


@pytest.mark.slow
def test_a_reading_in_one_language_is_one_stretch_also_on_a_bad_line() -> None:
    reading = np.concatenate([chunk for clip in samples.CLIPS for chunk in pcm_chunks(clip)])
    noisy = reading + np.random.default_rng(1).normal(scale=reading.std(), size=len(reading)).astype(np.float32)
    model = transcription.load_model(2)
    for sound in (reading, noisy):
        assert code_switching.stretches(model, sound, "en") == [Stretch(0, len(sound), "en")]
