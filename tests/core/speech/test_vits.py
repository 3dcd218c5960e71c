"""The VITS voice: speech and token timings."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.media import wav
from content_pipeline.core.speech import vits
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.recognition.transcription import transcribe
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import Utterance, VoiceChoice
from tests.core.speech.onset_errors import errors
from tests.core.speech.phoneme_times import assert_phonemes_fill_words
from tests.core.speech.scripts import SCRIPTS
from tests.core.speech.transcript_normalization import canonical

pytestmark = pytest.mark.slow

(JOE,) = vits.voices()


def _speak(spoken: Sequence[str], speed: float = 1.0) -> Utterance:
    return vits.speak([Token(text, text, spaced=True) for text in spoken], VoiceChoice(JOE, "en", speed))


@pytest.mark.nightly
def test_a_recognizer_hears_what_the_script_says(tmp_path: Path) -> None:
    said = " ".join(SCRIPTS[:2])
    narration = narrate(said, VoiceChoice(JOE, "en"))
    wav.write(narration.samples, narration.rate, tmp_path / "narration.wav")
    words = transcribe(tmp_path / "narration.wav", language="en", threads=1, on_progress=lambda seconds: None).words
    assert jiwer.wer(canonical(said), canonical(" ".join(word.text for word in words))) <= 0.06


@pytest.mark.nightly
@pytest.mark.parametrize(("speed", "quantile"), [(0.7, 0.85), (1.4, 0.95)])
def test_captions_begin_where_the_sound_sets_in_at_every_speed(speed: float, quantile: float) -> None:
    """At 0.7 the stops within four words ("breakfast", "six") are silences long enough to count as pauses."""
    found: list[float] = []
    for script in SCRIPTS:
        narration = narrate(script, VoiceChoice(JOE, "en", speed))
        found += errors(narration.words, narration.samples, narration.rate)
    assert len(found) > 10
    assert np.median(found) <= 0.04
    assert np.quantile(found, quantile) <= 0.12


def test_the_same_words_always_sound_the_same() -> None:
    first, _, second = _speak(["Once", "more."]), _speak(["Not", "this."]), _speak(["Once", "more."])
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.words == second.words
    assert np.abs(first.samples).max() > 0.1


def test_phonemes_have_their_times_within_the_words() -> None:
    utterance = _speak(["Hello", "there,", "father."])
    assert "".join(phoneme.symbol for phoneme in utterance.phonemes) == "həlOðɛɹfɑðɚ"
    assert [phoneme.symbol for phoneme in utterance.phonemes if phoneme.stressed] == ["O", "ɛ", "ɑ"]
    assert_phonemes_fill_words(utterance, [4, 3, 4])


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text("abcdeéilnorstuыж'-AEIMTX", min_size=1, max_size=9), min_size=1, max_size=6))
def test_every_token_has_its_time_whatever_is_in_it(texts: list[str]) -> None:
    utterance = _speak(texts)
    assert [word.text for word in utterance.words] == texts
    assert all(word.start <= word.end for word in utterance.words)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(utterance.words))


@pytest.mark.nightly
def test_the_longest_and_slowest_sentence_is_spoken_to_its_end() -> None:
    utterance = _speak(["W"] * 100, speed=0.7)
    assert len(utterance.samples) / utterance.rate > 25
    assert utterance.words[-1].end == pytest.approx(len(utterance.samples) / utterance.rate, abs=1.0)
