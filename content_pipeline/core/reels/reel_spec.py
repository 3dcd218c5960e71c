"""Inputs of a reel, as a client requests them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReelSpec:
    """The columns of `reels` that a client sets; URLs are of a picture or video, and of a sound file."""

    script: str
    platform: str
    voice_id: str  # as given; "" for automatic selection
    title: str | None = None
    background_url: str | None = None
    music_url: str | None = None
