"""YouTube's limits for videos. Limits of a channel are not readable: they show as refusals only."""

from collections.abc import Iterator
from typing import Final

from content_pipeline.core.platforms.base import Post, Problem

_LARGEST_BYTES: Final = 256 * 1024**3
# maxSize of thumbnails.set in the API's discovery document.
_LARGEST_COVER_BYTES: Final = 2 * 1024**2


def problems(post: Post) -> list[Problem]:
    """Every limit that the video and its cover break."""
    return list(_problems(post))


def _problems(post: Post) -> Iterator[Problem]:
    video = post.video.media
    if not video.has_video:
        yield Problem("youtube_video_missing", "The file has no video.", "Send a video.")
    if video.bytes > _LARGEST_BYTES:
        yield Problem(
            "youtube_video_bytes",
            f"The video has {video.bytes:,} bytes; YouTube takes 256 GiB.",
            "Compress the video more.",
        )
    if post.cover and (size := post.cover[0].stat().st_size) > _LARGEST_COVER_BYTES:
        yield Problem(
            "youtube_cover_bytes",
            f"The cover has {size:,} bytes; YouTube takes 2 MiB.",
            "Send a smaller JPEG, for example of 1280x720 pixels.",
        )
