"""Repetition loops of the speech model."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.cue_segmentation import segment
from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.recognition.repetition_loops import without_loops
from tests.core.media.spoken_words import speak


def squeezed(text: str, *, start: float, seconds: float) -> list[Word]:
    """The words of a text, evenly within `seconds`."""
    texts = text.split()
    step = seconds / len(texts)
    return [Word(start + step * index, start + step * (index + 1), word) for index, word in enumerate(texts)]


def text(words: list[Word]) -> str:
    return " ".join(word.text for word in words)


def test_a_sentence_thirty_times_in_six_hundredths_of_a_second_is_said_once() -> None:
    said = speak("We will see you next week.")
    end = said[-1].end
    loop = [
        word for n in range(30) for word in squeezed("We will see you next week.", start=end + n * 0.06, seconds=0.06)
    ]
    after = squeezed("And now the weather.", start=end + 2, seconds=1.2)
    assert text(without_loops([*said, *loop, *after])) == "We will see you next week. And now the weather."


def test_a_loop_that_is_cut_off_within_the_sentence_goes_whole() -> None:
    loop = [word for n in range(9) for word in squeezed("thank you very much", start=n * 0.05, seconds=0.05)]
    assert text(without_loops([*loop, *squeezed("Thank you", start=0.45, seconds=0.01)])) == "thank you very much"


@pytest.mark.parametrize("said", ["no no no no no", "very, very, very good", "row row row your boat row row row"])
def test_what_somebody_repeats_stays(said: str) -> None:
    words = speak(said, characters_a_second=20)
    assert without_loops(words) == words


def test_words_that_are_squeezed_but_not_repeated_stay() -> None:
    words = squeezed("one two three four five six seven", start=0, seconds=0.05)
    assert without_loops(words) == words
    assert without_loops([]) == []


# Whisper base has written this of 40 times "Thank you." in 60 s and then a sentence, of a sentence 14 times in 32 s,
# and of a reading on a line of 600 to 1,800 Hz with noise 3 dB above the voice.
WRITTEN = {
    name: [Word(*word) for word in words]
    for name, words in json.loads(Path(__file__).with_name("loops_of_whisper.json").read_text()).items()
}


def unreadable(words: list[Word]) -> int:
    """The number of cues under 0.5 s or over 25 characters a second."""
    cues = segment(words, language="en", duration=70)
    return sum(cue.end - cue.start < 0.5 or len(cue.text) > 25 * (cue.end - cue.start) for cue in cues)


@pytest.mark.parametrize(("name", "before"), [("thanks", 7), ("sentence", 0), ("narrow line", 0)])
def test_what_is_left_of_loops_that_whisper_made_can_be_read(name: str, before: int) -> None:
    kept = without_loops(WRITTEN[name])
    assert (unreadable(WRITTEN[name]), unreadable(kept)) == (before, 0)
    assert len(kept) < len(WRITTEN[name])


def test_of_a_loop_that_whisper_made_what_was_said_stays() -> None:
    kept = text(without_loops(WRITTEN["thanks"]))
    assert kept == "Thank you. " * 21 + "have been made still more respectable than he was."
    assert text(without_loops(WRITTEN["sentence"])).count("We will see you next week.") == 13


@pytest.mark.slow
@given(st.lists(st.sampled_from("abc"), max_size=40), st.floats(0.0001, 0.5))
def test_what_stays_is_in_order_and_holds_every_word_that_was_said(letters: list[str], seconds: float) -> None:
    words = [Word(seconds * index, seconds * (index + 1), letter) for index, letter in enumerate(letters)]
    kept = without_loops(words)
    assert [word for word in words if word in kept] == kept
    assert {word.text for word in kept} == set(letters)
    assert without_loops(kept) == kept or seconds < 0.02
