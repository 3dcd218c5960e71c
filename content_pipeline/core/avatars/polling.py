"""Batch polling of the videos that HeyGen is rendering; no worker is held.

When HeyGen has finished or failed one, its task is resumed in a run, which reads the status again and acts on it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos, heygen_render
from content_pipeline.core.clock import now
from content_pipeline.core.database import transaction
from content_pipeline.core.isolation import isolated
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.providers import heygen
from content_pipeline.core.tasks import tasks
from content_pipeline.core.tasks.backoff import backoff_seconds

log = structlog.get_logger()

# The spec's five minutes are the fast phase: at most 10 s between two polls; later ones are less frequent.
_FAST_POLLS: Final = 30
_LONGEST_FAST_SECONDS: Final = 10.0
_LONGEST_SECONDS: Final = 60.0


def claim_due(session: Session, *, most: int) -> Sequence[AvatarVideo]:
    """Claim up to `most` videos that are due for a poll (SKIP LOCKED), and schedule the next poll of each."""
    due = select(AvatarVideo).where(AvatarVideo.poll_at <= now()).order_by(AvatarVideo.poll_at).limit(most)
    found = session.scalars(due.with_for_update(skip_locked=True)).all()
    for video in found:
        longest = _LONGEST_FAST_SECONDS if video.polls < _FAST_POLLS else _LONGEST_SECONDS
        video.poll_at = now() + timedelta(seconds=backoff_seconds(video.polls, longest))
        video.polls += 1
        if video.waits_until and now() >= video.waits_until:
            video.poll_at = None  # its task resumes by itself at that time
    return found


def poll(videos: Sequence[AvatarVideo]) -> list[Task]:
    """Ask HeyGen about these videos, a hundred at a time. Returns the tasks to start: what HeyGen told before an error
    counts. Raises the error, as the client's, where there is none to start."""
    found = heygen.statuses([video.external_id for video in videos if video.external_id])
    _extend_deadline([external_id for external_id, status in found.by_id.items() if status.state == "waiting"])
    ended = {external_id for external_id, status in found.by_id.items() if status.has_ended}
    resumed: list[Task] = []
    for video in videos:
        if video.external_id in ended:
            with isolated("avatar_polls", video.id):
                if task := resume(video):
                    resumed.append(task)
    if found.error and not resumed:
        raise found.error
    if found.error:
        log.warning("heygen_poll_incomplete", code=found.error.code, error=found.error.detail)
    return resumed


def _extend_deadline(external_ids: Sequence[str]) -> None:
    """Let the deadline of videos in HeyGen's queue begin anew: it is that of the render."""
    queued = update(AvatarVideo).where(
        AvatarVideo.external_id.in_(external_ids), AvatarVideo.created_at > now() - heygen_render.LONGEST_QUEUE
    )
    with transaction() as session:
        session.execute(queued.values(waits_until=heygen_render.deadline()))


def resume(video: AvatarVideo) -> Task | None:
    """Resume the task of a video, once. None when it is resumed already or is about to be suspended."""
    with transaction() as session:
        row = session.get_one(AvatarVideo, video.id, with_for_update=True)
        task = tasks.newest(session, avatar_videos.KIND, str(video.id))
        if row.poll_at is None or task.state == "processing":
            return None
        row.poll_at = None  # another poll would replace the run that is still waiting for a slot
        return task if tasks.resume(session, task) else None
