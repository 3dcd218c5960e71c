"""The Kokoro voices: speech and token timings."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.media import wav
from content_pipeline.core.speech import kokoro
from content_pipeline.core.speech.narration import ENGINES, narrate
from content_pipeline.core.speech.recognition.transcription import transcribe
from content_pipeline.core.speech.text_normalization import Token, tokenize
from content_pipeline.core.speech.voice_types import Utterance, Voice, VoiceChoice
from tests.core.speech.extra_voices import need_the_extra_voices
from tests.core.speech.japanese import SCRIPTS, reading
from tests.core.speech.onset_errors import errors
from tests.core.speech.phoneme_times import assert_phonemes_fill_words

ALPHA, *_ = kokoro.KNOWN_VOICES
SCRIPT_WITH_PAUSES = (
    "はい。さあ、行きましょう。でも、待って。ほら、雨の日も、雪の日も、外を歩いて、水を飲んで、早く寝ます。"
)


@pytest.fixture
def packages() -> None:
    need_the_extra_voices()


def _speak(spoken: Sequence[str], speed: float = 1.0) -> Utterance:
    return kokoro.speak([Token(text, text, spaced=False) for text in spoken], VoiceChoice(ALPHA, "ja", speed))


# Each voice says another of the scripts, once: a second of sound takes a third of a second to make.
@pytest.mark.nightly
@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("voice", "script"), zip(kokoro.KNOWN_VOICES, SCRIPTS[2:], strict=False), ids=[v.id for v in kokoro.KNOWN_VOICES]
)
def test_a_recognizer_hears_what_each_voice_says(voice: Voice, script: str, tmp_path: Path) -> None:
    narration = narrate(script, VoiceChoice(voice, "ja"))
    wav.write(narration.samples, narration.rate, tmp_path / "narration.wav")
    words = transcribe(tmp_path / "narration.wav", language="ja", threads=1, on_progress=lambda _: None).words
    said, heard = reading(script), reading("".join(word.text for word in words))
    assert jiwer.cer(said, heard) <= 0.08, f"{said}\n{heard}"


@pytest.mark.nightly
@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("speed", [0.7, 1.0, 1.4])
def test_captions_begin_where_the_sound_sets_in_at_every_speed(speed: float) -> None:
    narration = narrate(SCRIPT_WITH_PAUSES, VoiceChoice(ALPHA, "ja", speed))
    assert [word.text for word in narration.words] == [token.text for token in tokenize(SCRIPT_WITH_PAUSES, "ja")]
    found = errors(narration.words, narration.samples, narration.rate)
    assert len(found) >= 6
    assert np.median(found) <= 0.04
    assert max(found) <= 0.12


@pytest.mark.slow
@pytest.mark.usefixtures("packages")
def test_the_same_words_always_sound_the_same() -> None:
    first, _, second = _speak(["もう", "一度。"]), _speak(["これでは", "ない。"]), _speak(["もう", "一度。"])
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.words == second.words
    assert np.abs(first.samples).max() > 0.1


@pytest.mark.slow
@pytest.mark.usefixtures("packages")
def test_the_loudest_voice_is_not_clipped() -> None:
    """Kumo's samples of this script are up to 1.3 as the model gives them."""
    kumo = next(voice for voice in kokoro.KNOWN_VOICES if voice.id == "kokoro-kumo")
    utterance = kokoro.speak([Token(SCRIPTS[3], SCRIPTS[3], spaced=False)], VoiceChoice(kumo, "ja"))
    assert 0.3 < np.abs(utterance.samples).max() <= 1


@pytest.mark.slow
@pytest.mark.usefixtures("packages")
def test_phonemes_have_their_times_within_the_words() -> None:
    utterance = _speak(["東京の", "写真です。"])
    assert "".join(phoneme.symbol for phoneme in utterance.phonemes) == "tokonoɕaɕiɴdesɨ"
    assert_phonemes_fill_words(utterance, [6, 9])


@pytest.mark.nightly
@pytest.mark.usefixtures("packages")
@settings(max_examples=10, deadline=None)
@given(st.lists(st.text("あんっー漢々志9１3,.ｶ゛ァWé㌔「」！𠮷🔥 -", min_size=1, max_size=9), min_size=1, max_size=4))
def test_every_token_has_its_time_whatever_is_in_it(texts: list[str]) -> None:
    utterance = _speak(texts, speed=1.4)
    assert [word.text for word in utterance.words] == texts
    assert all(word.start <= word.end for word in utterance.words)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(utterance.words))


@pytest.mark.nightly
@pytest.mark.usefixtures("packages")
def test_the_longest_and_slowest_sentence_is_spoken_to_its_end() -> None:
    """Of the letter with the longest reading, "kokorozashi": 45 s. The letter W gives 33 s, and the digit 9 17 s."""
    utterance = _speak(["志"] * ENGINES["kokoro"].max_characters, speed=0.7)
    assert len(utterance.samples) / utterance.rate > 40
    assert utterance.words[-1].end == pytest.approx(len(utterance.samples) / utterance.rate, abs=1.0)
    assert utterance.words[-1].end > utterance.words[-1].start


def test_a_voice_whose_packages_are_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "find_spec", lambda name: None)
    assert kokoro.voices() == ()
    with pytest.raises(Unavailable) as raised:
        _speak(["はい。"])
    assert (raised.value.code, raised.value.retryable) == ("voice_missing", False)
    assert "kokoro-alpha" in raised.value.detail
    assert "models install --voices" in (raised.value.remedy or "")


def test_a_model_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.bin").write_bytes(b"another model")
    with pytest.raises(Unavailable) as raised:
        kokoro.read_weights([tmp_path])
    assert raised.value.code == "model_damaged"
