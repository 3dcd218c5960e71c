"""Inputs of a reel, as a client requests them; the check of a script that all videos share."""

from dataclasses import dataclass

from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.settings import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReelSpec:
    """The columns of `reels` that a client sets; URLs, or URIs of objects, are of a picture or video, and of sound."""

    script: str
    platform: str
    voice_id: str  # as given; "" for automatic selection
    speed: float | None = None  # None: the twin's
    pause: float | None = None  # None: the twin's
    title: str | None = None
    background_url: str | None = None
    music_url: str | None = None
    caption_animation: CaptionAnimation | None = None  # None: the twin's
    call_to_action: str | None = None  # None: the twin's


def valid_script(script: str) -> str:
    """The script, if a reel can be made of it. Raises Invalid `script_empty` or `script_too_long`."""
    if not script:
        raise Invalid("The script is empty.", code="script_empty", remedy="Write what is to be said, or drop the row.")
    most = settings().script_characters
    if len(script) > most:
        raise Invalid(
            f"The script has {len(script):,} characters; at most {most:,} are allowed.",
            code="script_too_long",
            remedy="Shorten it, or make two reels of it.",
        )
    return script
