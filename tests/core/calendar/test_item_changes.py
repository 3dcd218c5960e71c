"""Changes of calendar items: edit, publish now, cancel, retry, delete, and concurrent changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.calendar import due, items
from content_pipeline.core.errors import Conflict, Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Reel, Task, Twin
from content_pipeline.core.models.calendar import Status
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from tests.core.calendar.planned import (
    BROKEN,
    OWN_VIDEO,
    apply_locked,
    connect,
    create_item,
    create_item_in_status,
    finish_and_record,
    item,
    start_posts,
    start_reels,
)
from tests.core.lock_waits import blocked_by_lock
from tests.factories import make_twin, make_workspace

pytestmark = pytest.mark.usefixtures("database")


# ── edit ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        ({"title": "Another title"}, False),
        ({"script": "Other words."}, False),
        ({"platform": "tiktok"}, False),
        ({"caption": "Look!"}, True),
        ({"options": {"hashtags": ["ai"]}}, True),
        ({"scheduled_at": datetime(2030, 1, 1, tzinfo=UTC)}, True),
        ({"script": "AI is transforming how creators work."}, True),  # as it was
    ],
)
def test_a_reel_is_kept_as_long_as_what_it_shows_stays(twin: Twin, change: dict[str, Any], is_kept: bool) -> None:
    item_id = create_item(twin)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    finish_and_record(task)
    apply_locked(twin, item_id, items.edit, change)
    assert (item(item_id).reel_id is not None) == is_kept


def test_after_its_words_have_changed_a_due_item_gets_a_new_reel_of_them(twin: Twin) -> None:
    item_id = create_item(twin)
    (first,) = apply_locked(twin, item_id, items.publish_now)
    finish_and_record(first)
    apply_locked(twin, item_id, items.edit, {"script": "Other words."})
    (second,) = start_reels(twin)
    with transaction() as session:
        assert session.get_one(Reel, UUID(second.key)).script == "Other words."
    finish_and_record(second)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("scheduled", second.key)


@pytest.mark.parametrize("status", ["rendering", "publishing", "published"])
def test_an_item_on_its_way_is_not_changed(twin: Twin, status: Status) -> None:
    with pytest.raises(Conflict) as caught:
        apply_locked(twin, create_item_in_status(twin, status), items.edit, {"title": "Too late"})
    assert caught.value.code == f"item_{status}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"script": None}, "source_missing"),
        ({"platform": "linkedin"}, "options_invalid"),
        ({"scheduled_at": datetime(2020, 1, 1, tzinfo=UTC)}, "time_passed"),
    ],
)
def test_a_change_after_which_an_item_could_not_go_out_changes_nothing(
    twin: Twin, change: dict[str, Any], code: str
) -> None:
    item_id = create_item(twin, options={"share_to_feed": True})
    with pytest.raises(Invalid) as caught:
        apply_locked(twin, item_id, items.edit, change | {"title": "Never kept"})
    assert caught.value.code == code
    assert item(item_id).title != "Never kept"


def test_an_item_is_not_given_to_a_twin_that_is_not_there(twin: Twin) -> None:
    with transaction() as session:
        foreign = make_twin(session, make_workspace(session))
    for unknown in foreign.id, uuid4():
        with pytest.raises(NotFound):
            apply_locked(twin, create_item(twin), items.edit, {"twin_id": unknown})


# ── publish now, cancel, retry, delete ───────────────────────────────────────────────────────────────────


def test_publish_now_makes_an_item_due_and_its_reel(twin: Twin) -> None:
    item_id = create_item(twin)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("rendering", task.key)
    assert item(item_id).scheduled_at <= now()


@pytest.mark.parametrize("brings_video", [True, False])
def test_publish_now_starts_the_post_of_an_item_that_has_its_video(twin: Twin, brings_video: bool) -> None:
    connect(twin)
    item_id = create_item(twin, due_in=timedelta(minutes=10), reel_url=OWN_VIDEO if brings_video else None)
    for reel in start_reels(twin):
        finish_and_record(reel)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    assert (task.kind, task.key) == ("publication", str(item(item_id).publication_id))
    assert item(item_id).status == "publishing"
    assert start_posts(twin) == []


def test_publish_now_without_an_account_changes_nothing(twin: Twin) -> None:
    item_id = create_item(twin, reel_url=OWN_VIDEO)
    with pytest.raises(Invalid) as caught:
        apply_locked(twin, item_id, items.publish_now)
    assert caught.value.code == "account_missing"
    assert item(item_id).status == "scheduled"
    assert item(item_id).scheduled_at > now()


def test_publish_now_brings_forward_what_is_being_made_ahead_of_its_time(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta(minutes=10))
    start_reels(twin)
    assert apply_locked(twin, item_id, items.publish_now) == []
    assert item(item_id).scheduled_at <= now()
    assert item(item_id).status == "rendering"


def test_what_is_due_already_cannot_be_published_sooner(twin: Twin) -> None:
    item_id = create_item(twin)
    apply_locked(twin, item_id, items.publish_now)
    with pytest.raises(Conflict) as caught:
        apply_locked(twin, item_id, items.publish_now)
    assert caught.value.code == "item_due"


@pytest.mark.parametrize("status", ["publishing", "published", "failed", "canceled"])
def test_what_is_not_planned_is_not_published_now(twin: Twin, status: Status) -> None:
    with pytest.raises(Conflict) as caught:
        apply_locked(twin, create_item_in_status(twin, status), items.publish_now)
    assert caught.value.code == f"item_{status}"


def test_a_cancel_stops_the_making_of_the_reel(twin: Twin) -> None:
    item_id = create_item(twin)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    assert [stopped.id for stopped in apply_locked(twin, item_id, items.cancel)] == [task.id]
    assert item(item_id).status == "canceled"
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "canceled"


@pytest.mark.parametrize("status", ["publishing", "published", "failed", "canceled"])
def test_only_what_is_planned_is_canceled(twin: Twin, status: Status) -> None:
    with pytest.raises(Conflict):
        apply_locked(twin, create_item_in_status(twin, status), items.cancel)


def test_a_canceled_item_whose_time_has_passed_gets_a_new_reel_when_it_is_retried(twin: Twin) -> None:
    item_id = create_item(twin)
    (first,) = apply_locked(twin, item_id, items.publish_now)
    apply_locked(twin, item_id, items.cancel)
    apply_locked(twin, item_id, items.retry)
    assert (item(item_id).status, item(item_id).reason, item(item_id).reel_id) == ("scheduled", None, None)
    (second,) = start_reels(twin)
    assert second.key != first.key


def test_a_retried_item_keeps_the_reel_that_was_made(twin: Twin) -> None:
    item_id = create_item(twin)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    finish_and_record(task)
    apply_locked(twin, item_id, items.cancel)
    apply_locked(twin, item_id, items.retry)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("scheduled", task.key)
    assert start_reels(twin) == []


def test_a_retried_item_whose_time_is_to_come_waits_for_it(twin: Twin) -> None:
    item_id = create_item(twin)
    apply_locked(twin, item_id, items.cancel)
    apply_locked(twin, item_id, items.retry)
    assert start_reels(twin) == []
    assert item(item_id).status == "scheduled"


def test_a_failed_item_can_be_mended_and_retried(twin: Twin) -> None:
    item_id = create_item(twin)
    finish_and_record(apply_locked(twin, item_id, items.publish_now)[0], error=BROKEN)
    assert item(item_id).status == "failed"
    apply_locked(twin, item_id, items.edit, {"script": "Better words."})
    apply_locked(twin, item_id, items.retry)
    (task,) = start_reels(twin)
    finish_and_record(task)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("scheduled", task.key)


@pytest.mark.parametrize("is_done", [True, False])
def test_an_item_that_is_retried_after_its_reel_was_makes_no_second_one(twin: Twin, is_done: bool) -> None:
    item_id = create_item(twin)
    (first,) = apply_locked(twin, item_id, items.publish_now)
    finish_and_record(first, error=BROKEN)
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, first.id))
    if is_done:
        finish_and_record(again)
    apply_locked(twin, item_id, items.retry)
    assert item(item_id).status == ("scheduled" if is_done else "rendering")
    assert str(item(item_id).reel_id) == first.key
    assert start_reels(twin) == []


def test_an_item_whose_words_change_while_its_old_reel_is_made_again_gets_a_new_one(twin: Twin) -> None:
    item_id = create_item(twin)
    (first,) = apply_locked(twin, item_id, items.publish_now)
    finish_and_record(first, error=BROKEN)
    with transaction() as session:
        old = tasks.retry(session, session.get_one(Task, first.id))
    apply_locked(twin, item_id, items.edit, {"script": "Better words."})
    apply_locked(twin, item_id, items.retry)
    (new,) = start_reels(twin)
    finish_and_record(old)
    assert (item(item_id).status, str(item(item_id).reel_id)) == ("rendering", new.key)


def test_an_item_of_a_deleted_twin_is_retried_only_for_another_twin(twin: Twin) -> None:
    item_id = create_item(twin)
    with transaction() as session:
        other = make_twin(session, twin.workspace_id)
        found = twins.get(session, twin.workspace_id, twin.id)
        twins.delete(found)
        items.cancel_items_of(session, found)
    with pytest.raises(NotFound):
        apply_locked(twin, item_id, items.retry)
    apply_locked(twin, item_id, items.edit, {"twin_id": other.id})
    apply_locked(twin, item_id, items.retry)
    assert item(item_id).status == "scheduled"


def test_a_deleted_item_is_not_found_and_its_reel_is_not_made(twin: Twin) -> None:
    item_id = create_item(twin)
    (task,) = apply_locked(twin, item_id, items.publish_now)
    assert [stopped.id for stopped in apply_locked(twin, item_id, items.delete)] == [task.id]
    with transaction() as session:
        with pytest.raises(NotFound):
            items.get(session, twin.workspace_id, item_id)
        assert items.list_page(session, twin.workspace_id, limit=50)[0] == []


def test_what_is_being_published_is_not_deleted(twin: Twin) -> None:
    with pytest.raises(Conflict):
        apply_locked(twin, create_item_in_status(twin, "publishing"), items.delete)


# ── concurrency ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_that_comes_just_after_the_due_moment_loses(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    with blocked_by_lock(
        lambda session: items.edit(session, items.get(session, twin.workspace_id, item_id, lock=True), {}),
        by=lambda session: due.start_videos(session, most=1000),
    ) as edit_result:
        with pytest.raises(Conflict) as caught:
            edit_result.result()
        assert caught.value.code == "item_rendering"


def test_a_change_that_comes_just_before_the_due_moment_wins(twin: Twin) -> None:
    item_id = create_item(twin, due_in=timedelta())
    with transaction() as session:
        items.edit(
            session,
            items.get(session, twin.workspace_id, item_id, lock=True),
            {"scheduled_at": now() + timedelta(days=1)},
        )
        session.flush()
        assert start_reels(twin) == []
    assert start_reels(twin) == []
    assert item(item_id).status == "scheduled"


def publish_and_flush(session: Session, locked: CalendarItem) -> None:
    items.publish_now(session, locked)
    session.flush()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (publish_and_flush, items.publish_now, "item_due"),
        (items.cancel, items.cancel, "item_canceled"),
        (items.cancel, items.publish_now, "item_canceled"),
        (publish_and_flush, lambda session, locked: items.edit(session, locked, {"title": "Late"}), "item_rendering"),
    ],
)
def test_of_two_who_want_different_things_the_second_is_told(
    twin: Twin, first: Callable[..., Any], second: Callable[..., Any], code: str
) -> None:
    item_id = create_item(twin)

    def locked(action: Callable[..., Any]) -> Callable[[Session], Any]:
        return lambda session: action(session, items.get(session, twin.workspace_id, item_id, lock=True))

    with blocked_by_lock(locked(second), by=locked(first)) as second_result:
        with pytest.raises(Conflict) as caught:
            second_result.result()
        assert caught.value.code == code
