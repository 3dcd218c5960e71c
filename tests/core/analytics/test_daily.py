"""Daily figures, derived from snapshots and reported days in a real database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from content_pipeline.core.analytics import daily, daily_inputs, readings
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, PendingDerivation, ReportedDay, SocialPost
from tests.metric_history import History, at, day


@pytest.fixture
def history(workspace_id: UUID) -> History:
    return History(workspace_id)


def test_a_post_grows_from_zero_at_its_publication(history: History) -> None:
    post_id = history.post(at(0, 12))
    history.read(at(1), post_id, views=120, likes=12)
    history.read(at(2), post_id, views=300, likes=20)
    history.derive(0, 1)
    assert history.post_days(post_id) == {0: 120, 1: 180}
    assert history.post_days(post_id, "likes") == {0: 12, 1: 8}


def test_the_days_of_an_account_without_figures_of_its_own_are_those_of_its_posts_together(history: History) -> None:
    first, second = history.post(at(0)), history.post(at(0))
    for post_id, views in ((first, 100), (second, 50)):
        history.read(at(0, 18), post_id, views=views)
        history.read(at(1), post_id, views=views * 2)
    history.derive(0, 0)
    assert history.days() == {0: 300}


def test_a_metric_that_was_never_read_is_unknown_and_not_zero(history: History) -> None:
    post_id = history.post(at(0))
    history.read(at(1), post_id, views=0)
    history.derive(0, 0)
    assert (history.days("views"), history.days("saves")) == ({0: 0}, {0: None})


@pytest.mark.slow
def test_a_day_before_the_first_reading_of_an_account_has_no_figures(history: History) -> None:
    history.read(at(2), views=900, followers=70)
    history.read(at(3), views=950, followers=75)
    history.derive(0, 3)
    assert history.days() == {2: 50, 3: None}
    assert history.days("followers") == {2: 75, 3: 75}
    assert history.days("followers_gained") == {2: 5, 3: None}


@pytest.mark.slow
def test_the_growth_before_the_first_known_figure_counts_from_the_publication(history: History) -> None:
    post_id = history.post(at(0, 6))
    for hours in (6, 12, 18):  # its platform has no figures yet
        history.read(at(0, hours), post_id)
    history.derive(0, 0)
    history.read(at(1, 18), post_id, views=90)
    history.read(at(2), post_id, views=100, likes=7)
    history.derive(1, 1)
    assert sum(history.post_days(post_id).values()) == 100
    assert sum(history.post_days(post_id, "likes").values()) == 7


@pytest.mark.slow
def test_an_account_has_days_while_none_of_its_posts_has_figures(history: History) -> None:
    post_id = history.post(at(0, 6))
    history.read(at(0, 12), post_id)
    for hours in (0, 12, 24):
        history.read(at(0, hours), followers=70 + hours)
    history.derive(0, 0)
    assert history.days("followers_gained") == {0: 24}


@pytest.mark.slow
def test_the_day_of_an_account_s_first_reading_is_that_of_its_posts_together(history: History) -> None:
    post_id = history.post(at(0))
    for hour, views in ((12, 100), (18, 150), (24, 200), (30, 260)):
        history.read(at(0, hour), post_id, views=views)
        history.read(at(0, hour), views=5000 + views, followers=views)
    history.derive(0, 1)
    assert history.days() == {0: 200, 1: 60}
    assert history.days("followers_gained") == {0: None, 1: 60}


@pytest.mark.slow
def test_the_growth_over_an_outage_is_spread_over_its_days_and_marked(history: History) -> None:
    post_id = history.post(at(0))
    history.read(at(0, 18), post_id, views=90)
    history.read(at(1), post_id, views=100)
    history.derive(0, 0)
    history.read(at(4), post_id, views=400)
    history.derive(3, 3)
    assert history.post_days(post_id) == {0: 100, 1: 100, 2: 100, 3: 100}
    assert history.days("estimated") == {0: False, 1: True, 2: True, 3: True}


@pytest.mark.slow
def test_the_last_reading_of_a_day_may_be_made_after_midnight(history: History) -> None:
    post_id = history.post(at(0))
    for hours in (6, 12, 18, 24.01):
        history.read(at(0, hours), post_id, views=int(hours * 100))
    history.derive(0, 0)
    assert history.post_days(post_id) == {0: 2400}
    assert history.days("estimated") == {0: False}


@pytest.mark.slow
def test_what_the_platform_says_of_a_day_counts_before_the_growth_of_totals(history: History) -> None:
    history.read(at(0), views=0)
    history.read(at(1), views=480)
    history.report(day(0), views=500, reach=300)
    history.derive(0, 0)
    assert (history.days(), history.days("reach")) == ({0: 500}, {0: 300})


def test_what_an_operator_says_fills_what_the_platform_leaves_out(history: History) -> None:
    history.report(day(0), views=500)
    history.report(day(0), source="external", views=9, saves=7)
    history.derive(0, 0)
    assert (history.days(), history.days("saves")) == ({0: 500}, {0: 7})


@pytest.mark.slow
def test_a_day_that_the_platform_corrects_later_is_derived_again(history: History) -> None:
    history.report(day(0), views=500, taken_at=at(1))
    history.derive(0, 0)
    with transaction() as session:
        said = session.scalars(select(ReportedDay).where(ReportedDay.account_id == history.account_id)).one()
        said.views, said.taken_at = 520, at(3, 1)
    history.derive(3, 3)
    assert history.days() == {0: 520}


@pytest.mark.slow
def test_deriving_again_changes_nothing(history: History) -> None:
    post_id = history.post(at(0, 3))
    for hours in range(6, 24 * 9, 6):
        history.read(at(0, hours), post_id, views=hours**2, likes=hours)
    history.derive(0, 8)
    before = (history.days(), history.post_days(post_id), history.days("estimated"))
    for first in range(9):
        history.derive(first, first)
    assert (history.days(), history.post_days(post_id), history.days("estimated")) == before


@pytest.mark.slow
def test_one_account_s_days_are_not_touched_by_another_s(history: History, workspace_id: UUID) -> None:
    other = History(workspace_id)
    for each in (history, other):
        each.read(at(0), views=0)
        each.read(at(1), views=100)
        each.derive(0, 0)
    other.read(at(1, 1), views=200)
    other.derive(1, 1)
    assert (history.days(), other.days()) == ({0: 100}, {0: 100, 1: 100})


def test_accounts_without_news_are_left_out(history: History, workspace_id: UUID) -> None:
    history.read(at(0, 5), views=1)
    quiet = History(workspace_id)
    quiet.read(at(9), views=1)
    with transaction() as session:
        assert daily_inputs.changed_accounts(session, day(0), day(1)) == [history.account_id]


def record(history: History, taken_at: datetime, post_id: UUID, views: int) -> None:
    """Store a reading as the sync does."""
    with transaction() as session:
        post = session.get_one(SocialPost, post_id)
        readings.record_posts(session, [post], {post.post_id: {"views": views}}, taken_at)


def pending(history: History) -> PendingDerivation | None:
    with transaction() as session:
        return session.get(PendingDerivation, history.account_id)


@pytest.mark.slow
def test_a_reading_whose_window_failed_is_derived_with_any_other_day(history: History) -> None:
    post_id = history.post(at(0))
    record(history, at(0, 18), post_id, 90)
    history.derive(0, 0)
    record(history, at(2), post_id, 200)
    history.read(at(9), views=1)
    history.derive(9, 9)
    assert sum(history.post_days(post_id)[number] or 0 for number in range(3)) == 200
    assert pending(history) is None


@pytest.mark.slow
def test_a_reading_between_two_others_settles_the_days_after_it_too(history: History) -> None:
    post_id = history.post(at(0))
    record(history, at(0, 6), post_id, 0)
    record(history, at(2, 12), post_id, 540)
    history.derive(0, 2)
    record(history, at(0, 18), post_id, 300)  # by a clock that was set back
    history.derive(0, 0)
    assert list(history.post_days(post_id).values()) == [334, 137, 69]


def test_an_account_of_which_something_is_still_to_be_derived_has_news_on_any_day(history: History) -> None:
    with transaction() as session:
        account = session.get_one(Account, history.account_id)
        readings.record_account(session, account, {"followers": 7}, at(0, 6))
    with transaction() as session:
        assert daily_inputs.changed_accounts(session, day(9), day(9)) == [history.account_id]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_an_account_that_cannot_be_derived_stops_no_other_and_is_tried_again(workspace_id: UUID) -> None:
    broken, other = History(workspace_id), History(workspace_id)
    broken.read(at(0, 6), broken.post(at(0)), views=2**63 - 1)  # as a float it is 2 ** 63, which no column takes
    post_id = other.post(at(0))
    other.read(at(1), post_id, views=20)
    with transaction() as session:
        account = session.get_one(Account, broken.account_id)
        readings.record_account(session, account, {"followers": 7}, at(0, 18))
    outcomes = daily.derive_changed(transaction, day(0), day(0))
    assert outcomes[broken.account_id] is None
    assert outcomes[other.account_id]
    assert other.post_days(post_id) == {0: 20}
    with transaction() as session:
        assert broken.account_id in daily_inputs.changed_accounts(session, day(9), day(9))


@pytest.mark.slow
def test_two_runs_that_derive_the_same_days_of_an_account_do_not_fail_each_other(history: History) -> None:
    post_id = history.post(at(0))
    for hours in range(6, 24 * 20, 6):
        history.read(at(0, hours), post_id, views=hours)
    together = threading.Barrier(4)

    def derive(first: int) -> None:
        together.wait()
        history.derive(first, 19)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(derive, range(4)))
    assert sum(history.post_days(post_id).values()) == 24 * 20 - 6
