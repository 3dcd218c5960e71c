"""Long runs of equal letters of a transcript and a script."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from content_pipeline.core.speech.anchor_chain import Block, anchors

VERSE = "theriverrunsbehindthehouse"
REFRAIN = "takemehomeoverthehills"
texts = st.lists(st.sampled_from([VERSE, REFRAIN, REFRAIN[4:], "la" * 6, "a", "xyz"]), max_size=12).map("".join)


@settings(max_examples=40)
@given(texts, texts)
def test_anchors_are_equal_letters_in_the_order_of_both_texts_without_overlap(heard: str, expected: str) -> None:
    found = anchors(heard, expected)
    for block in found:
        assert block.length > 0
        assert heard[block.heard :][: block.length] == expected[block.expected :][: block.length]
    for one, other in pairwise([*found, Block(len(heard), len(expected), 0)]):
        assert one.heard + one.length <= other.heard
        assert one.expected + one.length <= other.expected


@settings(max_examples=40)
@given(texts.filter(lambda text: len(text) >= 8))
def test_a_text_is_in_one_with_itself_even_where_it_repeats(text: str) -> None:
    assert anchors(text, text) == [Block(0, 0, len(text))]


def test_each_repetition_is_found_in_its_own_place() -> None:
    heard = "xx".join([REFRAIN] * 30)
    assert anchors(heard, "yyyy".join([REFRAIN] * 30)) == [Block(24 * n, 26 * n, 22) for n in range(30)]


def test_what_is_heard_in_front_moves_no_repetition() -> None:
    assert anchors("z" * 900 + REFRAIN * 60, REFRAIN * 60) == [Block(900, 0, len(REFRAIN * 60))]


def test_a_verse_that_is_left_out_loses_none_of_the_others() -> None:
    rng = random.Random(0)
    first, second, third = ("".join(rng.choices("etaoinshrdlu", k=300)) for _ in range(3))
    script = first + REFRAIN + second + REFRAIN + third + REFRAIN
    found = anchors(first + REFRAIN + third + REFRAIN, script)
    assert sum(block.length for block in found) == 600 + 2 * len(REFRAIN)


def test_texts_with_nothing_in_common_have_no_anchor() -> None:
    assert anchors(VERSE, "z" * 40) == anchors("", VERSE) == anchors(VERSE, "the") == []
