"""Narration of scripts, and the timings of its tokens."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech import hibari
from content_pipeline.core.speech import narration as narrations
from content_pipeline.core.speech.narration import Narration, narrate
from content_pipeline.core.speech.text_normalization import Token, tokenize
from content_pipeline.core.speech.voice_selection import choose_voice
from content_pipeline.core.speech.voice_types import Utterance, VoiceChoice
from tests.core.speech.onset_errors import errors, onsets
from tests.core.speech.scripts import SCRIPTS

pytestmark = pytest.mark.slow

HEART = VoiceChoice(hibari.known_voices()[0], "en")


def _narrate(script: str, **pace: float) -> Narration:
    return narrate(script, replace(choose_voice("hibari-heart", script), **pace))


@pytest.mark.parametrize("voice_id", ["hibari-heart", "vits-joe"])
def test_terms_of_a_glossary_are_shown_as_written_and_said_as_it_says(voice_id: str) -> None:
    glossary = [
        GlossaryEntry("Zyntraxo", pronunciation="zin track so"),
        GlossaryEntry("Vex Oak", pronunciation="fox"),
        GlossaryEntry("Buy", pronunciation="бай"),  # of the twin's scripts in another language
    ]
    voice = choose_voice(voice_id, "Hello there.")
    narration = narrate("Buy “Zyntraxo”, or a Vex Oak!", voice, glossary)
    respelled = narrate("Buy zin track so, or a fox!", voice)
    assert [word.text for word in narration.words] == ["Buy", "“Zyntraxo”,", "or", "a", "Vex", "Oak!"]
    assert [phoneme.symbol for phoneme in narration.phonemes] == [phoneme.symbol for phoneme in respelled.phonemes]
    said = narration.words[1]
    assert said.start == pytest.approx(respelled.words[1].start, abs=0.05)
    assert said.end == pytest.approx(respelled.words[3].end, abs=0.05)


@pytest.mark.parametrize("speed", [0.7, 1.0, 1.4])
def test_captions_begin_where_the_sound_sets_in_at_every_speed(speed: float) -> None:
    found: list[float] = []
    for script in SCRIPTS:
        narration = _narrate(script, speed=speed)
        found += errors(narration.words, narration.samples, narration.rate)
    assert len(found) > 10  # a fast voice pauses less
    assert np.median(found) <= 0.04
    assert np.quantile(found, 0.95) <= 0.12


@pytest.mark.parametrize(
    "script",
    [
        "A",
        "Only $1,299 in 2026 — 24/7 🔥",
        "🔥 Stop! 🔥🔥 Now at https://example.com/shop, or call (555) 123-4567.",
        "no capitals here. none at all. just vibes",
        "Line one\nline two\n\nline three",
        "Ends with a dash —",
        r"{\an8} 100% 'sure': \N yes",
    ],
)
def test_every_token_that_is_shown_is_a_word_with_time_of_its_own(script: str) -> None:
    narration = _narrate(script)
    shown = tokenize(script, "en")
    assert [word.text for word in narration.words] == [token.text for token in shown]
    assert all(word.end - word.start >= 0.0199 for word in narration.words)
    assert all(one.end <= other.start for one, other in pairwise(narration.words))
    assert narration.words[0].start >= 0
    assert narration.words[-1].end <= narration.seconds
    assert narration.samples.dtype == np.float32
    assert np.abs(narration.samples).max() <= 1


def test_an_emoji_fills_the_pause_that_it_stands_in() -> None:
    narration = _narrate("🔥 Stop scrolling! 🔥 This is new.")
    first, stop, scrolling, second, this, *_ = narration.words
    assert (first.start, first.end) == (0, stop.start)
    assert scrolling.end <= second.start < second.end <= this.start


def test_a_price_is_highlighted_while_all_its_words_are_spoken() -> None:
    words = _narrate("It costs $1,299 today.").words
    assert words[2].text == "$1,299"
    assert words[2].end - words[2].start > 1.5


def test_phonemes_are_spoken_within_the_words_of_all_sentences() -> None:
    narration = _narrate("This is the first sentence. That was it.")
    assert "".join(phoneme.symbol for phoneme in narration.phonemes).endswith("ðætwʌzɪt")
    assert narration.phonemes[0].start == pytest.approx(narration.words[0].start, abs=0.001)
    assert narration.phonemes[-1].end == pytest.approx(narration.words[-1].end, abs=0.001)
    assert all(one.end <= other.start + 1e-9 for one, other in pairwise(narration.phonemes))


def test_a_voice_without_phonemes_gets_them_from_the_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    def speak(tokens: Sequence[Token], choice: VoiceChoice) -> Utterance:
        return Utterance(np.ones(24_000, np.float32), 24_000, (Word(0.0, 1.0, tokens[0].text),))

    engine = replace(narrations.ENGINES["hibari"], speak=speak)
    monkeypatch.setitem(narrations.ENGINES, "hibari", engine)
    assert [phoneme.symbol for phoneme in _narrate("Map.").phonemes] == ["m", "ɑ", "p"]


def test_a_recording_of_another_voice_is_aligned_token_by_token() -> None:
    script = f"{SCRIPTS[0]} 🎉 It costs $49.99 — really!"
    spoken = _narrate(script)
    words = narrations.align(script, "en", spoken.samples, spoken.rate)
    assert [word.text for word in words] == [word.text for word in spoken.words]
    shifts = [abs(one.start - other.start) for one, other in zip(words, spoken.words, strict=True)]
    assert np.median(shifts) <= 0.05
    assert np.quantile(shifts, 0.95) <= 0.2


def test_the_narration_begins_and_ends_with_a_little_silence() -> None:
    narration = _narrate("Stop scrolling, because this is the one thing that you have to know today.")
    heard = np.flatnonzero(np.abs(narration.samples) > 0.01) / narration.rate
    assert 0.15 <= heard[0] <= 0.35
    assert 0.35 <= narration.seconds - heard[-1] <= 0.6


def test_few_words_are_followed_by_silence_until_every_platform_takes_their_reel() -> None:
    narration = _narrate("Hi!")
    assert narration.seconds == pytest.approx(3.1, abs=0.01)
    assert narration.words[-1].end < 2


def test_sentences_are_parted_by_a_pause() -> None:
    narration = _narrate("This is the first sentence. That was it.")
    first, second = onsets(narration.samples, narration.rate)
    assert second == pytest.approx(narration.words[5].start, abs=0.12)
    before = narration.samples[int((second - 0.3) * narration.rate) : int((second - 0.05) * narration.rate)]
    assert np.abs(before).max() < 0.01
    assert first < 0.4


@pytest.mark.parametrize("pause", [0.0, 0.8, 2.0])
def test_a_pause_lasts_as_long_as_the_twin_wants(pause: float) -> None:
    usual, narration = (_narrate("This is the first sentence. That was it.", pause=each) for each in (0.4, pause))
    assert narration.words[5].start - usual.words[5].start == pytest.approx(pause - 0.4, abs=0.01)
    assert narration.phonemes[-1].end - usual.phonemes[-1].end == pytest.approx(pause - 0.4, abs=0.01)


def test_a_voice_that_speaks_several_sentences_at_once_pauses_between_them_as_long_as_the_twin_wants() -> None:
    engine = narrations.ENGINES["endpoint"]
    tokens = tokenize("One sentence. Another one.", "en")
    assert len(list(narrations.split_into_chunks(tokens, HEART, engine))) == 1
    found = narrations.split_into_chunks(tokens, replace(HEART, pause=1.0), engine)
    assert [pause for _, pause in found] == [1.0, 1.0]


def test_a_faster_voice_says_the_same_in_less_time() -> None:
    slow, usual, fast = (_narrate(SCRIPTS[0], speed=speed) for speed in (0.7, 1.0, 1.4))
    assert [phoneme.symbol for phoneme in slow.phonemes] == [phoneme.symbol for phoneme in fast.phonemes]
    assert slow.seconds / usual.seconds == pytest.approx(1 / 0.7, rel=0.15)
    assert fast.seconds / usual.seconds == pytest.approx(1 / 1.4, rel=0.15)


def test_a_re_run_gives_the_same_narration() -> None:
    first, second = _narrate(SCRIPTS[0]), _narrate(SCRIPTS[0])
    np.testing.assert_array_equal(first.samples, second.samples)
    assert first.words == second.words


def test_a_long_script_is_spoken_to_its_end() -> None:
    script = (" ".join(SCRIPTS) * 4)[:2500]
    narration = _narrate(script)
    assert len(narration.words) == len(script.split())
    assert 120 < narration.seconds < 200


def test_a_token_of_many_words_is_spoken_in_several_breaths() -> None:
    narration = _narrate(f"Call {'0' * 200} now.")
    call, number, now = narration.words
    assert now.start - number.start > 40
    assert call.end <= number.start < number.end <= now.start
    assert now.end <= narration.seconds


def test_a_script_without_any_punctuation_is_spoken_to_its_end() -> None:
    script = " ".join(f"word number {count} comes along" for count in range(100))
    narration = _narrate(script)
    assert len(narration.words) == 500
    assert max(one.start - other.end for other, one in pairwise(narration.words)) < 1


@pytest.mark.parametrize("provider", ["hibari", "vits", "kokoro", "pico", "espeak", "endpoint"])
@given(st.lists(st.sampled_from(["word", "and", "clause,", "end.", "why?", "x" * 400]), min_size=1, max_size=80))
def test_chunks_are_all_of_the_script_and_fit_the_voice(provider: str, spoken: list[str]) -> None:
    engine = narrations.ENGINES[provider]
    tokens = [Token(text, text, spaced=True) for text in spoken]
    found = [chunk for chunk, _ in narrations.split_into_chunks(tokens, HEART, engine)]
    assert [token for chunk in found for token in chunk] == tokens
    assert all(len(chunk) == 1 or sum(len(t.spoken) + 1 for t in chunk) <= engine.max_characters for chunk in found)
    if not engine.multiple_sentences:
        assert all(token.spoken[-1] not in ".?" for chunk in found for token in chunk[:-1])


def test_the_result_says_which_voice_spoke_in_which_language() -> None:
    narration = narrate("Hello there, my friends.", choose_voice("en-GB-Wavenet-B", "Hello there, my friends."))
    assert (narration.voice.id, narration.language) == ("vits-joe", "en")
