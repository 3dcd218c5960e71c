"""The Pico voices: speech and token timings."""

from itertools import pairwise
from pathlib import Path

import jiwer
import numpy as np
import pytest

from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.media import wav
from content_pipeline.core.media.timed_words import join_words
from content_pipeline.core.speech import pico
from content_pipeline.core.speech.narration import narrate
from content_pipeline.core.speech.recognition.transcription import transcribe
from content_pipeline.core.speech.text_normalization import tokenize
from content_pipeline.core.speech.voice_types import Voice, VoiceChoice
from tests.core.speech.european import SCRIPTS, plain
from tests.core.speech.extra_voices import need_the_extra_voices
from tests.core.speech.onset_errors import errors

GERMAN, *_ = pico.KNOWN_VOICES


@pytest.fixture
def package() -> None:
    need_the_extra_voices()


def _language(voice: Voice) -> str:
    return voice.language.partition("-")[0]


@pytest.mark.slow
@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("voice", pico.KNOWN_VOICES)
def test_a_recognizer_hears_what_the_script_says(voice: Voice, tmp_path: Path) -> None:
    script = " ".join(SCRIPTS[_language(voice)][:6])  # less than the 30 s that Whisper hears at once
    sound = pico.synthesize(script, VoiceChoice(voice, _language(voice)))
    wav.write(sound, pico.RATE, tmp_path / "sound.wav")
    heard = transcribe(tmp_path / "sound.wav", language=_language(voice), threads=1, on_progress=lambda _: None)
    assert jiwer.wer(plain(script, _language(voice)), plain(join_words(heard.words), _language(voice))) <= 0.12


@pytest.mark.slow
@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("voice", pico.KNOWN_VOICES)
def test_captions_begin_where_the_sound_sets_in(voice: Voice) -> None:
    script = " ".join(SCRIPTS[_language(voice)])
    narration = narrate(script, VoiceChoice(voice, _language(voice)))
    assert [word.text for word in narration.words] == [token.text for token in tokenize(script, _language(voice))]
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(narration.words))
    found = errors(narration.words, narration.samples, narration.rate)
    assert len(found) > 10
    assert np.median(found) <= 0.04


@pytest.mark.usefixtures("package")
def test_the_same_words_always_sound_the_same() -> None:
    first, second = (pico.synthesize("Noch einmal, bitte.", VoiceChoice(GERMAN, "de")) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert 0.1 < np.abs(first).max() <= 1


@pytest.mark.usefixtures("package")
def test_a_slow_voice_takes_longer() -> None:
    slow, usual, fast = (
        len(pico.synthesize(SCRIPTS["de"][0], VoiceChoice(GERMAN, "de", speed))) for speed in (0.7, 1.0, 1.4)
    )
    assert slow / usual == pytest.approx(1 / 0.7, rel=0.15)
    assert fast / usual == pytest.approx(1 / 1.4, rel=0.15)


@pytest.mark.usefixtures("package")
def test_signs_of_markup_are_no_markup() -> None:
    plain = pico.synthesize("eins   break   zwei", VoiceChoice(GERMAN, "de"))
    assert len(pico.synthesize("eins < break > zwei", VoiceChoice(GERMAN, "de"))) == len(plain)


def test_a_voice_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pico, "find_spec", lambda name: None)
    assert pico.voices() == ()
    with pytest.raises(Unavailable) as raised:
        pico.synthesize("Hallo", VoiceChoice(GERMAN, "de"))
    assert (raised.value.code, raised.value.retryable) == ("voice_missing", False)
    assert "pico-de" in raised.value.detail


def test_an_engine_that_fails_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    klingon = Voice("pico-tlh", "Klingon", "tlh-TLH", None, "pico")
    monkeypatch.setattr(pico, "voices", lambda: (klingon,))
    with pytest.raises(InternalError) as raised:
        pico.synthesize("Qapla'", VoiceChoice(klingon, "tlh"))
    assert "Traceback" in raised.value.__notes__[0]
