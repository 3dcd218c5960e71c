"""Retention: what is deleted, and what is kept."""

import io
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.captions import captions
from content_pipeline.core.infrastructure import s3_multipart, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import uploads
from content_pipeline.core.models import Caption, Publication, WorkspaceExport
from content_pipeline.core.operations.maintenance import retention
from tests.core.operations.maintenance.ended_tasks import published
from tests.finished_files import make_avatar_video, make_burn_in, make_reel

# Runs write these files for their rows.
MADE = [
    ("reels", "reel.mp4"),
    ("avatars", "avatar.mp4"),
    ("captions", f"burn_ins/{uuid4()}.mp4"),
    ("captions", f"burn_ins/{uuid4()}.{uuid4()}.mp4"),
]


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
        return {*orphans, wanted, *others}.intersection(stored.key for stored in storage.listing())

    retention.sweep_files()
    assert left() == {*orphans, wanted, *others}, "they are too young"
    monkeypatch.setattr(retention, "real_now", lambda: _later() + retention.ORPHANED)
    retention.sweep_files()
    assert left() == {wanted, *others}


@pytest.mark.slow
def test_a_file_is_deleted_a_day_after_its_video_got_another(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        videos = [make(session, workspace_id) for make in (make_reel, make_avatar_video, make_burn_in)]
        replaced = [str(video.output_key) for video in videos]
        for video in videos:
            video.output_key = str(video.output_key).replace(".mp4", f".{uuid4()}.mp4")
    current = [str(video.output_key) for video in videos]
    unfinished = [key.replace(".mp4", f".{uuid4()}.mp4") for key in replaced]
    for key in (*replaced, *current, *unfinished):
        storage.put(key, io.BytesIO(b"video"), content_type="video/mp4")

    def left() -> set[str]:
        return {*replaced, *current, *unfinished}.intersection(stored.key for stored in storage.listing())

    monkeypatch.setattr(retention, "real_now", lambda: _later() + retention.ORPHANED)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "written_at", lambda _: _later() + retention.ORPHANED)  # the new file
        retention.sweep_files()
    assert left() == {*replaced, *current, *unfinished}, "they may be linked to"
    retention.sweep_files()
    assert left() == {*current}


def test_a_file_is_as_old_as_the_bucket_says_where_the_clock_is_moved(workspace_id: UUID, moved_clock: None) -> None:
    key = uploads.file_key(workspace_id, uuid4())  # its upload is under way: the row comes later
    storage.put(key, io.BytesIO(b"video"), content_type="video/mp4")
    parts = key, s3_multipart.create(key)
    retention.sweep_files()
    assert storage.exists(key)
    assert parts in s3_multipart.list_unfinished(older_than=_later())
    s3_multipart.abort(*parts)


def copy_of(workspace_id: UUID, request_id: UUID, name: str) -> str:
    """Where a file of a request for posts is kept."""
    return f"{workspace_id}/publications/{request_id}/{name}"


def _later() -> datetime:
    return now() + timedelta(minutes=1)
