"""Checks of the metrics, executed alone: on the newest readings, the recent days, and the files of these."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import dagster as dg
import pytest
from sqlalchemy import delete, select, update

from content_pipeline.assets.analytics import metric_snapshots
from content_pipeline.assets.metrics_dataset import metrics_dataset
from content_pipeline.core.analytics import daily, windows
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AccountSync, DailyMetric, MetricSnapshot, SocialPost
from tests.accounts import connect
from tests.asset_runs import execute_asset, metadata_of
from tests.check_runs import execute_checks
from tests.factories import make_account
from tests.metric_history import History
from tests.sandbox_server import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pauses")]

OF_READINGS = ("accounts_read", "row_counts", "totals_never_fall")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def account(platforms: Sandbox, workspace_id: UUID) -> Account:
    platforms.set(instagram_insights_seconds=0)
    platforms.history("instagram", posts=5, days=6)
    return connect(platforms, workspace_id, "instagram")


def read() -> None:
    """Read the newest window."""
    execute_asset(metric_snapshots, windows.latest_complete(now()).start.strftime("%Y-%m-%d-%H:%M"))


def executed(instance: dg.DagsterInstance, asset: str, *names: str) -> dict[str, tuple[bool, dict[str, Any]]]:
    """Whether each check passed, and its values, when it is executed alone."""
    result = execute_checks(instance, *names, asset=asset, job="__ASSET_JOB")
    assert result.success
    return {check.check_name: (check.passed, metadata_of(check)) for check in result.get_asset_check_evaluations()}


def of_instagram(instance: dg.DagsterInstance) -> dict[str, tuple[bool, dict[str, Any]]]:
    return executed(instance, "metric_snapshots/instagram", *OF_READINGS)


def test_the_newest_readings_are_examined(instance: dg.DagsterInstance, account: Account) -> None:
    read()
    found = of_instagram(instance)
    assert {name: passed for name, (passed, _) in found.items()} == dict.fromkeys(OF_READINGS, True)
    assert found["row_counts"][1] == {"read": 6, "stored": 6}, "five posts and their account"


def test_an_account_that_could_not_be_read_the_last_time_is_told(
    instance: dg.DagsterInstance, platforms: Sandbox, account: Account
) -> None:
    platforms.revoke("instagram", account.user_id)
    read()
    found = of_instagram(instance)
    assert {name: passed for name, (passed, _) in found.items()} == {
        "accounts_read": False, "row_counts": True, "totals_never_fall": True
    }  # fmt: skip
    values = found["accounts_read"][1]
    assert (values["accounts_failed"], values["most_accounts_failed"]) == (1, 0)
    (reason,) = values["reasons"]
    assert reason.startswith("needs_reconnect: ")


def test_totals_that_fell_stay_wrong_until_the_next_reading(instance: dg.DagsterInstance, account: Account) -> None:
    read()
    with transaction() as session:
        session.execute(update(MetricSnapshot).values(views=10_000_000))
        session.execute(update(SocialPost).values(next_read_at=now()))
    read()
    (passed, values) = of_instagram(instance)["totals_never_fall"]
    assert (passed, values["readings_implausible"], values["in_doubt"]) == (False, 5, account.handle)
    assert (values["accounts_in_doubt"], values["most_accounts_in_doubt"]) == (1, 0)
    with transaction() as session:  # as if two windows had ended since, of which nothing could be read
        earlier = 2 * windows.LENGTH
        session.execute(update(MetricSnapshot).values(taken_at=MetricSnapshot.taken_at - earlier))
        session.execute(
            update(AccountSync).values(
                window_start=AccountSync.window_start - earlier, finished_at=AccountSync.finished_at - earlier
            )
        )
    assert not of_instagram(instance)["totals_never_fall"][0]


def test_readings_that_are_not_stored_are_told(instance: dg.DagsterInstance, account: Account) -> None:
    read()
    with transaction() as session:
        lost = session.scalars(select(MetricSnapshot.id).where(MetricSnapshot.social_post_id.is_not(None)).limit(1))
        session.execute(delete(MetricSnapshot).where(MetricSnapshot.id == lost.one()))
    assert of_instagram(instance)["row_counts"] == (False, {"read": 6, "stored": 5})


def test_only_what_is_asked_for_is_examined(instance: dg.DagsterInstance, database: None) -> None:
    assert list(executed(instance, "metric_snapshots/tiktok", "row_counts")) == ["row_counts"]


@pytest.fixture
def history(workspace_id: UUID) -> History:
    """An account with a post, whose readings of five days up to yesterday are derived."""
    history = History(workspace_id)
    today = now().replace(hour=12)
    post_id = history.post(today - timedelta(days=5))
    for ago in range(5, 0, -1):
        history.read(today - timedelta(days=ago), views=1000 - 100 * ago)
        history.read(today - timedelta(days=ago), post_id, views=1000 - 100 * ago)
    with transaction() as session:
        daily.derive(session, history.account_id, (today - timedelta(days=5)).date(), today.date())
    return history


def test_days_that_were_read_and_not_derived_are_told(instance: dg.DagsterInstance, history: History) -> None:
    found = executed(instance, "daily_metrics", "row_counts", "views_unusual")
    assert {name: passed for name, (passed, _) in found.items()} == {"row_counts": True, "views_unusual": True}
    yesterday = (now() - timedelta(days=1)).date()
    with transaction() as session:
        session.execute(delete(DailyMetric).where(DailyMetric.day == yesterday))
    passed, values = executed(instance, "daily_metrics", "row_counts")["row_counts"]
    assert (passed, values["days_missing"], values["last_day"]) == (False, 1, yesterday.isoformat())
    assert values["most_days_missing"] == 0


def test_rows_that_the_files_do_not_have_are_told(instance: dg.DagsterInstance, history: History) -> None:
    days = [(now() - timedelta(days=ago)).date().isoformat() for ago in (5, 1)]
    passed, values = executed(instance, "metrics_dataset", "row_counts")["row_counts"]
    assert (passed, values["rows_in_files"]) == (False, 0)
    execute_asset(metrics_dataset, *days)
    passed, written = executed(instance, "metrics_dataset", "row_counts")["row_counts"]
    assert (passed, written) == (True, {"rows_in_files": values["rows"], "rows": values["rows"]})


def test_windows_that_were_not_read_are_told(instance: dg.DagsterInstance, workspace_id: UUID) -> None:
    with transaction() as session:
        make_account(session, workspace_id).created_at = windows.latest_complete(now()).start
    passed, values = executed(instance, "current_metrics", "no_gaps")["no_gaps"]
    assert (passed, values["windows_missing"], values["most_windows_missing"]) == (False, 1, 0)
