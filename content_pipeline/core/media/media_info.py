"""Data type of what probing a media file finds, as stored in `captions.media` and `reels.media`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """One recording or video. `seconds` is the actual duration of the content.

    Width and height are display pixels: after rotation, at square pixel aspect; 0 without video.
    `frames_per_second` is 0 without video or when unknown. Cover art does not count as video.
    """

    seconds: float
    has_audio: bool
    has_video: bool
    width: int
    height: int
    frames_per_second: float
    video_codec: str | None
    audio_codec: str | None
    container: str
    bytes: int
