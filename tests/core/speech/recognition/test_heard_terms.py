"""Terms from a second hearing."""

from dataclasses import replace

import pytest

from content_pipeline.core.media.timed_words import Word, join_words
from content_pipeline.core.speech.recognition.heard_terms import with_terms

TERMS = ("Zyntraxo", "Acme Rocket", "Xpandly", "Kaspero", "王小明")


def heard(text: str) -> list[Word]:
    spaced = " " in text
    return [
        Word(float(index), index + 0.8, word, spaced) for index, word in enumerate(text.split() if spaced else text)
    ]


@pytest.mark.parametrize(
    ("without", "told", "result"),
    [
        ("Last Weeks in Traxo, said", "Last week, Zyntraxo, said", "Last week, Zyntraxo, said"),
        ("my Expanley and a Casparo!", "my Xpandly and a Kaspero!", "my Xpandly and a Kaspero!"),
        ("an acne rocket is", "an Acme Rocket is", "an Acme Rocket is"),
        ("an Acme Rockets is", "an Acme Rocket is", "an Acme Rocket is"),
        ("I see 王晓明 today", "I see 王小明 today", "I see 王小明 today"),
        ("a Kaspero here", "a Kaspero here", "a Kaspero here"),
        ("one two three", "", "one two three"),
    ],
)
def test_terms_replace_what_was_heard_in_their_place(without: str, told: str, result: str) -> None:
    assert join_words(with_terms(heard(without), heard(told), TERMS)) == result


def test_a_term_has_the_time_of_what_it_replaces() -> None:
    told = [replace(word, start=9, end=9.5) for word in heard("an Acme Rocket is")]
    words = with_terms(heard("an acne rocket is"), told, TERMS)
    assert [(word.start, word.end) for word in words] == [
        (0, 0.8),
        (1, pytest.approx(1.72)),
        (pytest.approx(1.72), 2.8),
        (3, 3.8),
    ]


def test_text_without_spaces_is_replaced_by_characters() -> None:
    assert join_words(with_terms(heard("看王晓明说"), heard("看王小明说"), TERMS)) == "看王小明说"


@pytest.mark.parametrize(
    ("without", "told"),
    [
        ("we like it", "we like it we like it Kaspero we like it"),  # a loop
        ("we like it", "Zyntraxo, Xpandly, Kaspero. we like it"),  # the list itself
        ("we had umbrellas there", "we had Kaspero there"),  # nothing like it
        ("the first half and the second half", "the first"),  # text that was lost
        ("good morning all of you", "good evening all of you"),  # other words
    ],
)
def test_nothing_else_is_taken(without: str, told: str) -> None:
    assert with_terms(heard(without), heard(told), TERMS) == heard(without)
