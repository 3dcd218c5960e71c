"""LinkedIn's limits for videos, as documented by integrators of its Videos API."""

from typing import Final

from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms.base import Problem

_SMALLEST_BYTES: Final = 75_000
_LARGEST_BYTES: Final = 500_000_000
_SHORTEST_SECONDS: Final = 3.0
_LONGEST_SECONDS: Final = 30 * 60.0
# The longer side by the shorter one.
_LONGEST_SHAPE: Final = 2.4


def problems(video: MediaInfo) -> list[Problem]:
    """Every limit that the video breaks."""
    if not video.has_video:
        return [Problem("linkedin_video_missing", "The file has no video.", "Send a video.")]
    found = []
    if video.container != "mov":  # ffmpeg's name for the whole family of MP4
        found.append(Problem("linkedin_video_format", "LinkedIn takes MP4 only.", "Send the video as MP4."))
    if not _SMALLEST_BYTES <= video.bytes <= _LARGEST_BYTES:
        found.append(
            Problem(
                "linkedin_video_bytes",
                f"The video has {video.bytes:,} bytes; LinkedIn takes 75 kB to 500 MB.",
                "Compress the video more, or less.",
            )
        )
    if not _SHORTEST_SECONDS <= video.seconds <= _LONGEST_SECONDS:
        found.append(
            Problem(
                "linkedin_video_seconds",
                f"The video is {video.seconds:.1f} s long; LinkedIn takes 3 s to 30 min.",
                "Send a video of that length.",
            )
        )
    if max(video.width, video.height) > _LONGEST_SHAPE * min(video.width, video.height):
        found.append(
            Problem(
                "linkedin_video_shape",
                f"The video has {video.width}×{video.height} pixels; LinkedIn takes up to 2.4 times as long as wide.",
                "Send a video in 9:16 or 16:9.",
            )
        )
    return found
