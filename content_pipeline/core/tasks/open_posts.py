"""Protects a video from being made again while it is being published, and after it was deleted.

Each run stores what it has made under a key of its own, and `set_output` makes it the video's file. What a run reads
under a key never changes: neither before its end, nor because another run wakes that was frozen.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import BurnIn, Caption, MadeVideo, Publication, Reel, Task
from content_pipeline.core.tasks import kinds
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.core.tasks.tasks import OPEN
from content_pipeline.core.workspaces.ownership import owned


def check_may_be_made(session: Session, video: MadeVideo | BurnIn) -> None:
    """Raises Conflict `video_in_post` while a post of the video is open or unconfirmed, NotFound for a deleted video.

    An upload that goes on in another run, or in the retry of an unconfirmed post, would continue with the bytes of
    another video, and the subtitles of the post are the words of its narration. An unconfirmed post without an upload
    (core/calendar/restored_posts.py) is never continued. A deleted video keeps its row while posts name it, where a
    re-run finds it.
    """
    if isinstance(video, BurnIn):
        # Without a lock: the deletion of captions locks them before it fences off the runs of their burn-ins, one of
        # which would wait here for that lock, and hold its fence.
        owned(session, Caption, video.workspace_id, video.caption_id)
        column = Publication.burn_in_id
    else:
        lock_video(session, video)
        column = Publication.reel_id if isinstance(video, Reel) else Publication.avatar_video_id
    unconfirmed = select(Publication.id).where(
        column == video.id,
        Publication.committed_at.is_not(None),
        Publication.published_at.is_(None),
        Publication.prepared.is_not(None),
    )
    if session.scalars(open_posts(column == video.id).limit(1)).first() or session.scalar(unconfirmed.limit(1)):
        raise Conflict(
            "This video is being published, or may have been, so it is not made again now.",
            code="video_in_post",
            remedy="Wait until the post is published, or cancel it; retry one that is not confirmed.",
        )


def output_key(folder: str, name: str, run: RunContext) -> str:
    """The key under which a run stores a video, in a folder that ends with a slash."""
    return f"{folder}{name}.{run.run_id}.mp4"


def set_output(session: Session, video: MadeVideo | BurnIn, key: str) -> None:
    """Let a video have the file of this key. Raises as `check_may_be_made` does.

    The file that it had is left to retention, for those who have a link to it.
    """
    # A new post waits for this lock, and reads the new key; one that is committed is seen.
    session.refresh(video, with_for_update={"key_share": True})
    check_may_be_made(session, video)
    video.output_key = key


def lock_video(session: Session, video: MadeVideo) -> None:
    """Lock a video against its deletion until the transaction ends. Raises NotFound when it was deleted."""
    table: type[Any] = type(video)
    owned(session, table, video.workspace_id, video.id, lock="share")


def open_posts(which: ColumnElement[bool]) -> Select[str]:
    """The ids of the open tasks of those publications that meet the condition."""
    is_open = (Task.kind == kinds.PUBLICATION.name, Task.state.in_(OPEN))
    return select(Task.id).join(Publication, Task.key == cast(Publication.id, String)).where(which, *is_open)
