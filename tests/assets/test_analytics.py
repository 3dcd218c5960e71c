"""The runs that read the platforms' figures and derive those of days: what they record, and when days are derived."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy import select, update

from content_pipeline.assets.analytics import daily_metrics, metric_snapshots, snapshots_of
from content_pipeline.core.analytics import ingestion, windows
from content_pipeline.core.analytics.figures import DAYS_KEPT
from content_pipeline.core.analytics.ingestion import StatedDay
from content_pipeline.core.infrastructure import metadata_pictures
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, AccountSync, DailyMetric, MetricSnapshot, SocialPost
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.definitions import definitions
from content_pipeline.sensors.analytics import record_stated_figures
from tests.accounts import connect
from tests.asset_runs import by_partition, execute_asset, failed, metadata_of, recorded
from tests.factories import make_account, make_publication
from tests.metric_history import History, at
from tests.metric_history import day as history_day
from tests.sandbox_server import Sandbox

# Each executes whole runs, or asks Dagster's automation.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pauses")]


def newest_window() -> str:
    """The partition key of the window that was completed last."""
    return windows.latest_complete(now()).start.strftime("%Y-%m-%d-%H:%M")


@pytest.fixture
def account(platforms: Sandbox, workspace_id: UUID) -> Account:
    platforms.set(instagram_insights_seconds=0)
    platforms.history("instagram", posts=5, days=6)
    return connect(platforms, workspace_id, "instagram")


def test_a_window_is_read_of_all_platforms_in_one_run(account: Account) -> None:
    result = execute_asset(metric_snapshots, newest_window())
    assert result.success
    found = recorded(result)
    assert found.keys() == {snapshots_of(name).to_user_string() for name in PLATFORMS}
    assert found["metric_snapshots/instagram"].pop("followers") > 0
    assert found["metric_snapshots/instagram"] == {
        "accounts": 1, "accounts_failed": 0, "posts_read": 5, "posts_observed": 0
    }  # fmt: skip
    assert found["metric_snapshots/tiktok"] == {
        "accounts": 0, "accounts_failed": 0, "posts_read": 0, "posts_observed": 0
    }  # fmt: skip
    assert {check.passed for check in result.get_asset_check_evaluations()} == {True}


def test_an_account_that_cannot_be_read_is_shown_by_the_check(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    other = connect(platforms, workspace_id, "instagram", username="tech.tom")
    platforms.revoke("instagram", other.user_id)
    result = execute_asset(metric_snapshots, newest_window())
    assert result.success
    assert recorded(result)["metric_snapshots/instagram"]["accounts_failed"] == 1
    (failed,) = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert (failed.asset_key, failed.severity) == (snapshots_of("instagram"), dg.AssetCheckSeverity.WARN)
    reasons = failed.metadata["reasons"].value
    assert isinstance(reasons, dict)
    assert [reason.partition(":")[0] for reason in reasons] == ["needs_reconnect"]


def test_a_platform_of_which_nothing_could_be_read_fails_the_run_and_leaves_the_others_their_window(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    platforms.history("youtube", posts=2, days=3)
    connect(platforms, workspace_id, "youtube")
    platforms.revoke("instagram", account.user_id)
    result = execute_asset(metric_snapshots, newest_window())
    assert not result.success
    assert recorded(result).keys() == {snapshots_of(name).to_user_string() for name in PLATFORMS if name != "instagram"}


def test_a_run_for_new_accounts_reads_these_only_and_once(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    execute_asset(metric_snapshots, newest_window())
    connect(platforms, workspace_id, "instagram", username="tech.tom")
    for read in (1, 0):
        result = execute_asset(metric_snapshots, newest_window(), new_accounts="instagram")
        assert result.success
        assert recorded(result)["metric_snapshots/instagram"]["accounts"] == read


def test_a_new_account_that_cannot_be_read_is_shown_by_the_check_and_fails_no_run(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    execute_asset(metric_snapshots, newest_window())
    new = connect(platforms, workspace_id, "instagram", username="tech.tom")
    platforms.revoke("instagram", new.user_id)
    assert execute_asset(metric_snapshots, newest_window(), new_accounts="instagram").success
    with transaction() as session:
        outcomes = dict(session.execute(select(AccountSync.account_id, AccountSync.error["code"].astext)).all())
    assert (outcomes[account.id], outcomes[new.id]) == (None, "needs_reconnect")


def test_a_run_beside_a_live_one_of_the_same_window_does_nothing(account: Account) -> None:
    leases.begin(first := str(uuid4()), "io@test")
    what = "+".join(PLATFORMS)
    assert leases.claim(first, tasks.subject(what, f"{newest_window()}…{newest_window()}"))
    result = execute_asset(metric_snapshots, newest_window())
    assert (result.success, recorded(result)) == (True, {})
    leases.end(first)
    assert recorded(execute_asset(metric_snapshots, newest_window()))


def test_the_days_of_the_accounts_that_were_read_are_derived(account: Account, workspace_id: UUID) -> None:
    execute_asset(metric_snapshots, newest_window())
    with transaction() as session:
        make_account(session, workspace_id, "tiktok")  # of which nothing was read
    result = execute_asset(daily_metrics, now().date().isoformat())
    assert result.success
    (metadata,) = recorded(result).values()
    assert metadata["accounts"] == metadata["accounts_derived"] == 1
    assert metadata["days_written"] > 5
    assert failed(result) == []


def test_a_day_has_numbers_a_sparkline_and_a_chart_at_a_short_address(workspace_id: UUID) -> None:
    history = History(workspace_id)
    post_id = history.post(at(0))
    for number in (1, 2):
        history.read(at(number), post_id, views=100 * number**2)
    days = by_partition(execute_asset(daily_metrics, str(history_day(0)), str(history_day(1))))
    first, shown = days[str(history_day(0))], days[str(history_day(1))]
    assert [(shown["views"], shown["posts"]) for shown in (first, shown)] == [(100, 1), (300, 1)]
    assert shown["views_of_30_days"] == 28 * "·" + "▃█"
    assert len(shown["chart"]) < 1000, "more is not shown inline"
    (path,) = re.findall(r"\((.+)\)", shown["chart"])
    picture, media_type = metadata_pictures.read(path.removeprefix("/pictures/"))
    assert (picture[:4], media_type) == (b"\x89PNG", "image/png")


def test_readings_that_are_wrong_fail_the_run_and_leave_the_other_platforms_theirs(
    platforms: Sandbox, account: Account
) -> None:
    execute_asset(metric_snapshots, newest_window())
    with transaction() as session:
        session.execute(update(MetricSnapshot).values(views=10_000_000))
        session.execute(update(SocialPost).values(next_read_at=now()))
    result = execute_asset(metric_snapshots, newest_window())
    assert not result.success
    assert recorded(result).keys() == {snapshots_of(name).to_user_string() for name in PLATFORMS}
    (wrong,) = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert (wrong.asset_key, wrong.check_name) == (snapshots_of("instagram"), "totals_never_fall")
    found = metadata_of(wrong)
    assert (found["readings_implausible"], found["accounts_in_doubt"]) == (5, 1)
    assert found["in_doubt"] == account.handle


def test_the_first_reading_of_a_day_is_observed_on_the_page_of_the_post(platforms: Sandbox, account: Account) -> None:
    execute_asset(metric_snapshots, newest_window())
    with transaction() as session:
        posts = session.scalars(select(SocialPost).order_by(SocialPost.published_at.desc()).limit(2)).all()
        for post in posts:
            made = make_publication(session, account.id, post_id=post.post_id, published_at=post.published_at)
            post.publication_id, post.next_read_at = made.id, now()
            task = tasks.create(session, workspace_id=account.workspace_id, kind="publication", key=str(made.id))
        partition = task.partition_key
        session.execute(update(MetricSnapshot).values(taken_at=MetricSnapshot.taken_at - timedelta(days=1), views=30))
    result = execute_asset(metric_snapshots, newest_window())
    observed = {
        event.partition: metadata_of(event.asset_observation_data.asset_observation)
        for event in result.all_events
        if event.is_asset_observation
    }
    assert len(observed) == recorded(result)["metric_snapshots/instagram"]["posts_observed"] == 2
    assert observed[partition]["views"] > 0
    assert len(observed[partition]["views_by_day"]) == observed[partition]["days_old"] + 1
    assert observed[partition]["post"] == posts[-1].url
    with transaction() as session:
        session.execute(update(SocialPost).values(next_read_at=now()))
    again = execute_asset(metric_snapshots, newest_window())
    assert recorded(again)["metric_snapshots/instagram"]["posts_observed"] == 0


class Automation:
    """Dagster's evaluation of what is to be derived, as the sensor does it."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self._cursor: Any = None

    def read(self, *keys: str, platform: str = "tiktok") -> None:
        """Record that windows were read."""
        for key in keys:
            self._instance.report_runless_asset_event(dg.AssetMaterialization(snapshots_of(platform), partition=key))

    def derive(self, day: str) -> None:
        """Record that a day was derived."""
        self.report(dg.AssetMaterialization("daily_metrics", partition=day))

    def report(self, event: dg.AssetMaterialization) -> None:
        self._instance.report_runless_asset_event(event)

    def check(self, *, passed: bool) -> None:
        """Record whether the newest readings are right."""
        self._instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=snapshots_of("tiktok"), check_name="totals_never_fall", passed=passed, metadata={}
            )
        )

    def requested(self, asset: str = "daily_metrics") -> set[str]:
        """The days of an asset that are requested at the next tick."""
        result = dg.evaluate_automation_conditions(definitions, self._instance, cursor=self._cursor)
        self._cursor = result.cursor
        return set(result.get_requested_partitions(dg.AssetKey(asset)))


@pytest.fixture
def automation() -> Any:
    with dg.DagsterInstance.ephemeral() as instance:
        found = Automation(instance)
        found.requested()
        yield found


def test_a_day_is_derived_after_its_last_window_although_that_is_read_on_the_next_day(automation: Automation) -> None:
    yesterday = (now().date() - timedelta(days=1)).isoformat()
    automation.read(f"{yesterday}-18:00")
    assert automation.requested() == {yesterday}
    assert automation.requested() == set()


def test_a_window_that_is_filled_later_derives_its_day_again(automation: Automation) -> None:
    day = (now().date() - timedelta(days=20)).isoformat()
    automation.read(f"{day}-06:00", f"{day}-12:00")
    assert automation.requested() == {day}
    automation.derive(day)
    assert automation.requested() == set()
    automation.read(f"{day}-06:00", platform="youtube")
    assert automation.requested() == {day}


def test_a_window_that_is_read_while_its_day_is_derived_derives_it_once_more(automation: Automation) -> None:
    day = (now().date() - timedelta(days=20)).isoformat()
    automation.read(f"{day}-06:00")
    assert automation.requested() == {day}
    automation.read(f"{day}-12:00")
    automation.derive(day)
    assert automation.requested() == {day}
    automation.derive(day)
    assert automation.requested() == set()


def test_the_days_of_windows_that_are_back_filled_are_derived(automation: Automation) -> None:
    days = {(now().date() - timedelta(days=ago)).isoformat() for ago in range(50, 80)}
    automation.read(*(f"{day}-06:00" for day in days))
    assert automation.requested() == days


def test_nothing_is_derived_while_the_newest_readings_are_wrong(automation: Automation) -> None:
    yesterday = (now().date() - timedelta(days=1)).isoformat()
    automation.check(passed=False)
    automation.read(f"{yesterday}-12:00", f"{yesterday}-06:00")
    assert automation.requested() == set()
    automation.check(passed=True)
    assert automation.requested() == {yesterday}


def test_the_dataset_is_written_with_the_days(automation: Automation) -> None:
    day = (now().date() - timedelta(days=20)).isoformat()
    automation.read(f"{day}-06:00")
    assert automation.requested("metrics_dataset") == {day}


@pytest.mark.parametrize("days_ago", [3, DAYS_KEPT - 1])
def test_days_that_operators_have_stated_are_derived_again(
    automation: Automation, workspace_id: UUID, days_ago: int
) -> None:
    day = now().date() - timedelta(days=days_ago)
    with transaction() as session:
        account_id = make_account(session, workspace_id).id
        ingestion.ingest(session, workspace_id, [StatedDay(account_id, day, {"saves": 7})])
    events, cursor = stated()
    assert [event.partition for event in events] == [day.isoformat()]
    assert stated(cursor) == ([], None)
    automation.report(events[0])
    assert automation.requested() == {day.isoformat()}
    execute_asset(daily_metrics, day.isoformat())
    with transaction() as session:
        assert session.get_one(DailyMetric, (account_id, day)).saves == 7


def stated(cursor: str | None = None) -> tuple[list[Any], str | None]:
    """What the sensor reports at a tick, and its cursor after that."""
    result = record_stated_figures(dg.build_sensor_context(cursor=cursor))
    return (list(result.asset_events), result.cursor) if isinstance(result, dg.SensorResult) else ([], None)
