"""What becomes of translated cues that are too fast to read."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.captions.reading_speed import make_readable, speed
from content_pipeline.core.media.cue_editing import replace_text
from content_pipeline.core.media.line_breaking import display_width
from content_pipeline.core.media.timed_words import Segment, Word, join_words


def cue(text: str, start: float, end: float, language: str = "de") -> Segment:
    return replace_text(Segment(start, end, "x", (Word(start, end, "x"),)), text, language=language)


def readable(*cues: Segment, language: str = "de", duration: float = 60.0) -> list[tuple[float, float, str]]:
    return [
        (one.start, round(one.end, 3), one.text) for one in make_readable(cues, language=language, duration=duration)
    ]


LONG = "Ich danke Ihnen allen von Herzen."  # 33 characters
LONGER = "Ich danke Ihnen allen, die heute hier sind, von ganzem Herzen und mit Freude."


def test_a_cue_that_is_too_fast_takes_of_the_gap_what_its_speed_needs() -> None:
    assert readable(cue(LONG, 0, 1), cue("Danke.", 5, 6)) == [(0, 1.65, LONG), (5, 6, "Danke.")]


@pytest.mark.parametrize(("gap", "end"), [(0.4, 1.4), (0.8, 1.8)])
def test_it_ends_where_the_next_one_begins_if_that_is_before_or_soon_after(gap: float, end: float) -> None:
    assert readable(cue(LONG, 0, 1), cue("Danke.", 1 + gap, 6)) == [(0, end, LONG), (1 + gap, 6, "Danke.")]


def test_the_last_one_ends_with_the_recording() -> None:
    assert readable(cue(LONG, 0, 1), duration=1.4) == [(0, 1.4, LONG)]


def test_no_cue_is_shown_for_longer_than_seven_seconds() -> None:
    text = " ".join([LONGER] * 3)
    [made] = make_readable([cue(text, 0, 2)], language="de", duration=60)
    assert made.end == 7


@pytest.mark.parametrize("next_start", [7.1, 7.2, 7.3])
def test_seven_seconds_are_enough_where_the_next_one_begins_soon_after(next_start: float) -> None:
    made = make_readable([cue(" ".join([LONGER] * 3), 0, 2), cue("Danke.", next_start, 9)], language="de", duration=9)
    assert made[0].end == 7


def test_what_can_be_read_keeps_its_time() -> None:
    cues = [cue("Guten Abend.", 0, 1), cue("Danke.", 3, 3.4)]
    assert make_readable(cues, language="de", duration=60) == tuple(cues)


def test_without_a_gap_it_is_joined_with_the_neighbor_that_leaves_more_time() -> None:
    before, fast, after = cue("Guten Abend.", 0, 2), cue(LONG, 2, 3), cue("Danke.", 3, 6)
    assert readable(before, fast, after) == [(0, 2, "Guten Abend."), (2, 6, f"{LONG} Danke.")]
    assert readable(before, fast, cue("Danke sehr, bis morgen.", 3, 4)) == [
        (0, 3, "Guten Abend.\nIch danke Ihnen allen von Herzen."),
        (3, 4.15, "Danke sehr, bis morgen."),
    ]


def test_text_is_not_shown_before_a_silence_after_which_it_is_said() -> None:
    cues = [cue("Ja.", 0, 1), cue(LONG, 5, 6), cue(LONGER, 6, 10)]
    assert readable(*cues)[:2] == [(0, 1, "Ja."), (5, 6, LONG)]
    first = cue(LONGER, 0, 1)  # is shown until 2.5, still too fast
    assert [one.start for one in make_readable([first, cue("Ja.", 2.5, 6)], language="de", duration=6)] == [0, 2.5]


def test_a_short_silence_does_not_keep_cues_apart() -> None:
    assert readable(cue("Ja.", 0, 1), cue(LONG, 1.9, 2.9), cue(LONGER, 2.9, 6)) == [
        (0, 2.9, f"Ja. {LONG}"),
        (2.9, 6.75, cue(LONGER, 2.9, 6).text),
    ]


def test_joined_words_keep_their_times() -> None:
    fast, after = cue(LONG, 2, 3), cue("Danke.", 3, 6)
    [made] = make_readable([fast, after], language="de", duration=60)
    assert made.words == (*fast.words, *after.words)


def test_japanese_is_joined_without_a_space() -> None:
    cues = [cue("皆さんに心から感謝します。", 0, 1, "ja"), cue("本当です。", 1, 4, "ja")]
    assert readable(*cues, language="ja") == [(0, 4, "皆さんに心から感謝します。本当です。")]


@pytest.mark.parametrize(
    "after",
    [
        cue(LONGER, 1, 6.5),  # not in two lines
        cue("Danke.", 1, 7.5),  # for too long
        cue("Danke sehr, und bis morgen früh.", 1, 2.2),  # too fast, both together
    ],
)
def test_what_cannot_be_read_together_stays_as_it_is(after: Segment) -> None:
    made = make_readable([cue(LONG, 0, 1), after], language="de", duration=after.end)
    assert [one.text for one in made] == [LONG, after.text]
    assert made[0].end == 1


_TEXTS = st.lists(st.sampled_from(["Danke", "und", "Guten", "Donaudampfschiff", "a,", "ja."]), min_size=1, max_size=25)
_TIMES = st.tuples(st.integers(0, 30), st.integers(3, 80), _TEXTS)  # tenths of a second: gap, length


@pytest.mark.slow
@given(st.lists(_TIMES, min_size=1, max_size=12), st.integers(0, 30))
def test_cues_stay_in_order_and_apart_and_are_as_slow_as_gaps_allow(
    timed: list[tuple[int, int, list[str]]], rest: int
) -> None:
    cues: list[Segment] = []
    at = 0
    for gap, length, texts in timed:
        cues.append(cue(" ".join(texts), (at + gap) / 10, (at + gap + length) / 10))
        at += gap + length
    duration = (at + rest) / 10
    made = make_readable(cues, language="de", duration=duration)
    assert " ".join(join_words(one.words) for one in made) == " ".join(join_words(one.words) for one in cues)
    assert " ".join(" ".join(one.text.split("\n")) for one in made) == " ".join(join_words(one.words) for one in made)
    starts = [one.start for one in cues]
    assert [one.start for one in made] == [start for start in starts if start in {one.start for one in made}]
    assert all(one.end <= after.start for one, after in pairwise(made))
    assert all(one.start <= one.words[0].start and one.words[-1].end <= one.end <= duration for one in made)
    limits = [*(one.start for one in made[1:]), duration]
    for one, limit in zip(made, limits, strict=True):
        has_room = one.end < min(limit, one.start + 7) - 1e-9
        assert not (has_room and speed(one) > 20 + 1e-9)
    untouched = {one.start: one for one in cues}
    for one in made:
        assert one in cues or one.end - one.start <= 7 + 1e-9
        if join_words(one.words) != join_words(untouched[one.start].words):
            assert speed(one) <= 25
            assert all(after.start - word.end <= 1 + 1e-9 for word, after in pairwise(one.words))
            assert len(one.text.split("\n")) <= 2
            assert all(display_width(line) <= 42 for line in one.text.split("\n"))
