"""The glossary: what is heard is replaced by its terms."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.glossary import GlossaryEntry, correct, pronounced_in, with_vocabulary
from content_pipeline.core.media.timed_words import Word, join_words

GLOSSARY = (
    GlossaryEntry("Zyntraxo", ("zen traxo", "sin trax so")),
    GlossaryEntry("Acme Rocket", ("acne rocket", "acmerocket")),
    GlossaryEntry("IKEA", ("ikea",)),
    GlossaryEntry("ACME", ("acne",)),
    GlossaryEntry("王小明", ("王晓明",)),
)


def _heard(text: str) -> list[Word]:
    return [Word(float(index), index + 0.8, word) for index, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("I like zen traxo.", "I like Zyntraxo."),
        ("Zen Traxo, sin trax so!", "Zyntraxo, Zyntraxo!"),
        ("“Zen-traxo’s” shop", "“Zyntraxo’s” shop"),
        ("An acne rocket, and acne.", "An Acme Rocket, and ACME."),
        ("An acmerocket: ikea?", "An Acme Rocket: IKEA?"),
        ("zen traxos, ikeas, frozen traxo", "zen traxos, ikeas, frozen traxo"),
        ("zen and traxo", "zen and traxo"),
        ("", ""),
    ],
)
def test_what_is_heard_becomes_the_term_as_whole_words_in_any_case(heard: str, shown: str) -> None:
    assert join_words(correct(_heard(heard), GLOSSARY)) == shown


def test_the_words_of_a_term_share_the_time_of_those_that_they_replace() -> None:
    words = correct(_heard("the acmerocket is zen traxo"), GLOSSARY)
    assert [(word.start, word.end, word.text) for word in words] == [
        (0, 0.8, "the"),
        (1, 1.32, "Acme"),
        (1.32, 1.8, "Rocket"),
        (2, 2.8, "is"),
        (3, 4.8, "Zyntraxo"),
    ]


def test_text_without_spaces_is_searched_across_and_inside_of_its_words() -> None:
    heard = [Word(0, 1, "王", spaced=False), Word(1, 2, "晓明", spaced=False), Word(2, 3, "说", spaced=False)]
    assert join_words(correct(heard, GLOSSARY)) == "王小明说"
    assert correct([Word(0, 1, "看王晓明说")], GLOSSARY) == (Word(0, 1, "看王小明说"),)


@given(st.lists(st.sampled_from(["zen", "traxo", "acne", "rocket,", "ikea", "“acmerocket”", "and", "—"])))
def test_corrected_words_keep_their_order_and_the_time_of_the_whole(texts: list[str]) -> None:
    heard = _heard(" ".join(texts))
    words = correct(heard, GLOSSARY)
    assert all(one.end <= other.start for one, other in pairwise(words))
    assert [*(word.start for word in heard[:1]), *(word.end for word in heard[-1:])] == [
        *(word.start for word in words[:1]),
        *(word.end for word in words[-1:]),
    ]


def test_a_vocabulary_comes_first_and_knows_what_the_glossary_says_of_its_terms() -> None:
    found = with_vocabulary(GLOSSARY[:2], ["Nuvello", "acme rocket", "Nuvello"])
    assert found == (GlossaryEntry("Nuvello"), GLOSSARY[1], GLOSSARY[0])


def test_a_script_needs_the_pronunciations_of_its_own_terms_only() -> None:
    said, other = GlossaryEntry("Acme Rocket", pronunciation="ack me"), GlossaryEntry("Qwen", pronunciation="kwen")
    listed = replace(said, heard_as=("acne rocket",))
    assert pronounced_in("Buy an ACME\nRocket, at IKEA.", (listed, other, GLOSSARY[2])) == (said,)
