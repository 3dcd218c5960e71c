"""Speech in whose place no word was written."""

from collections.abc import Sequence

import numpy as np
import pytest

from content_pipeline.core.media.audio_decoding import SAMPLE_RATE, Samples, pcm_chunks
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.recognition.missed_speech import stretches
from tests.media import samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def talk() -> Samples:
    """5 s of noise, a sentence of 7.5 s, 5 s of noise, a sentence of 2.5 s."""
    (long,), (short,) = (list(pcm_chunks(samples.LIBRIVOX / f"{name}.flac")) for name in ("0870", "0880"))
    noise = np.random.default_rng(1).normal(scale=0.01, size=5 * SAMPLE_RATE).astype(np.float32)
    return np.concatenate([noise, long, noise, short])


def seconds(words: Sequence[Word], talk: Samples) -> list[tuple[float, float]]:
    return [(first / SAMPLE_RATE, end / SAMPLE_RATE) for first, end in stretches(words, talk)]


def test_of_a_gap_between_words_the_part_with_speech_is_found(talk: Samples) -> None:
    length = len(talk) / SAMPLE_RATE
    ((start, end),) = seconds([Word(17.8, length, "short")], talk)
    assert 4.5 < start < 5.5
    assert 11.5 < end < 13


def test_without_words_all_speech_is_one_part(talk: Samples) -> None:
    ((start, end),) = seconds([], talk)
    assert 4.5 < start < 5.5
    assert end > 17.5


def test_a_short_phrase_after_a_sentence_belongs_to_it(talk: Samples) -> None:
    (short,) = pcm_chunks(samples.LIBRIVOX / "0880.flac")
    half = SAMPLE_RATE // 2
    sentence = np.concatenate([talk[: 13 * SAMPLE_RATE], talk[:half], short[half:SAMPLE_RATE], talk[: 8 * half]])
    length = len(sentence) / SAMPLE_RATE
    ((_, end),) = seconds([Word(length - 1, length, "next")], sentence)
    assert 13.6 < end < 14.4


@pytest.mark.parametrize(
    "words",
    [
        [Word(5.0, 8.7, "half"), Word(10.5, 12.5, "half")],  # less than 3 s between them
        [Word(5.0, 12.5, "long")],  # noise, and 2.5 s of speech at the end
    ],
)
def test_short_pauses_short_sentences_and_noise_are_not_missed_speech(talk: Samples, words: list[Word]) -> None:
    assert seconds(words, talk) == []


@pytest.mark.parametrize("clip", samples.CLIPS[:1])
def test_where_words_follow_each_other_the_detector_is_not_asked(clip, monkeypatch: pytest.MonkeyPatch) -> None:
    (heard,) = pcm_chunks(clip)
    monkeypatch.delattr("content_pipeline.core.speech.recognition.voice_activity.phrases")
    assert seconds([Word(at, at + 1, "word") for at in range(8)], heard) == []
