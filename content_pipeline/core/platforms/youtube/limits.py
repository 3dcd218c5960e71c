"""What YouTube takes as a video: nearly everything. What a channel may upload, it says only when it refuses it."""

from typing import Final

from content_pipeline.core.media.probe import MediaInfo
from content_pipeline.core.platforms.base import Problem

_LARGEST_BYTES: Final = 256 * 1024**3


def problems(video: MediaInfo) -> list[Problem]:
    """Every limit that the video breaks."""
    if not video.has_video:
        return [Problem("youtube_video_missing", "The file has no video.", "Send a video.")]
    if video.bytes > _LARGEST_BYTES:
        return [
            Problem(
                "youtube_video_bytes",
                f"The video has {video.bytes:,} bytes; YouTube takes 256 GiB.",
                "Compress the video more.",
            )
        ]
    return []
