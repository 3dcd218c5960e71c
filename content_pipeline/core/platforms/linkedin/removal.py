"""Deletes posts on LinkedIn."""

from http import HTTPStatus
from urllib.parse import quote

from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import Access
from content_pipeline.core.platforms.linkedin.errors import checked
from content_pipeline.core.platforms.linkedin.requests import call


def remove_post(access: Access, post_id: str) -> None:
    """Delete a post by its URN, or find that it is gone. Raises what `errors.failure` makes of a refusal."""
    response = call(transport.read, "DELETE", f"/rest/posts/{quote(post_id, safe='')}", access)
    if response.status_code != HTTPStatus.NOT_FOUND:
        checked(response)
