"""Freshness of the metrics: it fails when the schedule stops, whatever a back-fill does, and names missing windows."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import dagster as dg
import pytest
from dagster._core.definitions.freshness_evaluator import CronFreshnessPolicyEvaluator
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from content_pipeline.assets.current_metrics import current_metrics
from content_pipeline.core.analytics import windows
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AccountSync
from content_pipeline.definitions import definitions
from tests.asset_runs import checks, execute_asset, metadata_of, recorded
from tests.factories import make_account

pytestmark = pytest.mark.slow


def latest() -> Window:
    return windows.latest_complete(now())


@pytest.fixture
def account_id(workspace_id: UUID) -> UUID:
    """An account that was connected two days ago."""
    with transaction() as session:
        account = make_account(session, workspace_id)
        account.created_at = latest().start - timedelta(days=2)
    return account.id


def sync(account_id: UUID, *numbers: int, error: dict[str, Any] | None = None) -> None:
    """Record that an account was read in windows, counted back from the latest complete one."""
    with transaction() as session:
        for number in numbers:
            start = latest().start - number * windows.LENGTH
            session.add(
                AccountSync(account_id=account_id, window_start=start, finished_at=now(), posts_read=0, error=error)
            )


def look() -> tuple[dict[str, Any], dg.AssetCheckEvaluation]:
    """What a run records of the newest window, and its check."""
    result = execute_asset(current_metrics)
    assert result.success
    return recorded(result).get("current_metrics", {}), checks(result)["no_gaps"]


def test_the_newest_window_is_current_when_it_was_read(account_id: UUID) -> None:
    sync(account_id, *range(9))
    found, gaps = look()
    assert found["window"] == f"{latest().start:%Y-%m-%d-%H:%M}"
    assert (gaps.passed, metadata_of(gaps)["windows_missing"]) == (True, 0)


def test_windows_that_were_not_read_or_failed_are_named(account_id: UUID) -> None:
    sync(account_id, 0, 1, 2, 5, 6, 7, 8)
    sync(account_id, 3, error={"code": "upstream"})
    found, gaps = look()
    assert found["windows_missing"] == 2
    names = [f"instagram {latest().start - number * windows.LENGTH:%Y-%m-%d-%H:%M}" for number in (4, 3)]
    assert metadata_of(gaps) == {"windows_missing": 2, "most_windows_missing": 0, "missing": ", ".join(names)}
    assert (gaps.passed, gaps.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_a_back_fill_of_older_windows_does_not_make_it_current(account_id: UUID) -> None:
    sync(account_id, *range(1, 9))
    found, gaps = look()
    assert (found, gaps.passed) == ({}, False)


def test_one_platform_that_cannot_be_read_is_a_gap_and_does_not_stop_the_others(
    account_id: UUID, workspace_id: UUID
) -> None:
    with transaction() as session:
        make_account(session, workspace_id, "tiktok").created_at = latest().start
    sync(account_id, *range(9))
    found, gaps = look()
    assert (found["platforms"], found["platforms_unread"]) == (2, 1)
    assert metadata_of(gaps)["missing"].startswith("tiktok ")


def test_without_accounts_nothing_is_missing(database: None) -> None:
    found, gaps = look()
    assert (found["platforms"], gaps.passed) == (0, True)


def freshness(instance: dg.DagsterInstance, moment: datetime) -> str:
    """The state by Dagster's own evaluation at a moment."""
    node = definitions.resolve_asset_graph().get(current_metrics.key)
    with freeze_time(moment):
        state = asyncio.run(CronFreshnessPolicyEvaluator().evaluate_freshness(LoadingContextForTest(instance), node))
    return str(state.value)


def states(materialized_at: datetime, hours: Sequence[float]) -> list[str]:
    """The states so many hours after the end of the window that was read at that time."""
    with dg.DagsterInstance.ephemeral() as instance:
        with freeze_time(materialized_at):
            instance.report_runless_asset_event(dg.AssetMaterialization(current_metrics.key))
        end = windows.latest_complete(materialized_at).end
        return [freshness(instance, end + timedelta(hours=number)) for number in hours]


@pytest.mark.parametrize("minutes", [1, 55, 350])
def test_freshness_fails_an_hour_after_a_window_that_was_not_read(minutes: int) -> None:
    window = Window(datetime.fromisoformat("2026-11-02T06:00:00+00:00"))
    read_at = window.end + timedelta(minutes=minutes)
    assert states(read_at, [6.9, 7.1, 24]) == ["PASS", "FAIL", "FAIL"]
