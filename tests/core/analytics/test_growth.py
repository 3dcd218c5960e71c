"""Growth of days from readings of totals."""

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.analytics.growth import at_borders

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = (MONDAY.date() - date(1970, 1, 1)).days


def readings(*points: tuple[float, float | None], series: int = 1) -> pd.DataFrame:
    """Readings of views, each at hours since Monday's midnight."""
    at = [round(MONDAY.timestamp() * 1000 + hours * 3_600_000) for hours, _ in points]
    return pd.DataFrame({"series": series, "at": at, "views": [value for _, value in points]})


def growth(found: pd.DataFrame) -> list[tuple[int, float, bool]]:
    """Of each day, counted from Monday: its growth, and whether that is estimated."""
    return [(row.day - DAY, row.growth, row.estimated) for row in found.itertuples()]


def test_a_day_between_two_midnight_readings_is_their_difference() -> None:
    found = at_borders(readings((0, 100), (24, 340)), "views")
    assert growth(found)[0] == (0, 240, False)


def test_readings_of_every_window_give_measured_days_although_none_is_at_midnight_exactly() -> None:
    every_window = [(hours + 0.01, hours * 10.0) for hours in range(0, 49, 6)]
    assert [day for day in growth(at_borders(readings(*every_window), "views")) if day[2]] == []


def test_the_growth_over_a_gap_is_spread_evenly_and_marked() -> None:
    found = at_borders(readings((0, 0), (72, 300)), "views")
    assert growth(found)[:3] == [(0, 100, True), (1, 100, True), (2, 100, True)]


def test_a_day_that_has_begun_shows_its_growth_so_far() -> None:
    found = at_borders(readings((0, 0), (6, 60), (12, 120)), "views")
    assert growth(found) == [(0, 120, False)]


def test_a_reading_without_the_metric_is_no_reading_of_it() -> None:
    found = at_borders(readings((0, 0), (24, None), (40, 400)), "views")
    assert growth(found)[0] == (0, 240, True)


def test_a_metric_that_was_never_given_has_no_days() -> None:
    assert at_borders(readings((0, None), (24, None)), "views").empty


def test_a_day_of_one_moment_only_has_a_level_but_no_growth() -> None:
    found = at_borders(readings((24, 70)), "views")
    assert (list(found["end"]), list(found["growth"].isna())) == ([70], [True])


def test_a_total_that_falls_gives_a_negative_day() -> None:
    assert growth(at_borders(readings((0, 500), (24, 450)), "views"))[0] == (0, -50, False)


point = st.tuples(st.floats(0, 24 * 60, allow_nan=False), st.integers(0, 10**9))


@pytest.mark.slow
@given(st.lists(st.lists(point, min_size=1, max_size=30, unique_by=lambda at: round(at[0] * 3_600_000)), max_size=4))
def test_the_days_of_every_series_add_up_to_its_growth_to_the_unit(many: list[list[tuple[float, int]]]) -> None:
    frames = [readings(*points, series=number) for number, points in enumerate(many)]
    found = at_borders(pd.concat(frames) if frames else readings(), "views")
    for number, points in enumerate(many):
        days = found[found["series"] == number].sort_values("day")
        ordered = sorted(points)
        assert days["growth"].sum() == ordered[-1][1] - ordered[0][1]
        assert list(days["day"]) == list(range(days["day"].min(), days["day"].max() + 1))
        assert list(days["end"].diff())[1:] == list(days["growth"].fillna(0))[1:]


@pytest.mark.slow
@given(st.lists(point, min_size=2, max_size=20, unique_by=lambda at: round(at[0] * 3_600_000)), st.data())
def test_another_reading_changes_only_the_days_of_the_gap_in_which_it_lies(
    points: list[tuple[float, int]], data: st.DataObject
) -> None:
    ordered = sorted(points)
    left_out = data.draw(st.integers(1, len(ordered) - 1))
    before = at_borders(readings(*ordered[:left_out], *ordered[left_out + 1 :]), "views").set_index("day")
    after = at_borders(readings(*ordered), "views").set_index("day")
    is_last = left_out == len(ordered) - 1
    first_day = DAY + int(ordered[left_out - 1][0] // 24)
    last_day = DAY + 10**6 if is_last else DAY + int(ordered[left_out + 1][0] // 24)
    same = [day for day in before.index if not first_day <= day <= last_day]
    pd.testing.assert_frame_equal(before.loc[same], after.loc[same])
