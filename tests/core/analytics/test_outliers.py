"""Views of a day that are unusual."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.analytics.figures import DayFigures
from content_pipeline.core.analytics.outliers import limits
from content_pipeline.core.analytics.overview import compare_views

COUNTS = st.integers(0, 10**7)
HISTORIES = st.lists(COUNTS, min_size=14, max_size=28)
SUNDAY = date(2026, 11, 29)


@pytest.mark.slow
@given(HISTORIES)
def test_the_usual_is_within_its_limits(history: list[int]) -> None:
    found = limits(history)
    assert found
    assert 0 <= found.lowest <= found.usual <= found.highest
    assert found.contain(found.usual)


@pytest.mark.slow
@given(HISTORIES, st.randoms())
def test_neither_the_order_nor_unknown_days_matter(history: list[int], random: Random) -> None:
    shuffled: list[int | None] = [*history, None, None]
    random.shuffle(shuffled)
    assert limits(shuffled) == limits(history)


@given(st.lists(COUNTS, max_size=13))
def test_two_weeks_are_needed(history: list[int]) -> None:
    assert limits([*history, *[None] * 20]) is None


@given(st.integers(1000, 10**6))
def test_a_few_wild_days_do_not_widen_the_limits(level: int) -> None:
    steady = [level + number % 5 for number in range(28)]
    wild = [*steady[:-5], 0, 0, 50 * level, 90 * level, 0]
    for history in (steady, wild):
        found = limits(history)
        assert found
        assert not found.contain(0)
        assert not found.contain(4 * level)
        assert found.contain(level * 1.5)


def test_a_few_views_after_weeks_without_any_are_not_unusual() -> None:
    found = limits([0] * 28)
    assert found
    assert found.contain(200)
    assert not found.contain(2000)


def days(platform: str, *views: int | None) -> list[DayFigures]:
    """The views of the days up to a Sunday."""
    first = SUNDAY - timedelta(len(views) - 1)
    return [
        DayFigures(platform, first + timedelta(number), {"views": count}, False) for number, count in enumerate(views)
    ]


def test_each_platform_is_compared_on_its_newest_known_day() -> None:
    rows = [
        *days("instagram", *[1000] * 28, 0),
        *days("youtube", *[500] * 28, None, None),
        *days("tiktok", *[500] * 10),
        *days("linkedin", *[500] * 20, *[None] * 7),
    ]
    found = {day.platform: (day.day, day.is_unusual) for day in compare_views(rows, SUNDAY)}
    assert found == {"instagram": (SUNDAY, True), "youtube": (SUNDAY - timedelta(2), False)}
