"""Batch polling of the videos that HeyGen is rendering; no worker is held.

When HeyGen has finished or failed one, its task is resumed in a run, which reads the status again and acts on it.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from content_pipeline.core.avatars import avatar_videos, heygen, heygen_render
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.tasks import polling

log = structlog.get_logger()

# The spec's five minutes are the fast phase: at most 10 s between two polls; later ones are less frequent.
_FAST_POLLS: Final = 30
_LONGEST_FAST_SECONDS: Final = 10.0
_LONGEST_SECONDS: Final = 60.0


def claim_due(session: Session, *, most: int) -> Sequence[AvatarVideo]:
    """Claim up to `most` videos that are due for a poll, and schedule the next poll of each."""
    return polling.claim_due(session, AvatarVideo, most=most, longest_seconds=_longest_seconds)


def _longest_seconds(video: AvatarVideo) -> float:
    return _LONGEST_FAST_SECONDS if video.polls < _FAST_POLLS else _LONGEST_SECONDS


def poll(videos: Sequence[AvatarVideo]) -> list[Task]:
    """Poll HeyGen for these videos, a hundred per request. Returns the tasks to resume.

    If a request fails, the results before it are still used; its error is raised only when no task was resumed.
    """
    found = heygen.statuses([video.external_id for video in videos if video.external_id])
    _extend_deadline([external_id for external_id, status in found.by_id.items() if status.state == "waiting"])
    ended = {external_id for external_id, status in found.by_id.items() if status.has_ended}
    resumed: list[Task] = []
    for video in videos:
        if video.external_id in ended:
            with isolated("avatar_polls", video.id):
                if task := polling.resume_once(AvatarVideo, video.id, avatar_videos.KIND):
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
