"""Alignment of a transcript with its script."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.media.timed_words import Word
from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.transcript_alignment import align_to_transcript

# Recognized words, one per second.
HEARD = ("one", "two", "three", "four", "five")


def _tokens(*texts: str) -> list[Token]:
    return [Token(text, text, spaced=True) for text in texts]


def _heard(*texts: str) -> list[Word]:
    return [Word(float(index), index + 0.8, text) for index, text in enumerate(texts)]


def test_words_that_were_heard_right_get_their_times() -> None:
    assert align_to_transcript(_tokens("One,", "TWO", "three!"), _heard("one", "two", "three"), 3) == [
        (0, 0.8),
        (1, 1.8),
        (2, 2.8),
    ]


def test_a_word_that_was_heard_in_two_parts_gets_the_time_of_both() -> None:
    assert align_to_transcript(_tokens("Sunflower", "seeds"), _heard("sun", "flower", "seeds"), 3) == [
        (0, 1.8),
        (2, 2.8),
    ]


def test_words_that_were_heard_as_one_share_its_time() -> None:
    first, second = align_to_transcript(_tokens("every", "day"), _heard("everyday"), 1)
    assert first == (0, 0.5)
    assert second == (0.5, 0.8)


def test_a_word_that_was_misheard_lies_between_its_neighbors() -> None:
    spans = align_to_transcript(
        _tokens("one", "two", "xyzq", "four", "five"), _heard("one", "two", "bmbm", "four", "five"), 5
    )
    assert spans[2] is not None
    assert 1.8 <= spans[2][0] < spans[2][1] <= 3.0


def test_a_script_without_blanks_is_matched_by_its_characters() -> None:
    tokens = [Token("新しい", "新しい", spaced=False), Token("カメラ。", "カメラ。", spaced=False)]
    assert align_to_transcript(tokens, _heard("新", "しい", "カメラ"), 3) == [(0, 1.8), (2, 2.8)]


def test_where_nothing_was_heard_the_words_share_the_whole_time() -> None:
    spans = align_to_transcript(_tokens("one", "two"), [], 6.0)
    assert all(span and 0 <= span[0] <= span[1] <= 6 for span in spans)
    assert spans[0] != spans[1]


def test_what_has_no_letter_has_no_time() -> None:
    assert align_to_transcript(_tokens("one", "—"), _heard("one"), 1)[1] is None


@given(st.lists(st.sampled_from((*HEARD, "ruin", "!?", "zzz")), max_size=12), st.lists(st.sampled_from(HEARD)))
def test_times_never_go_back(known: list[str], heard: list[str]) -> None:
    spans = [span for span in align_to_transcript(_tokens(*known), _heard(*heard), len(heard) + 1.0) if span]
    assert all(start <= end for start, end in spans)
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(spans))
