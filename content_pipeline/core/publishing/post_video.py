"""Looks up the stored video of a post."""

from sqlalchemy.orm import Session

from content_pipeline.core.library.sources import Stored
from content_pipeline.core.models import AvatarVideo, BurnIn, MadeVideo, Publication, Reel, Upload
from content_pipeline.core.tasks.run_context import source_deleted


def made_video(session: Session, publication: Publication) -> MadeVideo | None:
    """The reel or avatar video of a post; None for a post of anything else."""
    if publication.avatar_video_id:
        return session.get_one(AvatarVideo, publication.avatar_video_id)
    return session.get_one(Reel, publication.reel_id) if publication.reel_id else None


def existing_video(session: Session, publication: Publication) -> Stored:
    """The file of a post that is not of a URL.

    Raises NotFound `source_deleted` once it was purged: the row of a burn-in goes then, that of another video stays
    without a file.
    """
    if publication.burn_in_id:
        return session.get_one(BurnIn, publication.burn_in_id)
    if publication.upload_id:
        return session.get_one(Upload, publication.upload_id)
    made = made_video(session, publication)
    if made is None or made.output_key is None:
        raise source_deleted()
    return made
