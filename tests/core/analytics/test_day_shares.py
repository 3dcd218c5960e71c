"""Shares of days that fall on the days of another time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.analytics.day_shares import Shares, Span, days_of, shares, split

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
HOUR = timedelta(hours=1)


def lengths(zone: ZoneInfo, first: date, count: int) -> list[timedelta]:
    return [day.end - day.start for day in days_of(zone, first, count)]


def entries(found: Shares) -> list[tuple[int, int, float, float]]:
    """Source, target, begin and end of each share."""
    columns = (column.tolist() for column in (found.source, found.target, found.begin, found.end))
    return list(zip(*columns, strict=True))


def test_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    assert lengths(BERLIN, date(2026, 3, 28), 3) == [24 * HOUR, 23 * HOUR, 24 * HOUR]
    assert lengths(BERLIN, date(2026, 10, 24), 3) == [24 * HOUR, 25 * HOUR, 24 * HOUR]


def test_a_day_whose_midnight_is_skipped_begins_when_the_clocks_change() -> None:
    [day] = days_of(ZoneInfo("Africa/Cairo"), date(2026, 4, 24), 1)
    assert day == Span(datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 4, 24, 21, tzinfo=UTC))


def test_a_date_that_a_country_left_out_has_no_time() -> None:
    assert lengths(ZoneInfo("Pacific/Apia"), date(2011, 12, 29), 3) == [24 * HOUR, 0 * HOUR, 24 * HOUR]


def test_a_utc_day_is_shared_by_the_two_days_that_it_touches() -> None:
    utc = days_of(UTC_ZONE, date(2026, 7, 1), 1)
    berlin = days_of(BERLIN, date(2026, 7, 1), 2)
    assert entries(shares(utc, berlin)) == [(0, 0, 0, 22 / 24), (0, 1, 22 / 24, 1)]


def test_the_days_of_the_same_zone_are_whole() -> None:
    days = days_of(BERLIN, date(2026, 3, 1), 60)
    found = shares(days, days)
    assert entries(found) == [(number, number, 0, 1) for number in range(60)]
    assert found.is_whole.all()


def test_a_source_of_one_moment_belongs_to_the_day_in_which_it_is() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert entries(shares([Span(noon, noon)], days_of(BERLIN, date(2026, 6, 30), 3))) == [(0, 1, 0, 1)]


def test_a_day_of_which_nothing_is_known_stays_unknown() -> None:
    parts = shares(days_of(UTC_ZONE, date(2026, 7, 1), 3), days_of(BERLIN, date(2026, 7, 1), 4))
    found = split(np.array([[24.0], [np.nan], [np.nan]]), parts, 4, is_count=np.array([True]))
    np.testing.assert_array_equal(found, [[22], [2], [np.nan], [np.nan]])


zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)
dates = st.dates(date(1990, 1, 1), date(2037, 1, 1))
columns = st.lists(st.none() | st.integers(-(10**6), 10**12), min_size=1, max_size=40)


@pytest.mark.slow
@given(zones, zones, dates, columns)
def test_the_days_of_every_zone_add_up_to_those_of_every_other_to_the_unit(
    source: ZoneInfo, target: ZoneInfo, first: date, counts: list[int | None]
) -> None:
    values = np.array([[count] for count in counts], dtype=float)
    # A date may be left out, so that days of a zone are up to two days away from those of another of the same date.
    targets = days_of(target, first - timedelta(days=2), len(counts) + 4)
    parts = shares(days_of(source, first, len(counts)), targets)
    found = split(values, parts, len(targets), is_count=np.array([True]))
    of_dates_that_were = np.array(lengths(source, first, len(counts))) > timedelta(0)
    assert np.nansum(found) == np.nansum(values)
    assert of_dates_that_were.sum() <= len(parts.source)
    assert np.array_equal(found, np.rint(found), equal_nan=True)


@given(zones, dates, st.integers(1, 40), st.integers(0, 10**6))
def test_a_day_has_of_a_constant_rate_what_its_hours_are(zone: ZoneInfo, first: date, count: int, rate: int) -> None:
    targets = days_of(zone, first, count)
    utc = days_of(UTC_ZONE, first - timedelta(days=2), count + 4)
    values = np.full((len(utc), 1), rate * 24.0)
    found = split(values, shares(utc, targets), count, is_count=np.array([False]))
    hours = np.array([(day.end - day.start) / HOUR for day in targets])
    np.testing.assert_allclose(np.nan_to_num(found[:, 0]), hours * rate, atol=1e-5)


@given(zones, dates, st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_no_share_of_a_growth_is_a_fall(zone: ZoneInfo, first: date, counts: list[int]) -> None:
    parts = shares(days_of(UTC_ZONE, first, len(counts)), days_of(zone, first, len(counts)))
    values = np.array([[count] for count in counts], dtype=float)
    found = split(values, parts, len(counts), is_count=np.array([True]))
    assert not (found < 0).any()
