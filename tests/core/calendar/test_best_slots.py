"""The next good time of an account, picked for a post."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.calendar import best_slots, items
from content_pipeline.core.calendar.best_slots import DISTANCE
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Twin
from content_pipeline.core.settings import settings
from tests.core.calendar.planned import OWN_VIDEO, apply_locked, connect, create_item, item
from tests.metric_history import History

pytestmark = pytest.mark.usefixtures("database")
THURSDAY = 3


@pytest.fixture
def history(workspace_id: UUID) -> History:
    """An account whose posts do eight times as well on Thursday evenings as on Monday mornings."""
    history = History(workspace_id, "instagram")
    monday = datetime.combine(now().date() - timedelta(days=now().weekday() + 70), time(), UTC)
    for week in range(8):
        for hours, views in ((8, 500), (24 * THURSDAY + 18, 4000)):
            history.read(
                now(), history.post(monday + timedelta(weeks=week, hours=hours, minutes=20)), views=views + week
            )
    return history


def schedule(twin: Twin, **fields: Any) -> CalendarItem:
    return item(create_item(twin, scheduled_at="best", **fields))


def test_a_post_is_scheduled_for_the_next_good_time_of_its_account(twin: Twin, history: History) -> None:
    made = schedule(twin)
    assert made.account_id == history.account_id
    assert made.scheduled_at.hour in range(16, 21)
    assert now() < made.scheduled_at < now() + timedelta(days=7, hours=1)
    because = made.scheduled_because
    assert because
    assert (because["rule"], because["posts"]) == ("best_time", 16)
    assert because["index"] > 1
    assert because["confidence"] >= best_slots.MIN_CONFIDENCE
    assert f"{made.scheduled_at:%A at %H:%M} UTC, posts of @mara.bakes" in because["detail"]


@pytest.mark.slow
def test_the_best_hour_of_a_day_comes_before_the_others_of_that_day(twin: Twin, history: History) -> None:
    whole_days = [at for at in (schedule(twin).scheduled_at for _ in range(12)) if at > now() + timedelta(days=1)]
    assert next(at.hour for at in whole_days if at.weekday() == THURSDAY) == 18


@pytest.mark.slow
def test_no_two_picks_are_close_to_each_other_nor_to_what_is_planned_or_was_published(
    twin: Twin, history: History
) -> None:
    first = schedule(twin)
    with transaction() as session:
        session.get_one(CalendarItem, first.id).status = "published"
    given = create_item(twin, scheduled_at=schedule(twin).scheduled_at + timedelta(days=7, hours=1))
    times = sorted([item(given).scheduled_at, *(schedule(twin).scheduled_at for _ in range(10)), first.scheduled_at])
    assert all(following - before >= DISTANCE for before, following in pairwise(times))


def test_a_time_that_was_given_up_is_free_again(twin: Twin, history: History) -> None:
    first = schedule(twin)
    apply_locked(twin, first.id, items.cancel)
    second = schedule(twin)
    apply_locked(twin, second.id, items.delete)
    assert first.scheduled_at == second.scheduled_at == schedule(twin).scheduled_at


def test_a_canceled_post_that_is_retried_looks_for_a_free_time_again(twin: Twin, history: History) -> None:
    first = schedule(twin)
    apply_locked(twin, first.id, items.cancel)
    second = schedule(twin)
    apply_locked(twin, first.id, items.retry)
    assert second.scheduled_at == first.scheduled_at
    assert abs(item(first.id).scheduled_at - second.scheduled_at) >= DISTANCE


@pytest.mark.slow
def test_two_at_the_same_moment_do_not_get_the_same_time(twin: Twin, history: History) -> None:
    with ThreadPoolExecutor(8) as pool:
        times = sorted(made.scheduled_at for made in pool.map(lambda _: schedule(twin), range(8)))
    assert all(following - before >= DISTANCE for before, following in pairwise(times))


def test_another_account_has_times_of_its_own(twin: Twin, history: History) -> None:
    other = History(twin.workspace_id, "instagram")
    first = schedule(twin, account_id=history.account_id)
    second = schedule(twin, account_id=other.account_id)
    third = schedule(twin, account_id=other.account_id)
    assert first.scheduled_because
    assert second.scheduled_because
    assert (first.scheduled_because["rule"], second.scheduled_because["rule"]) == ("best_time", "default")
    assert abs(third.scheduled_at - second.scheduled_at) >= DISTANCE


def test_there_is_time_to_render_the_video(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    soonest = schedule(twin).scheduled_at
    monkeypatch.setattr(settings(), "render_ahead_seconds", (soonest - now()).total_seconds() + 60)
    assert schedule(twin, platform="tiktok").scheduled_at > soonest


@pytest.mark.parametrize(
    ("connected", "why"),
    [(False, "No account is connected yet"), (True, "@mara.bakes has 0 posts that are two days old, of at least 10")],
)
def test_without_evidence_a_default_is_taken_and_called_so(twin: Twin, connected: bool, why: str) -> None:
    if connected:
        connect(twin)
    made = schedule(twin, reel_url=OWN_VIDEO)
    assert made.scheduled_because
    assert made.scheduled_because["rule"] == "default"
    assert made.scheduled_because["detail"] == f"{why}: {made.scheduled_at:%H:%M} UTC is a default."
    assert made.scheduled_at.hour in (12, 17)
    assert abs(schedule(twin).scheduled_at - made.scheduled_at) >= DISTANCE


def test_posts_that_all_did_alike_give_a_default_too(twin: Twin) -> None:
    history = History(twin.workspace_id, "instagram")
    for days in range(3, 15):
        history.read(now(), history.post(now() - timedelta(days=days)), views=100)
    made = schedule(twin)
    assert made.scheduled_because
    assert made.scheduled_because["detail"].startswith("By 12 posts of @mara.bakes, no hour is surely better")


def test_an_item_can_be_moved_to_a_good_time_and_away_from_it(twin: Twin, history: History) -> None:
    made = create_item(twin)
    apply_locked(twin, made, items.edit, {"scheduled_at": "best"})
    picked = item(made)
    assert picked.scheduled_because
    apply_locked(twin, made, items.edit, {"scheduled_at": "best"})
    assert item(made).scheduled_at == picked.scheduled_at
    apply_locked(twin, made, items.edit, {"title": "Another title"})
    assert item(made).scheduled_because == picked.scheduled_because
    apply_locked(twin, made, items.edit, {"scheduled_at": now() + timedelta(days=2)})
    assert item(made).scheduled_because is None


@pytest.mark.parametrize("change", [{"platform": "youtube"}, "publish_now"])
def test_the_reason_goes_when_it_no_longer_holds(twin: Twin, history: History, change: Any) -> None:
    made = schedule(twin)
    if change == "publish_now":
        apply_locked(twin, made.id, items.publish_now)
    else:
        apply_locked(twin, made.id, items.edit, change)
    assert item(made.id).scheduled_because is None


@pytest.mark.slow
def test_when_every_time_is_taken_that_is_said(twin: Twin, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(best_slots, "HORIZON", timedelta(weeks=1))
    for hours in range(1, 24 * 8, 5):
        create_item(twin, due_in=timedelta(hours=hours))
    with pytest.raises(Conflict) as caught:
        schedule(twin)
    assert caught.value.code == "no_free_time"
