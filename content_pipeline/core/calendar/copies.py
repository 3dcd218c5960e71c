"""Copies of the videos that calendar items name by a URL, made when the item is scheduled: a link may expire before.

A copy that cannot be made changes nothing: the item shows the error, and its post fetches the URL at its time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.models import CalendarItem, Task
from content_pipeline.core.publishing import post_files
from content_pipeline.core.tasks import cancellation, kinds, tasks
from content_pipeline.core.tasks.run_context import RunContext

KIND: Final = kinds.VIDEO_COPY.name


@dataclass(frozen=True)
class Copied:
    """A copied video, and the item that it is for."""

    item: CalendarItem
    media: MediaInfo


def begin(session: Session, item: CalendarItem) -> Task:
    """Create the task that copies the video of a locked item."""
    item.copy_id = uuid4()
    return tasks.create(session, workspace_id=item.workspace_id, kind=KIND, key=str(item.id))


def newest_task(session: Session, item: CalendarItem) -> Task | None:
    """The newest task that copies the present video of an item; None before it is begun."""
    return tasks.newest_of(session, KIND, [str(item.id)]).get(str(item.id)) if item.copy_id else None


def is_made(session: Session, item: CalendarItem) -> bool:
    task = newest_task(session, item)
    return task is not None and task.state == "done"


def discard(session: Session, item: CalendarItem) -> list[Task]:
    """Detach the copy of a locked item, whose file retention deletes. Returns the task whose run is to end, if any."""
    task = newest_task(session, item)
    item.copy_id = None
    return [task] if task and task.state in tasks.OPEN and cancellation.try_cancel(session, task) else []


def results(_: Session, done: Sequence[Task]) -> Mapping[str, kinds.VideoCopyResult]:
    """The results of finished tasks, by their keys."""
    return {task.key: {"item_id": task.key} for task in done}


def copy(run: RunContext, key: str, folder: Path) -> Copied:
    """Copy the video of an item in `folder`, and finish the task.

    Raises Conflict `nothing_to_copy` for an item that has changed since, and as `post_files.copy_video` does.
    """
    with run.write() as session:
        item = session.get_one(CalendarItem, UUID(key))
    if item.reel_url is None or item.copy_id is None:
        raise Conflict("This item has no video to copy.", code="nothing_to_copy", remedy="Nothing to do.")
    video = post_files.copy_video(run, item.reel_url, folder, workspace_id=item.workspace_id, copy_id=item.copy_id)
    if run.task_id:
        with run.write() as session:
            tasks.finish(session, run.task_id)
    return Copied(item, video.media)
