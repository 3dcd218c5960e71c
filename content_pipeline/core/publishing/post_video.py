"""The video of a post that was made here."""

from sqlalchemy.orm import Session

from content_pipeline.core.models import AvatarVideo, MadeVideo, Publication, Reel


def made_video(session: Session, publication: Publication) -> MadeVideo | None:
    """The reel or avatar video of a post; None for a post of a URL."""
    if publication.avatar_video_id:
        return session.get_one(AvatarVideo, publication.avatar_video_id)
    return session.get_one(Reel, publication.reel_id) if publication.reel_id else None
