"""The hours of the week at which posts did best."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.analytics.best_times import Slot, rank

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def at(weekday: int, hour: int, *, week: int = 0) -> datetime:
    return MONDAY + WEEK * week + timedelta(days=weekday, hours=hour, minutes=20)


def slot(found: list[Slot], weekday: int, hour: int) -> Slot:
    return next(slot for slot in found if (slot.weekday, slot.hour) == (weekday, hour))


def evenings_do_better() -> list[tuple[datetime, int]]:
    """Ten weeks with a post on Monday morning and one on Thursday evening, which is seen three times as often."""
    mornings = [(at(0, 8, week=week), 1000 + 7 * week) for week in range(10)]
    return mornings + [(at(3, 18, week=week), 3000 + 11 * week) for week in range(10)]


def test_the_hour_whose_posts_did_best_comes_first() -> None:
    found = list(rank(evenings_do_better(), ZoneInfo("UTC")))
    best = found[0]
    assert (best.weekday, best.hour, best.posts) == (3, 18, 10)
    assert best.index > 1.2
    assert best.confidence > 0.9
    assert slot(found, 0, 8).index < 0.8
    assert slot(found, 0, 8).confidence < 0.1


def test_hours_of_the_week_are_those_of_the_time_zone() -> None:
    best = rank(evenings_do_better(), ZoneInfo("Asia/Tokyo"))[0]
    assert (best.weekday, best.hour) == (4, 3)


def test_an_hour_near_the_best_one_is_better_than_usual_but_less_so() -> None:
    found = list(rank(evenings_do_better(), ZoneInfo("UTC")))
    assert 1 < slot(found, 3, 20).index < slot(found, 3, 19).index < slot(found, 3, 18).index


def test_hours_around_midnight_are_neighbors() -> None:
    posts = [(at(2, 23, week=week), 5000) for week in range(8)] + [(at(2, 11, week=week), 500) for week in range(8)]
    assert slot(list(rank(posts, ZoneInfo("UTC"))), 2, 0).index > 1


def test_one_lucky_post_does_not_beat_an_hour_that_always_did_well() -> None:
    posts = [*evenings_do_better(), (at(5, 4), 6000)]
    assert (rank(posts, ZoneInfo("UTC"))[0].weekday, rank(posts, ZoneInfo("UTC"))[0].hour) == (3, 18)


def test_without_posts_there_is_no_best_time() -> None:
    assert rank([], ZoneInfo("UTC")) == []


def test_an_hour_far_from_all_posts_is_as_usual() -> None:
    found = slot(list(rank(evenings_do_better(), ZoneInfo("UTC"))), 6, 2)
    assert (found.index, found.confidence, found.posts) == (1.0, 0.5, 0)


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.slow
@given(st.lists(st.tuples(moments, st.integers(0, 10**9)), max_size=40), st.integers(2, 100))
def test_an_account_with_more_views_throughout_has_the_same_best_times(
    posts: list[tuple[datetime, int]], factor: int
) -> None:
    larger = [(moment, (views + 1) * factor - 1) for moment, views in posts]
    assert rank(posts, ZoneInfo("UTC")) == rank(larger, ZoneInfo("UTC"))


@pytest.mark.slow
@given(st.lists(st.tuples(moments, st.integers(0, 10**9)), min_size=1, max_size=40))
def test_every_hour_of_the_week_is_ranked_once(posts: list[tuple[datetime, int]]) -> None:
    found = rank(posts, ZoneInfo("Europe/Berlin"))
    assert len({(slot.weekday, slot.hour) for slot in found}) == len(found) == 168
    assert sum(slot.posts for slot in found) == len(posts)
    assert all(slot.index > 0 and 0 <= slot.confidence <= 1 for slot in found)
