"""Forced alignment of speech with its script."""

import sys
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, pcm_chunks
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech import pocketsphinx_alignment
from content_pipeline.core.speech.forced_alignment import align, to_16_khz_pcm
from content_pipeline.core.speech.narration import Narration, narrate
from content_pipeline.core.speech.text_normalization import tokenize
from content_pipeline.core.speech.voice_selection import choose_voice
from content_pipeline.core.speech.voice_types import words_from_spans
from tests.core.speech.onset_errors import errors
from tests.core.speech.recognition.english_only_model import know_only_english
from tests.core.speech.scripts import SCRIPTS
from tests.media import samples
from tests.programs import need

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def narrations() -> list[Narration]:
    """Speech of hibari, whose exact timings are the reference for the alignment."""
    return [narrate(script, choose_voice("hibari-heart", script)) for script in SCRIPTS]


@pytest.fixture
def without_pocketsphinx(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Simulates Python 3.12 on ARM, for which pocketsphinx has no wheel."""
    pocketsphinx_alignment.load_decoder.cache_clear()
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    yield
    pocketsphinx_alignment.load_decoder.cache_clear()


def _aligned(narration: Narration, script: str) -> tuple[Word, ...]:
    return align(narration.samples, narration.rate, tokenize(script, "en"), "en")


def _check(narrations: list[Narration], *, typical: float, nearly_all: float) -> None:
    """Against energy onsets after pauses, and over all words against the engine's own timings."""
    to_sound: list[float] = []
    to_voice: list[float] = []
    for narration, script in zip(narrations, SCRIPTS, strict=False):
        words = _aligned(narration, script)
        assert [word.text for word in words] == script.split()
        assert all(one.end <= other.start for one, other in pairwise(words))
        to_sound += errors(words, narration.samples, narration.rate)
        to_voice += [abs(one.start - other.start) for one, other in zip(words, narration.words, strict=True)]
    assert len(to_sound) >= 4 * len(narrations)  # 9 in the first two on some CPUs
    assert np.median(to_sound) <= 0.06
    assert np.quantile(to_sound, 0.95) <= 0.12
    assert np.median(to_voice) <= typical
    assert np.quantile(to_voice, 0.95) <= nearly_all


def test_english_words_are_found_exactly(narrations: list[Narration]) -> None:
    pytest.importorskip("pocketsphinx")
    _check(narrations, typical=0.03, nearly_all=0.08)


def test_without_pocketsphinx_the_words_that_whisper_hears_are_used(
    narrations: list[Narration], without_pocketsphinx: None
) -> None:
    _check(narrations[:2], typical=0.06, nearly_all=0.25)


@pytest.mark.parametrize("script", SCRIPTS)
def test_pocketsphinx_does_not_lose_its_way_in_digital_silence(script: str) -> None:
    """espeak's pauses are digital silence: without noise 1 of 12 texts aligned."""
    pytest.importorskip("pocketsphinx")
    need("espeak-ng")
    narration = narrate(script, choose_voice("espeak-en-GB", script))
    spans = pocketsphinx_alignment.align_tokens(
        to_16_khz_pcm(narration.samples, narration.rate), tokenize(script, "en")
    )
    assert spans is not None
    found = errors(words_from_spans(tokenize(script, "en"), spans), narration.samples, narration.rate)
    assert np.median(found) <= 0.06


def test_words_that_no_dictionary_has_are_found_too() -> None:
    pytest.importorskip("pocketsphinx")
    script = "Say hello to Zyntraxo and Quibblefly, CEO of Xpandly."
    narration = narrate(script, choose_voice("hibari-heart", script))
    words = _aligned(narration, script)
    for found, exact in zip(words, narration.words, strict=True):
        assert found.start == pytest.approx(exact.start, abs=0.12)


def test_a_recording_of_something_else_still_gives_every_word_its_time(narrations: list[Narration]) -> None:
    narration = narrations[0]
    script = "Completely other words about sailing boats and winter storms."
    words = align(narration.samples, narration.rate, tokenize(script, "en"), "en")
    assert [word.text for word in words] == script.split()
    assert all(word.start < word.end for word in words)
    assert words[-1].end <= narration.seconds


def test_silence_gives_every_word_a_time() -> None:
    words = align(np.zeros(48_000, np.float32), 24_000, tokenize("Hello there.", "en"), "en")
    assert [word.text for word in words] == ["Hello", "there."]
    assert 0 <= words[0].start < words[1].start < words[1].end <= 2


def test_a_model_for_english_alone_times_the_words_of_other_languages_as_well_as_it_can(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that speaks German may be set up beside it."""
    know_only_english(monkeypatch)
    script = "Im letzten Monat haben wir zwölf neue Kunden gewonnen, vor allem in Süddeutschland."
    spoken = np.concatenate(list(pcm_chunks(samples.GERMAN)))
    words = align(spoken, SAMPLE_RATE, tokenize(script, "de"), "de")
    assert [word.text for word in words] == script.split()
    assert all(one.end <= other.start for one, other in pairwise(words))
