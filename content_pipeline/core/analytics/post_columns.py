"""Columns of a post that rankings, exports and the dataset show, with the joins that they need."""

from typing import Any, Final

from sqlalchemy import Select, case, func, literal

from content_pipeline.core.models import AvatarVideo, Publication, Reel, SocialPost, Twin

# Of a post that may have a publication: null for one that was not made here.
VIDEO_FORMAT: Final = case(
    (Publication.reel_id.is_not(None), literal("reel")),
    (Publication.avatar_video_id.is_not(None), literal("avatar")),
    (Publication.id.is_not(None), literal("video")),
)
# With the reel and the avatar video of the publication.
SCRIPT: Final = func.coalesce(Publication.script, Reel.script, AvatarVideo.script)
CAPTION_STYLE: Final = Publication.options["caption_style"].astext
# In tables of posts by day.
POST_COLUMNS: Final[tuple[Any, ...]] = (
    SocialPost.post_id,
    SocialPost.url.label("post_url"),
    SocialPost.text,
    SocialPost.published_at,
    SocialPost.seconds.label("duration_seconds"),
    SocialPost.publication_id.is_(None).label("external"),
    SocialPost.twin_id,
    Twin.name.label("twin_name"),
    VIDEO_FORMAT.label("format"),
)


def join_publication(rows: Select[Any]) -> Select[Any]:
    """Join the twin and the publication of posts, which POST_COLUMNS and CAPTION_STYLE need."""
    of_twin = Twin.id == SocialPost.twin_id
    return rows.outerjoin(Twin, of_twin).outerjoin(Publication, Publication.id == SocialPost.publication_id)


def join_video(rows: Select[Any]) -> Select[Any]:
    """Join the publication's reel and avatar video as well, which SCRIPT needs."""
    rows = join_publication(rows).outerjoin(Reel, Reel.id == Publication.reel_id)
    return rows.outerjoin(AvatarVideo, AvatarVideo.id == Publication.avatar_video_id)
