"""Protects the video of a post that is being published from being made again meanwhile."""

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import MadeVideo, Publication, Reel, Task
from content_pipeline.core.tasks import kinds
from content_pipeline.core.tasks.tasks import OPEN


def check_no_open_post(session: Session, video: MadeVideo) -> None:
    """Raises Conflict `video_in_post` while a post of the video is open.

    An upload that goes on in another run would continue with the bytes of another video, and the subtitles of the post
    are the words of its narration.
    """
    column = Publication.reel_id if isinstance(video, Reel) else Publication.avatar_video_id
    posts = select(Publication.id).join(Task, Task.key == cast(Publication.id, String))
    is_open = (Task.kind == kinds.PUBLICATION.name, Task.state.in_(OPEN))
    if session.scalars(posts.where(column == video.id, *is_open).limit(1)).first():
        raise Conflict(
            "This video is being published, so it is not made again now.",
            code="video_in_post",
            remedy="Wait until the post is published, or cancel it.",
        )
