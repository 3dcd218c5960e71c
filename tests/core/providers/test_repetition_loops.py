"""Repetition loops of the speech model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.providers.repetition_loops import without_loops
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


@pytest.mark.slow
@given(st.lists(st.sampled_from("abc"), max_size=40), st.floats(0.0001, 0.5))
def test_what_stays_is_in_order_and_holds_every_word_that_was_said(letters: list[str], seconds: float) -> None:
    words = [Word(seconds * index, seconds * (index + 1), letter) for index, letter in enumerate(letters)]
    kept = without_loops(words)
    assert [word for word in words if word in kept] == kept
    assert {word.text for word in kept} == set(letters)
    assert without_loops(kept) == kept or seconds < 0.02
