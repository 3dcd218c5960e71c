"""Retention: what is deleted, and what is kept."""

import io
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from content_pipeline.core import storage
from content_pipeline.core.captions import captions
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.maintenance import retention
from content_pipeline.core.models import Caption, Publication, Task, WorkspaceExport
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.sources.sources import Source
from content_pipeline.core.tasks import deferral, tasks
from tests.factories import make_account

# What runs write for rows.
MADE = [("reels", "reel.mp4"), ("avatars", "avatar.mp4"), ("captions", f"burn_ins/{uuid4()}.mp4")]


def ended(workspace_id: UUID, *, days_ago: float, burn_in: str | None = None) -> str:
    """The key of a caption whose task ended so long ago; with `burn_in`, after it was handed over to that row."""
    key = str(uuid4())
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=key, lane="media")
        tasks.mark_processing(session, "caption", key)
        if burn_in:
            deferral.switch_subject(session, task.id, kind="burn_in", key=burn_in, lane="media")
            tasks.mark_processing(session, "burn_in", burn_in)
        tasks.finish(session, task.id)
        session.flush()
        session.get_one(Task, task.id).finished_at = now() - timedelta(days=days_ago)
    return key


def published(workspace_id: UUID, *, days_ago: float) -> str:
    """The key of a post whose task ended so long ago."""
    with transaction() as session:
        account = make_account(session, workspace_id)
        spec = PostSpec("instagram", account.id, caption="Look.")
        source = Source(url="https://8.8.8.8/reel.mp4")
        ((publication, task),) = publications.create_with_tasks(
            session, workspace_id, twin=None, source=source, specs=[spec]
        )
        tasks.mark_processing(session, publications.KIND, task.key)
        tasks.finish(session, task.id)
        session.flush()
        session.get_one(Task, task.id).finished_at = now() - timedelta(days=days_ago)
    return str(publication.id)


def retired(kind: str, *keys: str) -> list[str]:
    with transaction() as session:
        return list(retention.retired_keys(session, kind, keys))


def test_keys_are_retired_after_ninety_days(workspace_id: UUID) -> None:
    old, young = ended(workspace_id, days_ago=91), ended(workspace_id, days_ago=89)
    assert retired("caption", old, young) == [old]


def test_keys_of_posts_are_retired_too(workspace_id: UUID) -> None:
    old, young = published(workspace_id, days_ago=91), published(workspace_id, days_ago=89)
    assert retired("publication", old, young) == [old]


def test_a_task_that_was_handed_over_retires_both_its_keys(workspace_id: UUID) -> None:
    burn_in = str(uuid4())
    caption = ended(workspace_id, days_ago=91, burn_in=burn_in)
    assert retired("caption", caption) == [caption]
    assert retired("burn_in", burn_in) == [burn_in]


def test_a_key_in_flight_is_kept_however_old_its_first_try_is(workspace_id: UUID) -> None:
    key = ended(workspace_id, days_ago=91)
    with transaction() as session:
        tasks.create(session, workspace_id=workspace_id, kind="caption", key=key, lane="media")
    assert retired("caption", key) == []


def test_the_oldest_keys_beyond_the_most_are_retired_early(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST_KEYS", 1)
    older, newer = ended(workspace_id, days_ago=2), ended(workspace_id, days_ago=1)
    assert retired("caption", older, newer) == [older]


@pytest.mark.slow
def test_recordings_without_a_row_are_deleted_and_no_others(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH_SIZE", 2)
    orphans = [captions.source_key(workspace_id, uuid4()) for _ in range(3)]
    wanted = captions.source_key(workspace_id, caption_id := uuid4())
    others = [f"{workspace_id}/elsewhere", f"rejected/captions/{uuid4()}/source", "rejected/captions/mine/source"]
    orphans += [copy_of(workspace_id, uuid4(), name) for name in ("video", "cover-instagram")]
    orphans += [f"{workspace_id}/{area}/{uuid4()}/{name}" for area, name in MADE]
    with transaction() as session:
        lost, kept = (
            WorkspaceExport(id=uuid4(), workspace_id=workspace_id, with_files=True, created_at=now()) for _ in range(2)
        )
        session.add_all([lost, kept])
        kept.object_key = f"{workspace_id}/exports/{kept.id}/workspace.zip"
        session.add(Caption(id=caption_id, workspace_id=workspace_id, language="en", created_at=now()))
        request_id = session.get_one(Publication, UUID(published(workspace_id, days_ago=1))).request_id
    orphans += [f"{workspace_id}/exports/{export_id}/workspace.zip" for export_id in (lost.id, uuid4())]
    others.append(kept.object_key)
    others += [copy_of(workspace_id, request_id, name) for name in ("video", "cover-instagram")]
    others.append(f"mine/publications/{uuid4()}/video")
    for key in (*orphans, wanted, *others):
        storage.put(key, io.BytesIO(b"sound"), content_type="audio/flac")

    def left() -> set[str]:
        return {*orphans, wanted, *others}.intersection(storage.listing(older_than=_later()))

    retention.sweep_files()
    assert left() == {*orphans, wanted, *others}, "they are too young"
    monkeypatch.setattr(retention, "now", lambda: _later() + retention.ORPHANED)
    retention.sweep_files()
    assert left() == {wanted, *others}


def copy_of(workspace_id: UUID, request_id: UUID, name: str) -> str:
    """Where a file of a request for posts is kept."""
    return f"{workspace_id}/publications/{request_id}/{name}"


def _later() -> datetime:
    return now() + timedelta(minutes=1)
