"""Falls of totals: corrections of platforms count, wrong readings do not."""

from uuid import UUID

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.analytics import quality
from content_pipeline.core.analytics.plausibility import without_dips
from content_pipeline.core.infrastructure.database import transaction
from tests.metric_history import History, at

TOTALS = st.lists(st.integers(0, 10_000), max_size=20)


def kept(*totals: float | None) -> list[float | None]:
    """What is left of the readings of one post."""
    readings = pd.DataFrame(
        {
            "series": 1,
            "at": range(len(totals)),
            "views": pd.array(totals, dtype="Float64").to_numpy(float, na_value=float("nan")),
        }
    )
    return [None if pd.isna(value) else value for value in without_dips(readings, "views")["views"]]


def test_a_reading_of_zero_between_two_others_is_left_out() -> None:
    assert kept(900, 0, 950) == [900, None, 950]


def test_a_fall_that_the_next_reading_confirms_is_a_correction() -> None:
    assert kept(900, 300, 310) == [900, 300, 310]


def test_a_fall_at_the_end_is_held_until_the_next_reading() -> None:
    assert kept(800, 900, 0) == [800, 900, 900]


def test_what_platforms_take_back_with_spam_stays() -> None:
    assert kept(1000, 880, 900) == [1000, 880, 900]
    assert kept(90, 0, 80) == [90, 0, 80]


def test_a_missing_value_is_no_fall() -> None:
    assert kept(900, None, 0, 950) == [900, None, None, 950]


@pytest.mark.slow
@given(TOTALS)
def test_totals_that_never_fall_by_much_are_all_kept(totals: list[int]) -> None:
    corrected = [total * 0.6 if number % 3 == 1 else total for number, total in enumerate(sorted(totals))]
    assert kept(*corrected) == corrected


@pytest.mark.slow
@given(st.lists(st.integers(200, 10_000), min_size=2, max_size=20), st.data())
def test_one_wrong_reading_changes_nothing_of_the_others(totals: list[int], data: st.DataObject) -> None:
    steps: list[float | None] = [float(total) for total in sorted(totals)]
    wrong = data.draw(st.integers(1, len(steps) - 1))
    left = kept(*steps[:wrong], 0, *steps[wrong:])
    assert left[:wrong] + left[wrong + 1 :] == steps
    assert left[wrong] is None


@pytest.mark.slow
@given(TOTALS, TOTALS)
def test_series_do_not_touch_each_other(first: list[int], second: list[int]) -> None:
    both = pd.DataFrame(
        {
            "series": [1] * len(first) + [2] * len(second),
            "at": [*range(len(first)), *range(len(second))],
            "views": [float(value) for value in (*first, *second)],
        }
    )
    found = without_dips(both, "views")["views"]
    assert [None if pd.isna(value) else value for value in found] == [*kept(*first), *kept(*second)]


@pytest.fixture
def history(workspace_id: UUID) -> History:
    return History(workspace_id)


@pytest.mark.slow
def test_a_wrong_reading_at_the_border_of_a_day_does_not_flow_into_its_figures(history: History) -> None:
    post_id = history.post(at(0))
    for hours, views in ((12, 400), (18, 500), (24.01, 0), (30, 700), (48, 1000)):
        history.read(at(0, hours), post_id, views=views)
    history.derive(0, 0)
    history.derive(1, 1)
    assert history.post_days(post_id) == {0: 600, 1: 400, 2: None}
    assert history.post_days(post_id, "estimated")[0]


def falls(platform: str, days: float) -> quality.Falls:
    with transaction() as session:
        return quality.falls(session, platform, at(days))


def test_falls_of_posts_and_of_the_account_are_compared_with_the_reading_before(history: History) -> None:
    first, second = history.post(at(0)), history.post(at(0))
    for number, totals in enumerate(((1000, 2000, 5000), (900, 2100, 100))):
        for post_id, views in zip((first, second, None), totals, strict=True):
            history.read(at(number), post_id, views=views)
    found = falls("tiktok", 1)
    assert (found.compared, found.corrected, found.implausible) == (3, 1, 1)
    assert (found.in_doubt, found.are_systemic) == (["@mara.bakes"], True)
    assert falls("youtube", 1) == quality.Falls(0, 0, 0, 0, [])
    assert falls("tiktok", 2).compared == 0


def test_the_next_reading_clears_the_doubt(history: History) -> None:
    post_id = history.post(at(0))
    for hours, views in ((0, 900), (6, 0), (6.2, 910)):
        history.read(at(0, hours), post_id, views=views)
    found = falls("tiktok", 0.25)
    assert (found.compared, found.implausible) == (1, 0)


def test_one_account_of_three_is_no_fault_of_the_platform(history: History, workspace_id: UUID) -> None:
    for other in (history, History(workspace_id), History(workspace_id)):
        post_id = other.post(at(0))
        other.read(at(0), post_id, views=900)
        other.read(at(1), post_id, views=0 if other is history else 950)
    found = falls("tiktok", 1)
    assert (found.accounts, found.implausible, found.are_systemic) == (3, 1, False)


@pytest.mark.parametrize(("accounts", "most"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (10, 4)])
def test_a_platform_is_wrong_from_half_of_its_accounts_on(accounts: int, most: int) -> None:
    judged = [quality.Falls(0, 0, 0, accounts, ["@mara.bakes"] * in_doubt) for in_doubt in range(accounts + 1)]
    assert {found.most_in_doubt for found in judged} == {most}
    assert [found.are_systemic for found in judged] == [number > most for number in range(accounts + 1)]


def test_read_days_without_figures_are_counted(history: History) -> None:
    post_id = history.post(at(0))
    history.read(at(0, 6), post_id, views=10)
    history.read(at(1, 6), followers=10)
    ids = [history.account_id]
    with transaction() as session:
        assert quality.count_missing_days(session, ids, at(0).date(), at(1).date()) == 2
        assert quality.count_missing_days(session, ids, at(2).date(), at(3).date()) == 0
        assert quality.count_readings(session, ids, at(1)) == 1
    history.derive(0, 1)
    with transaction() as session:
        assert quality.count_missing_days(session, ids, at(0).date(), at(1).date()) == 0
