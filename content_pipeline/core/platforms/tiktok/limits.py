"""TikTok's documented limits for videos of any account."""

from collections.abc import Iterator
from typing import Final

from content_pipeline.core.platforms.base import Post, Problem
from content_pipeline.core.platforms.tiktok.options import TikTokOptions

_CODECS: Final = {"mov": ("h264", "hevc"), "matroska": ("vp8", "vp9")}
_FRAMES_PER_SECOND: Final = (23, 60)
_SIDES: Final = (360, 4096)
_MOST_SECONDS: Final = 600
_MOST_BYTES: Final = 4_000_000_000


def problems(post: Post) -> Iterator[Problem]:
    """Every documented limit that the video breaks. Text is checked by writing/text_validation.py."""
    media = post.video.media
    if media.video_codec not in _CODECS.get(media.container, ()):
        yield Problem(
            "tiktok_video_unsupported",
            f"TikTok takes H.264 or HEVC in MP4 or MOV, and WebM, not {media.video_codec} in {media.container}.",
            "Export it as MP4 with H.264 video.",
        )
    slowest, fastest = _FRAMES_PER_SECOND
    if media.frames_per_second and not slowest <= round(media.frames_per_second) <= fastest:
        yield Problem(
            "tiktok_frame_rate",
            f"TikTok takes {slowest} to {fastest} frames a second; this video has {media.frames_per_second:g}.",
            "Export it with 30 frames a second.",
        )
    least, most = _SIDES
    if not (least <= media.width <= most and least <= media.height <= most):
        yield Problem(
            "tiktok_picture_size",
            f"TikTok takes {least} to {most} pixels a side; this video has {media.width}x{media.height}.",
            "Export it with 1080x1920 pixels.",
        )
    if media.seconds > _MOST_SECONDS:
        yield Problem(
            "tiktok_duration",
            f"TikTok takes {_MOST_SECONDS // 60} minutes; this video has {media.seconds:.0f} s.",
            "Cut it to that length.",
        )
    if media.bytes > _MOST_BYTES:
        yield Problem(
            "tiktok_file_size",
            f"TikTok takes {_MOST_BYTES // 10**9} GB; this video has {media.bytes / 1e9:.1f} GB.",
            "Export it with a lower bit rate.",
        )
    yield from _options(post)


def _options(post: Post) -> Iterator[Problem]:
    options = post.options
    assert isinstance(options, TikTokOptions)
    if options.cover_seconds is not None and options.cover_seconds > post.video.media.seconds:
        yield Problem(
            "tiktok_cover_time",
            f"The video ends before {options.cover_seconds:g} s.",
            "Choose an earlier moment as its cover.",
        )
    if options.paid_partnership and options.privacy == "private":
        yield Problem(
            "tiktok_private_advertisement",
            "TikTok does not let a paid partnership be private.",
            "Choose another privacy, or leave paid_partnership out.",
        )
