"""Posts of calendar items: how they end, and that an item has one of them, however it is retried."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.calendar import actions, due, items
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Conflict, UpstreamError
from content_pipeline.core.models import CalendarItem, Publication, Task, Twin
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import twins
from tests.core.calendar.planned import (
    BROKEN,
    OWN_VIDEO,
    act,
    commit,
    connect,
    due_item,
    end,
    enter,
    item,
    note,
    posts_due,
    posts_of,
    reason,
    retry_post,
    settle,
    start_posts,
    start_reels,
)
from tests.core.lock_waits import held_up
from tests.factories import make_twin

pytestmark = pytest.mark.usefixtures("database")

LOST_ANSWER = UpstreamError("The platform did not answer.", remedy="Look at the account.")


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id)


def failed(twin: Twin, *, is_committed: bool = False) -> tuple[UUID, Task]:
    """An item whose post failed, and the task of that."""
    connect(twin)
    item_id = due_item(twin)
    (task,) = start_posts(twin)
    if is_committed:
        commit(task)
    settle(task, error=LOST_ANSWER)
    return item_id, task


# ── how it ended ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_reel_that_was_made_is_published_at_its_time_and_not_before(twin: Twin) -> None:
    connect(twin)
    item_id = enter(twin, due_in=timedelta(minutes=10))
    (reel,) = start_reels(twin)
    settle(reel)
    assert start_posts(twin) == []
    with transaction() as session:
        session.get_one(CalendarItem, item_id).scheduled_at = now()
    (task,) = start_posts(twin)
    (post,) = posts_of(twin)
    assert (str(post.reel_id), post.reel_url, post.platform) == (reel.key, None, "instagram")
    note()
    assert item(item_id).status == "publishing"
    settle(task)
    assert item(item_id).status == "published"


def test_a_video_that_was_brought_along_is_published_in_place_of_a_reel(twin: Twin) -> None:
    connect(twin)
    due_item(twin, caption="Look!", options={"share_to_feed": True})
    start_posts(twin)
    (post,) = posts_of(twin)
    assert (post.reel_id, post.reel_url) == (None, OWN_VIDEO)
    assert (post.caption, post.options) == ("Look!", {"share_to_feed": True})


@pytest.mark.parametrize(("is_committed", "code"), [(False, "remote_failed"), (True, "unconfirmed")])
def test_an_item_whose_post_failed_says_whether_that_is_certain(twin: Twin, is_committed: bool, code: str) -> None:
    item_id, _ = failed(twin, is_committed=is_committed)
    assert reason(item_id) == code


def test_an_item_whose_posts_task_was_canceled_fails_and_says_so(twin: Twin) -> None:
    connect(twin)
    item_id = due_item(twin)
    (task,) = start_posts(twin)
    with transaction() as session:
        tasks.cancel(session, session.get_one(Task, task.id))
    note()
    assert reason(item_id) == "canceled"


def test_an_item_is_settled_by_the_newest_try_at_its_post(twin: Twin) -> None:
    connect(twin)
    item_id = due_item(twin)
    (first,) = start_posts(twin)
    end(first, error=BROKEN)
    again = retry_post(first)
    note()
    assert item(item_id).status == "publishing"
    settle(again)
    assert item(item_id).status == "published"


def test_an_item_whose_twin_is_deleted_while_it_is_published_is_published(twin: Twin) -> None:
    connect(twin)
    item_id = due_item(twin)
    (task,) = start_posts(twin)
    with transaction() as session:
        found = twins.get(session, twin.workspace_id, twin.id)
        twins.delete(found)
        assert items.cancel_items_of(session, found) == []
    settle(task)
    assert item(item_id).status == "published"


# ── once more ────────────────────────────────────────────────────────────────────────────────────────────


def keep_something(post_id: UUID) -> None:
    """As the first run did."""
    with transaction() as session:
        post = session.get_one(Publication, post_id)
        post.words, post.prepared, post.waits_until = {"text": "Look!"}, b"sealed", now()


def test_a_post_that_failed_for_certain_begins_anew_in_its_place(twin: Twin) -> None:
    item_id, first = failed(twin)
    (before,) = posts_of(twin)
    keep_something(before.id)
    act(twin, item_id, items.retry)
    (again,) = start_posts(twin)
    assert (again.key, again.retry_of) == (first.key, first.id)
    (after,) = posts_of(twin)
    assert (after.words, after.prepared, after.waits_until) == (None, None, None)
    assert after.request_id != before.request_id  # whose copy of the video may be what was wrong


def test_a_post_that_may_be_out_goes_on_as_it_was(twin: Twin) -> None:
    item_id, first = failed(twin, is_committed=True)
    (before,) = posts_of(twin)
    keep_something(before.id)
    act(twin, item_id, items.retry)
    (again,) = start_posts(twin)
    assert (again.key, again.retry_of) == (first.key, first.id)
    (after,) = posts_of(twin)
    assert (after.words, after.prepared, after.request_id) == ({"text": "Look!"}, b"sealed", before.request_id)
    assert after.committed_at == before.committed_at is not None


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("is_committed", [True, False])
def test_an_item_that_is_retried_after_its_post_was_sends_no_second_one(
    twin: Twin, is_committed: bool, is_done: bool
) -> None:
    item_id, first = failed(twin, is_committed=is_committed)
    again = retry_post(first)
    if is_done:
        end(again)
    act(twin, item_id, items.retry)
    assert item(item_id).status == "publishing"
    assert start_posts(twin) == []
    if not is_done:
        end(again)
    note()
    assert item(item_id).status == "published"
    assert len(posts_of(twin)) == 1


def test_a_post_that_is_retried_after_its_item_was_is_sent_once(twin: Twin) -> None:
    item_id, first = failed(twin)
    act(twin, item_id, items.retry)
    again = retry_post(first)  # before a tick has come to it
    assert start_posts(twin) == []
    assert item(item_id).status == "publishing"
    with pytest.raises(Conflict):
        retry_post(first)
    settle(again)
    assert item(item_id).status == "published"
    assert len(posts_of(twin)) == 1


def test_a_post_that_is_retried_by_a_person_and_a_tick_at_once_is_sent_once(twin: Twin) -> None:
    item_id, first = failed(twin)
    act(twin, item_id, items.retry)
    with held_up(
        lambda session: posts_due(session, twin),
        by=lambda session: tasks.retry(session, session.get_one(Task, first.id)),
    ) as ticked:
        assert ticked.result() == []
    assert item(item_id).status == "publishing"


def test_a_post_that_is_retried_while_a_tick_notes_its_failure_takes_its_item_along(twin: Twin) -> None:
    connect(twin)
    item_id = due_item(twin)
    (first,) = start_posts(twin)
    end(first, error=LOST_ANSWER)
    with held_up(
        lambda session: actions.retry_post(session, session.get_one(Task, first.id)), by=due.record_outcomes
    ) as retried:
        again = retried.result()
    assert item(item_id).status == "publishing"
    settle(again)
    assert item(item_id).status == "published"


def test_a_changed_item_whose_post_failed_for_certain_gets_a_new_one(twin: Twin) -> None:
    item_id, first = failed(twin)
    act(twin, item_id, items.edit, {"caption": "Better words."})
    act(twin, item_id, items.retry)
    (task,) = start_posts(twin)
    assert task.key != first.key
    assert {post.caption for post in posts_of(twin)} == {None, "Better words."}
    settle(task)
    assert item(item_id).status == "published"


def test_an_item_whose_post_may_be_out_keeps_its_words_but_not_its_time(twin: Twin) -> None:
    item_id, _ = failed(twin, is_committed=True)
    with pytest.raises(Conflict) as caught:
        act(twin, item_id, items.edit, {"caption": "Other words."})
    assert caught.value.code == "post_unconfirmed"
    act(twin, item_id, items.edit, {"scheduled_at": now() + timedelta(hours=1)})
    act(twin, item_id, items.retry)
    assert start_posts(twin) == []
    assert item(item_id).status == "scheduled"


def test_an_item_whose_post_went_out_when_that_was_retried_is_not_changed_into_another(twin: Twin) -> None:
    item_id, first = failed(twin)
    end(retry_post(first))
    with pytest.raises(Conflict) as caught:
        act(twin, item_id, items.edit, {"caption": "Other words."})
    assert caught.value.code == "post_published"


# ── two at once ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("deed", [items.cancel, items.delete, items.publish_now])
def test_whoever_comes_just_after_the_due_moment_is_told_that_it_is_on_its_way(twin: Twin, deed: Any) -> None:
    connect(twin)
    item_id = due_item(twin)
    with held_up(
        lambda session: deed(session, items.get(session, twin.workspace_id, item_id, lock=True)),
        by=lambda session: posts_due(session, twin),
    ) as told:
        with pytest.raises(Conflict) as caught:
            told.result()
        assert caught.value.code == "item_publishing"
    assert len(posts_of(twin)) == 1


def test_a_post_that_is_canceled_just_before_the_due_moment_does_not_go_out(twin: Twin) -> None:
    connect(twin)
    item_id = due_item(twin)
    with transaction() as session:
        items.cancel(session, items.get(session, twin.workspace_id, item_id, lock=True))
        session.flush()
        assert start_posts(twin) == []
    assert start_posts(twin) == []
    assert posts_of(twin) == []
