"""Visibility check of a published post: asks its platform, read-only, whether it is shown."""

from dataclasses import dataclass

from content_pipeline.core.models import Publication
from content_pipeline.core.platforms.accounts.authorized_calls import call_platform
from content_pipeline.core.platforms.base import OutcomeUnknown, Processing, Published, Refused
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.publishing.attempts import decrypt_prepared


@dataclass(frozen=True, slots=True)
class Visibility:
    """Whether a post is shown, and a sentence that says why it is not."""

    is_visible: bool
    reason: str = ""


def look(publication: Publication) -> Visibility:
    """Whether the platform shows a post. One that is not published, or was taken down, is not asked about.

    Raises what says nothing about the post, such as that the platform does not answer, or takes the token no more.
    """
    if publication.published_at is None:
        return Visibility(False, "It is not published.")
    if publication.removed_at:
        return Visibility(False, "It was taken down here.")
    try:
        state = confirm(publication)
    except (Refused, OutcomeUnknown) as error:
        return Visibility(False, error.detail)
    return Visibility(True) if isinstance(state, Published) else Visibility(False, "The platform is processing it.")


def confirm(publication: Publication) -> Published | Processing:
    """The state of a committed post at its platform. Raises what `call_platform` and the publisher raise."""
    publisher, prepared = PLATFORMS[publication.platform].publisher, decrypt_prepared(publication)
    return call_platform(publication.account_id, lambda access: publisher.confirm(access, prepared))
