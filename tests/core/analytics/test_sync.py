"""Reading accounts from the sandbox's platforms, a window at a time: what is stored is what is true."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, text

from content_pipeline.core.analytics import daily, readings, sync, windows
from content_pipeline.core.analytics.sync import Outcome
from content_pipeline.core.analytics.windows import Window
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    Account,
    AccountSync,
    AudienceShare,
    DailyMetric,
    DailyPostMetric,
    MetricSnapshot,
    ReportedDay,
    SocialPost,
)
from content_pipeline.core.platforms import insights
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.insights import Figures
from content_pipeline.core.platforms.instagram import errors
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.accounts import connect
from tests.sandbox_server import Sandbox

HOURS: Final = 3600.0

# Each reads whole accounts.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_pauses")]


@pytest.fixture
def account(platforms: Sandbox, workspace_id: UUID) -> Account:
    """An account with a past of its own: everything on it was made elsewhere."""
    platforms.set(instagram_insights_seconds=0)
    platforms.history("instagram", posts=12, days=20)
    return connect(platforms, workspace_id, "instagram")


def read(platform: str = "instagram", *asked: Window) -> Sequence[Outcome]:
    """Read a platform for these windows, or for the latest complete one."""
    return sync.sync_platform(transaction, platform, asked or [windows.latest_complete(now())])


def rows(table: Any, **columns: Any) -> Sequence[Any]:
    with transaction() as session:
        return session.scalars(select(table).filter_by(**columns)).all()


def derive(account: Account, days: int) -> None:
    with transaction() as session:
        daily.derive(session, account.id, now().date() - timedelta(days=days), now().date())


def latest_views(account: Account) -> dict[str, int | None]:
    """The views of each post at its last reading, by the platform's id."""
    with transaction() as session:
        found = session.execute(
            select(SocialPost.post_id, MetricSnapshot.views)
            .join(MetricSnapshot, MetricSnapshot.social_post_id == SocialPost.id)
            .where(SocialPost.account_id == account.id)
            .order_by(MetricSnapshot.taken_at)
        )
        return dict(found.all())


def true_views(platforms: Sandbox) -> dict[str, int]:
    (truth,) = platforms.figures("instagram")
    return {post["id"]: post["views"] for post in truth["posts"] if not post["deleted"]}


def test_the_posts_of_an_account_are_found_and_read(platforms: Sandbox, account: Account) -> None:
    before = true_views(platforms)
    (outcome,) = read()
    after = true_views(platforms)
    assert (outcome.error, outcome.posts_read) == (None, 12)
    found = latest_views(account)
    assert found.keys() == before.keys()
    assert all(before[post] <= found[post] <= after[post] for post in found)  # its time goes on
    assert {post.publication_id for post in rows(SocialPost, account_id=account.id)} == {None}


def test_the_account_itself_and_its_days_and_audience_are_read(platforms: Sandbox, account: Account) -> None:
    platforms.history("instagram", posts=1, days=1, followers=5000)
    read()
    (own,) = rows(MetricSnapshot, account_id=account.id, social_post_id=None)
    assert own.followers >= 5000
    assert len(rows(ReportedDay, account_id=account.id, source="platform")) >= 20
    assert {share.dimension for share in rows(AudienceShare, account_id=account.id)} == {"age", "country", "gender"}


def test_new_accounts_are_read_alone_with_their_last_thirty_days_and_again_when_the_window_ends(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    read()
    platforms.history("instagram", posts=2, days=40, account="tech.tom")
    new = connect(platforms, workspace_id, "instagram", username="tech.tom")
    (outcome,) = sync.sync_platform(transaction, "instagram", [windows.latest_complete(now())], only_unread=True)
    assert (outcome.account.id, outcome.posts_read, outcome.error) == (new.id, 2, None)
    assert min(row.day for row in rows(ReportedDay, account_id=new.id)) <= now().date() - timedelta(days=29)
    platforms.advance((windows.latest_complete(now()).end + windows.LENGTH - now()).total_seconds())
    assert {outcome.account.id for outcome in read()} == {account.id, new.id}
    assert len(rows(MetricSnapshot, account_id=new.id, social_post_id=None)) == 2


def test_the_days_of_a_post_add_up_to_its_last_reading_to_the_unit(platforms: Sandbox, account: Account) -> None:
    for _ in range(6):
        read()
        platforms.advance(6 * HOURS)
    derive(account, 40)
    with transaction() as session:
        sums = dict(
            session.execute(
                select(SocialPost.post_id, func.sum(DailyPostMetric.views))
                .join(DailyPostMetric, DailyPostMetric.social_post_id == SocialPost.id)
                .group_by(SocialPost.post_id)
            ).all()
        )
    assert sums == latest_views(account)


def test_what_the_platform_reports_of_a_day_is_what_is_true(platforms: Sandbox, account: Account) -> None:
    platforms.advance(48 * HOURS)
    read()
    derive(account, 40)
    first, last = now().date() - timedelta(days=15), now().date() - timedelta(days=3)
    truth = platforms.days("instagram", str(first), str(last), time_zone="America/Los_Angeles")
    shown = {row.day: row.views for row in rows(DailyMetric, account_id=account.id)}
    assert [shown[date.fromisoformat(day["day"])] for day in truth] == [day["totals"]["views"] for day in truth]


def test_reading_a_window_twice_changes_no_day(platforms: Sandbox, account: Account) -> None:
    read()
    derive(account, 40)
    yesterday = now().date() - timedelta(days=1)
    before = {row.social_post_id: row.views for row in rows(DailyPostMetric, day=yesterday)}
    read()
    derive(account, 40)
    after = {row.social_post_id: row.views for row in rows(DailyPostMetric, day=yesterday)}
    assert before
    assert before == after
    assert len(rows(AccountSync, account_id=account.id)) == 1


@pytest.mark.parametrize("number", range(4))
def test_a_window_of_the_past_reads_the_reported_day_and_no_totals(account: Account, number: int) -> None:
    """Also the first window of a day, at whose end it is still the day before in California."""
    day = now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=9)
    read("instagram", Window(day + number * windows.LENGTH))
    assert rows(MetricSnapshot, account_id=account.id) == []
    assert {row.day for row in rows(ReportedDay, account_id=account.id)} == {day.date()}


def test_the_days_of_an_outage_before_a_window_that_was_filled_are_read_too(
    platforms: Sandbox, account: Account
) -> None:
    read()
    known = max(row.day for row in rows(ReportedDay, account_id=account.id))
    platforms.advance(15 * 24 * HOURS)
    read("instagram", windows.latest_complete(now() - timedelta(days=2)))
    read()
    found = {row.day for row in rows(ReportedDay, account_id=account.id)}
    assert {known + timedelta(days=number) for number in range(1, 14)} <= found


def test_many_windows_of_the_past_are_read_at_once(platforms: Sandbox, account: Account) -> None:
    latest = windows.latest_complete(now()).start
    asked = [Window(latest - windows.LENGTH * ago) for ago in range(60, 4, -1)]
    before = len(platforms.requests())
    (outcome,) = read("instagram", *asked)
    assert outcome.error is None
    assert len(rows(AccountSync, account_id=account.id)) == 56
    assert len({row.day for row in rows(ReportedDay, account_id=account.id)}) >= 14
    assert len(platforms.requests()) - before < 56


def test_an_account_that_cannot_be_read_does_not_keep_another_from_it(
    platforms: Sandbox, account: Account, workspace_id: UUID
) -> None:
    platforms.history("instagram", posts=2, days=3, account="tech.tom")
    other = connect(platforms, workspace_id, "instagram", username="tech.tom")
    platforms.revoke("instagram", account.user_id)
    failed, succeeded = read()
    assert (failed.account.id, succeeded.account.id) == (account.id, other.id)
    assert (failed.error.code if failed.error else None, succeeded.posts_read) == ("needs_reconnect", 2)
    (kept,) = rows(AccountSync, account_id=account.id)
    assert kept.error["code"] == "needs_reconnect"


def test_a_refusal_with_what_cannot_be_stored_is_recorded_without_that(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = b'{"error": {"message": "No\\u0000 such metric \\ud83c", "code": 100}}'

    def refuse(_: Access) -> Figures:
        raise errors.failure(httpx.Response(400, content=refusal))

    monkeypatch.setattr(PLATFORMS["instagram"].insights, "read_account", refuse)
    read()
    (kept,) = rows(AccountSync, account_id=account.id)
    assert kept.error["message"] == "Instagram says: No such metric ?"


def test_a_group_of_an_audience_is_named_without_what_cannot_be_stored(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = [insights.AudienceShare("age", "25\0-34", 1.0)]
    monkeypatch.setattr(PLATFORMS["instagram"].insights, "read_audience", lambda _: shares)
    (outcome,) = read()
    assert outcome.error is None
    assert [row.value for row in rows(AudienceShare, account_id=account.id)] == ["25-34"]


def test_the_days_of_an_outage_are_filled_by_the_next_window(platforms: Sandbox, account: Account) -> None:
    read()
    known = {row.day for row in rows(ReportedDay, account_id=account.id)}
    platforms.advance(9 * 24 * HOURS)
    platforms.fail("instagram", "insights", "status", status=503)
    (outcome,) = read()
    assert outcome.error
    assert outcome.error.retryable
    (outcome,) = read()
    assert outcome.error is None
    missing = {max(known) + timedelta(days=number) for number in range(1, 9)}
    assert missing <= {row.day for row in rows(ReportedDay, account_id=account.id)}


def test_what_was_read_before_a_failure_is_kept(
    platforms: Sandbox, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_posts = readings.record_posts

    def record_and_fail(*values: Any) -> None:
        record_posts(*values)
        platforms.fail("instagram", "insights", "status", status=503)

    with monkeypatch.context() as patch:
        patch.setattr(sync, "POSTS_AT_ONCE", 5)
        patch.setattr(readings, "record_posts", record_and_fail)
        (outcome,) = read()
    assert outcome.error
    assert outcome.posts_read == len(rows(MetricSnapshot, account_id=account.id)) == 5
    (outcome,) = read()
    assert (outcome.error, outcome.posts_read) == (None, 7)


def test_a_post_that_its_owner_deleted_has_vanished(platforms: Sandbox, account: Account) -> None:
    read()
    gone = rows(SocialPost, account_id=account.id)[0]
    platforms.delete_post("instagram", gone.post_id)
    platforms.advance(7 * 24 * HOURS)
    read()
    found = {post.post_id: post.vanished_at for post in rows(SocialPost, account_id=account.id)}
    assert [post_id for post_id, vanished_at in found.items() if vanished_at] == [gone.post_id]


def test_posts_are_read_less_often_with_age(platforms: Sandbox, account: Account) -> None:
    counts = []
    for _ in range(4):
        (outcome,) = read()
        counts.append(outcome.posts_read)
        platforms.advance(6 * HOURS)
    assert counts[0] == 12
    assert 0 < counts[1] < 12
    assert counts[1] >= counts[2] >= counts[3]


@pytest.mark.parametrize("value", ["many", None, "9" * 400, 10**400])
def test_an_answer_that_is_not_understood_stays_with_its_account(
    account: Account, monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    def misunderstand(_: Access) -> Figures:
        return {"views": float(value) * 10**10}

    monkeypatch.setattr(PLATFORMS["instagram"].insights, "read_account", misunderstand)
    (outcome,) = read()
    assert outcome.error
    assert (outcome.error.code, outcome.posts_read) == ("broken", 12)


def test_an_account_is_read_although_the_database_restarts_meanwhile(
    platforms: Sandbox, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_posts = readings.record_posts

    def lose_connections(*values: Any) -> None:
        monkeypatch.setattr(readings, "record_posts", record_posts)
        with transaction() as session:
            end = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and state <> ''"
            session.execute(text(f"{end} and application_name = 'content-pipeline'"))
        record_posts(*values)

    monkeypatch.setattr(readings, "record_posts", lose_connections)
    (outcome,) = read()
    assert (outcome.error, outcome.posts_read) == (None, 12)
    assert len(rows(MetricSnapshot, account_id=account.id)) == 13
