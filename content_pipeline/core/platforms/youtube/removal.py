"""Deletes videos on YouTube. It costs 50 units of the project's daily quota."""

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.youtube.errors import Missing, checked
from content_pipeline.core.platforms.youtube.requests import call


def remove_post(access: Access, post_id: str) -> None:
    """Delete a video, or find that it is gone. Raises what `errors.failure` makes of a refusal."""
    try:
        checked(call(transport.read, "DELETE", "/youtube/v3/videos", access, params={"id": post_id}))
    except Missing:
        return
