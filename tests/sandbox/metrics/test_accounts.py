"""Accounts: sums over posts and over time, to the unit; days in time zones; shares of an audience."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.metrics import audience
from sandbox.metrics.accounts import PACIFIC, Account, day_bounds, day_of, days_between
from sandbox.metrics.figures import Figures, total
from sandbox.settings import update_settings
from sandbox.store import Store

pytestmark = pytest.mark.slow

DAY = 86_400.0
# How many seconds ago things happen.
ages = st.floats(0, 60 * DAY)
pasts = st.lists(st.tuples(ages, st.integers(3, 90), st.booleans()), min_size=1, max_size=6)


@contextmanager
def account(past: list[tuple[float, int, bool]], *, spam: bool = False) -> Iterator[Account]:
    """An account with posts of these ages and lengths, some of them deleted a day later."""
    with tempfile.TemporaryDirectory() as folder, closing(Store(Path(folder))) as store:
        update_settings(store, {"spam_removal": spam})
        now = store.timestamp()
        for number, (age, seconds, deleted) in enumerate(past):
            end = {"deleted_at": min(now - age + DAY, now)} if deleted else {}
            store.publish_post(
                platform="tiktok",
                id=str(number),
                account="a",
                text="Bread",
                media="a.mp4",
                seconds=seconds,
                time=now - age,
                **end,
            )
        yield Account(store, "tiktok", "a")


@given(pasts, ages)
def test_totals_are_the_sums_over_all_posts(past: list[tuple[float, int, bool]], ago: float) -> None:
    with account(past) as found:
        at = found.now - ago
        assert found.totals(at) == total(found.post(post.id, at) for post in found.posts)


@given(pasts, st.lists(ages, min_size=3, max_size=5), st.booleans())
def test_growth_in_parts_is_the_growth_of_the_whole(
    past: list[tuple[float, int, bool]], borders: list[float], spam: bool
) -> None:
    with account(past, spam=spam) as found:
        times = sorted(found.now - ago for ago in borders)
        parts = [found.growth(start, end) for start, end in itertools.pairwise(times)]
        assert total(parts) == found.growth(times[0], times[-1])
        assert all(count >= 0 for part in parts for count in part.as_dict().values())
        assert found.growth(0, found.now) == found.totals(found.now)


@given(pasts, ages)
def test_followers_are_the_first_ones_and_those_that_came_and_stayed(
    past: list[tuple[float, int, bool]], ago: float
) -> None:
    with account(past) as found:
        counts = found.totals(found.now - ago)
        first = found.followers(found.now - 61 * DAY)
        assert found.followers(found.now - ago) == first + counts.followers_gained - counts.followers_lost


def test_an_account_without_posts_has_followers_and_nothing_else() -> None:
    with account([]) as found:
        assert found.totals(found.now) == Figures()
        assert 300 <= found.followers(found.now) <= 15_000


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-07-01", 24), ("2026-11-01", 25)])
def test_a_day_has_as_many_hours_as_in_its_time_zone(day: str, hours: int) -> None:
    start, end = day_bounds(date.fromisoformat(day), PACIFIC)
    assert end - start == hours * 3600
    assert str(day_of(start, PACIFIC)) == str(day_of(end - 1, PACIFIC)) == day


def test_days_follow_each_other_without_a_gap() -> None:
    days = days_between(date(2026, 2, 20), date(2026, 11, 10))
    bounds = [day_bounds(day, ZoneInfo("Europe/Berlin")) for day in days]
    assert all(end == start for (_, end), (start, _) in itertools.pairwise(bounds))


@given(st.text(max_size=12), st.integers(0, 10**7))
def test_groups_add_up_to_all_people(id: str, people: int) -> None:
    for weights in (audience.AGES, audience.COUNTRIES, audience.GENDERS):
        shares = audience.shares(id, weights)
        counts = audience.apportioned(shares, people)
        assert sum(counts.values()) == people
        assert all(abs(counts[name] - share * people) <= 1 for name, share in shares.items())
