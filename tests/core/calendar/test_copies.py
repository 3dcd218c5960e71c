"""Videos that items name by a link are copied when they are scheduled, and posted also when the link has expired."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.calendar import copies, due, items
from content_pipeline.core.errors import Conflict, UpstreamError
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import CalendarItem, Publication, Task, Twin
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.publishing import post_files
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.run_context import RunContext
from tests.core.calendar.planned import (
    BROKEN,
    OWN_VIDEO,
    apply_locked,
    connect,
    create_item,
    finish_run,
    item,
    publications_of,
    retry_publication_task,
    start_posts,
)
from tests.finished_files import make_reel
from tests.media import samples

pytestmark = pytest.mark.usefixtures("database")


def begin_copies(twin: Twin) -> list[Task]:
    """The tasks of the copies that a tick begins for this twin's items."""
    with transaction() as session:
        return [task for task in due.copy_videos(session, most=1000) if task.workspace_id == twin.workspace_id]


def copy(run: RunContext, task: Task, folder: Path) -> None:
    """The run of a copy's task."""
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
    run.task_id = task.id
    folder.mkdir()
    copies.copy(run, task.key, folder)


def newest_copy(item_id: UUID) -> Task | None:
    with transaction() as session:
        return copies.newest_task(session, session.get_one(CalendarItem, item_id))


@pytest.mark.slow
def test_a_link_that_has_expired_at_its_time_is_posted_all_the_same(
    twin: Twin, run: RunContext, server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(twin)
    body = samples.video(tmp_path / "reel.mp4", "-movflags", "+faststart", seconds=1).read_bytes()
    server.expect_ordered_request("/reel.mp4").respond_with_data(body)
    item_id = create_item(twin, reel_url=server.url_for("/reel.mp4"))
    (task,) = begin_copies(twin)
    assert begin_copies(twin) == []
    copy(run, task, tmp_path / "copy")
    made = newest_copy(item_id)
    assert made
    assert made.state == "done"
    assert apply_locked(twin, item_id, items.edit, {"title": "Another"}) == [], "the copy is of the same video"
    with transaction() as session:
        session.get_one(CalendarItem, item_id).scheduled_at = now()
    (first,) = start_posts(twin)
    finish_run(first, error=BROKEN)
    retry_publication_task(first)
    (post,) = publications_of(twin)
    video = post_files.fetch_video(run, post, tmp_path)
    assert video.path.read_bytes() == body
    assert len(server.log) == 1

    key = f"{twin.workspace_id}/publications/{post.copy_id}/video"
    monkeypatch.setattr(retention, "real_now", lambda: now() + retention.ORPHANED + timedelta(minutes=1))
    monkeypatch.setattr(storage, "listing", lambda: iter([StoredObject(key, '"etag"', now(), size=1)]))
    retention.sweep_files()
    assert storage.exists(key), "the post may be retried"
    with transaction() as session:
        session.get_one(CalendarItem, item_id).publication_id = None
        session.flush()
        session.delete(session.get_one(Publication, post.id))
    retention.sweep_files()
    assert storage.exists(key), "the item still needs it"
    with transaction() as session:
        session.get_one(CalendarItem, item_id).copy_id = None
    retention.sweep_files()
    assert not storage.exists(key)


def test_a_copy_that_cannot_be_made_is_left_to_the_post(
    twin: Twin, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    connect(twin)
    server.expect_request("/reel.mp4").respond_with_data("no", status=403)
    item_id = create_item(twin, reel_url=server.url_for("/reel.mp4"))
    (task,) = begin_copies(twin)
    with pytest.raises(UpstreamError) as caught:
        copy(run, task, tmp_path / "copy")
    with transaction() as session:
        tasks.fail(session, task.id, caught.value)
    failed = newest_copy(item_id)
    assert failed
    assert failed.error
    assert failed.error["code"] == "remote_forbidden"
    assert item(item_id).status == "scheduled"
    assert begin_copies(twin) == []
    with transaction() as session:
        session.get_one(CalendarItem, item_id).scheduled_at = now()
    assert len(start_posts(twin)) == 1


def test_another_link_is_copied_anew_and_an_id_needs_no_copy(twin: Twin) -> None:
    with transaction() as session:
        reel = make_reel(session, twin.workspace_id)
    item_id = create_item(twin, reel_url=OWN_VIDEO)
    (first,) = begin_copies(twin)
    assert [task.id for task in apply_locked(twin, item_id, items.edit, {"reel_url": f"{OWN_VIDEO}?v=2"})] == [first.id]
    assert newest_copy(item_id) is None
    (second,) = begin_copies(twin)
    assert [task.id for task in apply_locked(twin, item_id, items.edit, {"reel_id": reel.id})] == [second.id]
    assert begin_copies(twin) == []
    assert item(item_id).copy_id is None


def test_a_copy_of_a_deleted_item_is_stopped(twin: Twin, run: RunContext, tmp_path: Path) -> None:
    item_id = create_item(twin, reel_url=OWN_VIDEO)
    (task,) = begin_copies(twin)
    assert [stopped.id for stopped in apply_locked(twin, item_id, items.delete)] == [task.id]
    with pytest.raises(Conflict) as caught:
        copies.copy(run, task.key, tmp_path)
    assert caught.value.code == "nothing_to_copy"


def test_a_workspace_copies_in_half_of_the_slots_at_a_time(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "slots_io", 4)
    connect(twin)
    for _ in range(4):
        create_item(twin, reel_url=OWN_VIDEO)
        create_item(twin, due_in=timedelta(), reel_url=OWN_VIDEO)
    assert len(start_posts(twin)) == 4
    first, _ = begin_copies(twin)
    assert begin_copies(twin) == []
    with transaction() as session:
        tasks.fail(session, first.id, BROKEN)
    assert len(begin_copies(twin)) == 1


def test_what_is_due_at_once_is_fetched_by_its_post_alone(twin: Twin) -> None:
    create_item(twin, due_in=timedelta(seconds=5), reel_url=OWN_VIDEO)
    assert begin_copies(twin) == []
