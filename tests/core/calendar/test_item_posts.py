"""Posts of calendar items: outcomes, retries, and at most one publication per item."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.calendar import actions, due, items
from content_pipeline.core.errors import Conflict, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import CalendarItem, Publication, Task, Twin, Upload
from content_pipeline.core.tasks import cancellation, tasks
from content_pipeline.core.twins import twins
from tests.core.calendar.planned import (
    BROKEN,
    OWN_VIDEO,
    apply_locked,
    connect,
    create_due_item,
    create_item,
    failure_code,
    finish_and_record,
    finish_run,
    item,
    mark_committed,
    publications_of,
    record_outcomes,
    retry_publication_task,
    start_posts,
    start_posts_in,
    start_reels,
)
from tests.core.lock_waits import blocked_by_lock
from tests.factories import make_upload

pytestmark = pytest.mark.usefixtures("database")

LOST_ANSWER = UpstreamError("The platform did not answer.", remedy="Look at the account.")


def failed_item(twin: Twin, *, is_committed: bool = False) -> tuple[UUID, Task]:
    """An item whose post failed, and the post's task."""
    connect(twin)
    item_id = create_due_item(twin)
    (task,) = start_posts(twin)
    if is_committed:
        mark_committed(task)
    finish_and_record(task, error=LOST_ANSWER)
    return item_id, task


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reel_that_was_made_is_published_at_its_time_and_not_before(twin: Twin) -> None:
    connect(twin)
    item_id = create_item(twin, due_in=timedelta(minutes=10))
    (reel,) = start_reels(twin)
    finish_and_record(reel)
    assert start_posts(twin) == []
    with transaction() as session:
        session.get_one(CalendarItem, item_id).scheduled_at = now()
    (task,) = start_posts(twin)
    (post,) = publications_of(twin)
    assert (str(post.reel_id), post.reel_url, post.platform) == (reel.key, None, "instagram")
    record_outcomes()
    assert item(item_id).status == "publishing"
    finish_and_record(task)
    assert item(item_id).status == "published"


def test_a_video_that_was_brought_along_is_published_in_place_of_a_reel(twin: Twin) -> None:
    connect(twin)
    create_due_item(twin, caption="Look!", options={"share_to_feed": True})
    start_posts(twin)
    (post,) = publications_of(twin)
    assert (post.reel_id, post.reel_url) == (None, OWN_VIDEO)
    assert (post.caption, post.options) == ("Look!", {"share_to_feed": True})


@pytest.mark.parametrize(("is_committed", "code"), [(False, "remote_failed"), (True, "unconfirmed")])
def test_an_item_whose_post_failed_says_whether_that_is_certain(twin: Twin, is_committed: bool, code: str) -> None:
    item_id, _ = failed_item(twin, is_committed=is_committed)
    assert failure_code(item_id) == code


def test_an_item_whose_posts_task_was_canceled_fails_and_says_so(twin: Twin) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    (task,) = start_posts(twin)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    record_outcomes()
    assert failure_code(item_id) == "canceled"


def test_an_item_is_settled_by_the_newest_try_at_its_post(twin: Twin) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    (first,) = start_posts(twin)
    finish_run(first, error=BROKEN)
    again = retry_publication_task(first)
    record_outcomes()
    assert item(item_id).status == "publishing"
    finish_and_record(again)
    assert item(item_id).status == "published"


def test_an_item_whose_twin_is_deleted_while_it_is_published_is_published(twin: Twin) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    (task,) = start_posts(twin)
    with transaction() as session:
        found = twins.get(session, twin.workspace_id, twin.id)
        twins.delete(found)
        assert items.cancel_items_of(session, found) == []
    finish_and_record(task)
    assert item(item_id).status == "published"


# ── retries ──────────────────────────────────────────────────────────────────────────────────────────────


def store_progress(post_id: UUID) -> None:
    """Store what the first run of a post stores."""
    with transaction() as session:
        post = session.get_one(Publication, post_id)
        post.words, post.prepared, post.waits_until = {"text": "Look!"}, b"sealed", now()


def test_a_post_that_failed_for_certain_begins_anew_in_its_place(twin: Twin) -> None:
    item_id, first = failed_item(twin)
    (before,) = publications_of(twin)
    store_progress(before.id)
    apply_locked(twin, item_id, items.retry)
    (again,) = start_posts(twin)
    assert (again.key, again.retry_of) == (first.key, first.id)
    (after,) = publications_of(twin)
    assert (after.words, after.prepared, after.waits_until) == (None, None, None)
    assert after.request_id != before.request_id  # whose copy of the video may be what was wrong


def test_a_post_that_may_be_out_goes_on_as_it_was(twin: Twin) -> None:
    item_id, first = failed_item(twin, is_committed=True)
    (before,) = publications_of(twin)
    store_progress(before.id)
    apply_locked(twin, item_id, items.retry)
    (again,) = start_posts(twin)
    assert (again.key, again.retry_of) == (first.key, first.id)
    (after,) = publications_of(twin)
    assert (after.words, after.prepared, after.request_id) == ({"text": "Look!"}, b"sealed", before.request_id)
    assert after.committed_at == before.committed_at is not None


def test_a_post_whose_video_was_deleted_is_not_begun_again_and_its_item_says_why(twin: Twin) -> None:
    connect(twin)
    with transaction() as session:
        upload = make_upload(session, twin.workspace_id)
    item_id = create_item(twin, due_in=timedelta(), upload_id=upload.id)
    (first,) = start_posts(twin)
    finish_and_record(first, error=LOST_ANSWER)
    with transaction() as session:
        session.get_one(Upload, upload.id).deleted_at = now()
    apply_locked(twin, item_id, items.retry)
    assert start_posts(twin) == []
    assert failure_code(item_id) == "video_deleted"
    with transaction() as session:
        assert tasks.newest(session, first.kind, first.key).id == first.id


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("is_committed", [True, False])
def test_an_item_that_is_retried_after_its_post_was_sends_no_second_one(
    twin: Twin, is_committed: bool, is_done: bool
) -> None:
    item_id, first = failed_item(twin, is_committed=is_committed)
    again = retry_publication_task(first)
    if is_done:
        finish_run(again)
    apply_locked(twin, item_id, items.retry)
    assert item(item_id).status == "publishing"
    assert start_posts(twin) == []
    if not is_done:
        finish_run(again)
    record_outcomes()
    assert item(item_id).status == "published"
    assert len(publications_of(twin)) == 1


def test_a_post_that_is_retried_after_its_item_was_is_sent_once(twin: Twin) -> None:
    item_id, first = failed_item(twin)
    apply_locked(twin, item_id, items.retry)
    again = retry_publication_task(first)  # before a tick has come to it
    assert start_posts(twin) == []
    assert item(item_id).status == "publishing"
    with pytest.raises(Conflict):
        retry_publication_task(first)
    finish_and_record(again)
    assert item(item_id).status == "published"
    assert len(publications_of(twin)) == 1


def test_a_post_that_is_retried_by_a_person_and_a_tick_at_once_is_sent_once(twin: Twin) -> None:
    item_id, first = failed_item(twin)
    apply_locked(twin, item_id, items.retry)
    with blocked_by_lock(
        lambda session: start_posts_in(session, twin),
        by=lambda session: tasks.retry(session, session.get_one(Task, first.id)),
    ) as ticked:
        assert ticked.result() == []
    assert item(item_id).status == "publishing"


def test_a_post_that_is_retried_while_a_tick_notes_its_failure_takes_its_item_along(twin: Twin) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    (first,) = start_posts(twin)
    finish_run(first, error=LOST_ANSWER)
    with blocked_by_lock(
        lambda session: actions.retry_post(session, session.get_one(Task, first.id)), by=due.record_outcomes
    ) as retried:
        again = retried.result()
    assert item(item_id).status == "publishing"
    finish_and_record(again)
    assert item(item_id).status == "published"


def test_a_changed_item_whose_post_failed_for_certain_gets_a_new_one(twin: Twin) -> None:
    item_id, first = failed_item(twin)
    apply_locked(twin, item_id, items.edit, {"caption": "Better words."})
    apply_locked(twin, item_id, items.retry)
    (task,) = start_posts(twin)
    assert task.key != first.key
    assert {post.caption for post in publications_of(twin)} == {None, "Better words."}
    finish_and_record(task)
    assert item(item_id).status == "published"


def test_an_item_whose_post_may_be_out_keeps_its_words_but_not_its_time(twin: Twin) -> None:
    item_id, _ = failed_item(twin, is_committed=True)
    with pytest.raises(Conflict) as caught:
        apply_locked(twin, item_id, items.edit, {"caption": "Other words."})
    assert caught.value.code == "post_unconfirmed"
    apply_locked(twin, item_id, items.edit, {"scheduled_at": now() + timedelta(hours=1)})
    apply_locked(twin, item_id, items.retry)
    assert start_posts(twin) == []
    assert item(item_id).status == "scheduled"


def test_an_item_whose_post_went_out_when_that_was_retried_is_not_changed_into_another(twin: Twin) -> None:
    item_id, first = failed_item(twin)
    finish_run(retry_publication_task(first))
    with pytest.raises(Conflict) as caught:
        apply_locked(twin, item_id, items.edit, {"caption": "Other words."})
    assert caught.value.code == "post_published"


# ── concurrency ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("action", [items.cancel, items.delete, items.publish_now])
def test_a_change_just_after_the_due_moment_is_refused_because_the_post_is_on_its_way(twin: Twin, action: Any) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    with blocked_by_lock(
        lambda session: action(session, items.get(session, twin.workspace_id, item_id, lock=True)),
        by=lambda session: start_posts_in(session, twin),
    ) as request:
        with pytest.raises(Conflict) as caught:
            request.result()
        assert caught.value.code == "item_publishing"
    assert len(publications_of(twin)) == 1


def test_a_post_that_is_canceled_just_before_the_due_moment_does_not_go_out(twin: Twin) -> None:
    connect(twin)
    item_id = create_due_item(twin)
    with transaction() as session:
        items.cancel(session, items.get(session, twin.workspace_id, item_id, lock=True))
        session.flush()
        assert start_posts(twin) == []
    assert start_posts(twin) == []
    assert publications_of(twin) == []
