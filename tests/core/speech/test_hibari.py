"""The hibari voice: speech and token timings."""

from itertools import pairwise

import numpy as np
import pytest
from hibari import Hibari
from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.speech import hibari
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.voice_types import Utterance, VoiceChoice
from tests.core.speech.phoneme_times import assert_phonemes_fill_words

pytestmark = pytest.mark.slow

HEART = VoiceChoice(hibari.known_voices()[0], "en")


def _speak(*spoken: str) -> Utterance:
    return hibari.speak([Token(text, text, spaced=True) for text in spoken], HEART)


@pytest.mark.parametrize("text", ["Hello there, my friends.", "It's the best!", "So what is it?"])
def test_the_sound_is_what_the_package_itself_makes(text: str) -> None:
    """Fails when a new package version changes the graph tensor that holds the timings."""
    np.testing.assert_array_equal(_speak(*text.split()).samples, Hibari()(text, seed=0))


def test_the_model_says_where_its_phonemes_end() -> None:
    model = hibari.load_model()
    assert [output.name for output in model.sess.get_outputs()][6:] == ["/CumSum_output_0"]
    utterance = _speak("Hello", "there.")
    *spectra, ends = model.sess.run(
        None, {"ids": np.array([model.ids("həlˈO ðˈɛɹ.")], np.int64), "speed": np.ones(1, np.float32)}
    )
    assert len(ends) == len(model.ids("həlˈO ðˈɛɹ."))
    assert ends[-1] * 0.025 == pytest.approx(len(utterance.samples) / utterance.rate, abs=0.001)
    assert len(spectra) == 6


def test_a_letter_at_the_end_is_said_in_full() -> None:
    """The package takes its period for a part of it; without a period the model cuts off the last sound."""
    np.testing.assert_array_equal(_speak("Plan", "B.").samples, _speak("Plan", "be.").samples)


def test_the_same_words_always_sound_the_same() -> None:
    first, second = _speak("Once", "more."), _speak("Once", "more.")
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.words == second.words


def test_phonemes_have_their_times_within_the_words() -> None:
    utterance = _speak("Hello", "there,", "Emma.")
    assert "".join(phoneme.symbol for phoneme in utterance.phonemes) == "həlOðɛɹɛmə"
    assert [phoneme.symbol for phoneme in utterance.phonemes if phoneme.stressed] == ["O", "ɛ", "ɛ"]
    assert_phonemes_fill_words(utterance, [4, 3, 3])
    shorter = utterance.trimmed()
    assert shorter.phonemes[4].start - shorter.words[1].start == pytest.approx(0)


def test_a_token_lasts_as_long_as_all_its_words() -> None:
    price = "one thousand two hundred ninety-nine dollars"
    whole = _speak("It", "costs", price, "today.")
    single = _speak("It", "costs", *price.split(), "today.")
    assert (whole.words[2].start, whole.words[2].end) == (single.words[2].start, single.words[7].end)
    np.testing.assert_array_equal(whole.samples, single.samples)


def test_the_last_sound_is_not_cut_off_where_no_full_stop_stands() -> None:
    np.testing.assert_array_equal(_speak("Yes").samples, _speak("Yes.").samples)


@settings(max_examples=25)
@given(st.lists(st.text("abcdeéilnorstuыж'-AEIMTX", min_size=1, max_size=9), min_size=1, max_size=12))
def test_every_token_has_its_time_whatever_is_in_it(texts: list[str]) -> None:
    utterance = _speak(*texts)
    assert [word.text for word in utterance.words] == texts
    assert all(word.start <= word.end for word in utterance.words)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(utterance.words))
    assert utterance.words[-1].end <= len(utterance.samples) / utterance.rate


def test_a_voice_that_was_never_downloaded_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
    emma = next(voice for voice in hibari.known_voices() if voice.id == "hibari-emma")
    assert emma not in hibari.voices()
    with pytest.raises(Unavailable) as raised:
        hibari.speak([Token("Hello", "Hello", spaced=False)], VoiceChoice(emma, "en"))
    assert (raised.value.code, raised.value.retryable) == ("voice_missing", False)
