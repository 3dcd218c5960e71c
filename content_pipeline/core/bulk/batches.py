"""Batches of videos. A batch's task has no run of its own; the tasks of its videos are its children."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import String, and_, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.bulk.csv_rows import VideoRow
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.pagination import newest_first
from content_pipeline.core.models import AvatarVideo, Batch, MadeVideo, Reel, Task, Twin
from content_pipeline.core.models.narrated import without_long_columns
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import cancellation, kinds, tasks
from content_pipeline.core.workspaces.ownership import owned

KIND: Final = kinds.BATCH.name
# The kind of task that makes each kind of video.
KINDS: Final[dict[type[MadeVideo], str]] = {Reel: reels.KIND, AvatarVideo: avatar_videos.KIND}
# Runs are launched in chunks, one after the other: 100 took up to 15 s under load. The start lease of each video is
# longer by this much than that of the one before it, so that the sensor does not launch it a second time.
START_SECONDS: Final = 0.3


def create_with_tasks(
    session: Session,
    *,
    workspace_id: UUID,
    twin: Twin,
    platform: str,
    rows: Sequence[VideoRow],
    drop: str | None = None,
) -> tuple[Batch, Task, list[Task]]:
    """Create a batch with a video per row. Returns it, its task and the videos' tasks, which need to be launched.

    Raises what `avatar_videos.create` does.
    """
    batch = Batch(
        id=uuid4(),
        workspace_id=workspace_id,
        twin_id=twin.id,
        platform=platform,
        rows=len(rows),
        drop=drop,
        created_at=now(),
    )
    session.add(batch)
    session.flush()
    seeds = reels.seeds(twin, [row.script for row in rows])
    made = [_create_video(session, twin, batch, row, seed) for row, seed in zip(rows, seeds, strict=True)]
    task = tasks.create(session, workspace_id=workspace_id, kind=KIND, key=str(batch.id), task_id=str(batch.id))
    children = [_start(session, video, task, place, task_id=str(video.id)) for place, video in enumerate(made)]
    return batch, task, children


def _create_video(session: Session, twin: Twin, batch: Batch, row: VideoRow, seed: int) -> MadeVideo:
    if row.format == "reel":
        return reels.create(session, twin, row, batch_id=batch.id, row=row.row, seed=seed)
    spec = AvatarSpec(
        script=row.script,
        platform=row.platform,
        voice_id=row.voice_id,
        speed=row.speed,
        pause=row.pause,
        avatar_id=row.avatar_id,
        background_url=row.background_url,
        caption_animation=row.caption_animation,
    )
    return avatar_videos.create(session, twin, spec, batch_id=batch.id, row=row.row)


def _start(
    session: Session,
    video: MadeVideo,
    parent: Task,
    place: int,
    *,
    task_id: str | None = None,
    retry_of: Task | None = None,
) -> Task:
    return tasks.create(
        session,
        workspace_id=video.workspace_id,
        kind=KINDS[type(video)],
        key=str(video.id),
        lane=avatar_videos.lane(video) if isinstance(video, AvatarVideo) else None,
        task_id=task_id,
        parent=parent,
        retry_of=retry_of,
        start_lease=tasks.START_LEASE + timedelta(seconds=START_SECONDS * place),
    )


def get(session: Session, workspace_id: UUID, batch_id: UUID, *, lock: bool = False) -> Batch:
    """Raises NotFound. No row of a locked batch is retried or deleted before the transaction ends."""
    return owned(session, Batch, workspace_id, batch_id, lock="update" if lock else None)


def list_page(
    session: Session, workspace_id: UUID, *, limit: int, cursor: str | None = None
) -> tuple[list[Batch], str | None]:
    query = select(Batch).where(Batch.workspace_id == workspace_id, Batch.deleted_at.is_(None))
    return newest_first(session, query, Batch, limit=limit, cursor=cursor)


def jobs(session: Session, batch_id: UUID) -> list[tuple[MadeVideo, Task]]:
    """The batch's videos in the order of their rows, each with its newest task."""
    found = [*_with_tasks(session, Reel, batch_id), *_with_tasks(session, AvatarVideo, batch_id)]
    return sorted(found, key=lambda job: job[0].row or 0)


def _with_tasks(
    session: Session, model: type[Reel] | type[AvatarVideo], batch_id: UUID
) -> Iterator[tuple[MadeVideo, Task]]:
    """The batch's videos of one kind, each with its newest task."""
    query = select(model).where(model.batch_id == batch_id, model.deleted_at.is_(None))
    query = query.options(*without_long_columns(model))
    videos: Sequence[MadeVideo] = session.scalars(query).all()  # type: ignore[assignment]  # mypy joins them to Base
    if videos:
        newest = tasks.newest_of(session, KINDS[model], [str(video.id) for video in videos])
        yield from ((video, newest[str(video.id)]) for video in videos)


def retry_video(session: Session, video: MadeVideo, task: Task) -> Task:
    """Create a new task for a video of a batch that failed or was canceled, as a part of the batch's open task, or of a
    new one. Raises Conflict, NotFound when the batch was deleted, and as `avatar_videos.reopen` does.
    """
    assert video.batch_id
    batch = get(session, video.workspace_id, video.batch_id, lock=True)
    # A run that ends its task locks this first, then the batch's: before the locks below, no run may have it.
    tasks.check_retry(session, task)
    if isinstance(video, AvatarVideo):
        # This comes before the lock on the batch's task, in the order of a video that ends: it locks its credits first,
        # and then the task.
        avatar_videos.reopen(session, video)
    before = tasks.newest(session, KIND, str(batch.id))
    return tasks.retry(session, task, parent=tasks.lock_open(session, before.id) or _retry_batch(session, before))


def _retry_batch(session: Session, before: Task) -> Task:
    """The new task of a batch whose last one, `before`, has ended."""
    return tasks.create(session, workspace_id=before.workspace_id, kind=KIND, key=before.key, retry_of=before)


def retry_failed(session: Session, batch: Batch) -> tuple[Task, list[Task]]:
    """Create a new task for the batch and for each failed or canceled video.

    Raises Conflict without such videos, NotFound when the batch was deleted meanwhile.
    """
    get(session, batch.workspace_id, batch.id, lock=True)
    failed = [(video, task) for video, task in jobs(session, batch.id) if task.state in ("error", "canceled")]
    if not failed:
        raise Conflict("No video of this batch has failed.", code="nothing_failed", remedy="Nothing to do.")
    again = _retry_batch(session, tasks.newest(session, KIND, str(batch.id)))
    children = [_start(session, video, again, place, retry_of=task) for place, (video, task) in enumerate(failed)]
    for video, _ in failed:
        if isinstance(video, AvatarVideo):
            avatar_videos.reopen(session, video)
    return again, children


def cancel(session: Session, batch: Batch) -> list[Task]:
    """Cancel all open videos, and the batch with them. Returns their tasks. Raises Conflict without any."""
    canceled = cancellation.cancel_all(
        session, [task for _, task in jobs(session, batch.id) if task.state in tasks.OPEN]
    )
    if not canceled:
        raise Conflict("Every video of this batch has ended.", code="task_final", remedy="Nothing to do.")
    return canceled


def results(session: Session, done: Sequence[Task]) -> Mapping[str, kinds.BatchResult]:
    """The results of finished tasks, by their keys."""
    counts = _count_videos(session, [UUID(task.key) for task in done])
    return {
        task.key: {
            "batch_id": task.key,
            "done": counts[UUID(task.key), "done"],
            "failed": counts[UUID(task.key), "error"],
        }
        for task in done
    }


def _count_videos(session: Session, batch_ids: Collection[UUID]) -> Mapping[tuple[UUID, str], int]:
    """How many videos each of these batches has of each status, by their newest tasks."""
    counts: Counter[tuple[UUID, str]] = Counter()
    for model, kind in KINDS.items():
        newest = (
            select(model.batch_id, Task.state)
            .join(Task, and_(Task.kind == kind, Task.key == cast(model.id, String)))
            .where(model.batch_id.in_(batch_ids), model.deleted_at.is_(None))
            .order_by(Task.key, Task.created_at.desc())
            .ext(distinct_on(Task.key))
            .subquery()
        )
        query = select(newest.c.batch_id, newest.c.state, func.count()).group_by(newest.c.batch_id, newest.c.state)
        for batch_id, state, count in session.execute(query):
            counts[batch_id, tasks.WIRE[state]] += count
    return counts
