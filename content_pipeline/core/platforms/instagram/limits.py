"""Instagram's documented limits for Reels, as far as `MediaInfo` tells: not the sample rate."""

from collections.abc import Iterator
from typing import Final

from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms.base import Post, Problem
from content_pipeline.core.platforms.instagram.options import InstagramOptions

_VIDEO_CODECS: Final = ("h264", "hevc")
_FRAMES_PER_SECOND: Final = (23, 60)
_SECONDS: Final = (3, 15 * 60)
_MOST_WIDTH: Final = 1920
_ASPECTS: Final = (0.01, 10.0)
# Meta's sample application says 1 GB, its guides of today 300 MB: the lower limit is safe under both.
_MOST_BYTES: Final = 300_000_000
_MOST_COVER_BYTES: Final = 8_000_000
_JPEG: Final = b"\xff\xd8\xff"


def problems(post: Post) -> list[Problem]:
    """Every documented limit that the post's video and cover break. Text is checked by writing/text_validation.py."""
    return [*_video(post.video.media), *_cover(post)]


def _video(media: MediaInfo) -> Iterator[Problem]:
    if media.container != "mov" or media.video_codec not in _VIDEO_CODECS:
        yield Problem(
            "instagram_video_unsupported",
            f"Instagram takes H.264 or HEVC in MP4 or MOV, not {media.video_codec} in {media.container}.",
            "Export it as MP4 with H.264 video.",
        )
    if media.has_audio and media.audio_codec != "aac":
        yield Problem(
            "instagram_sound_unsupported",
            f"Instagram takes sound in AAC, not in {media.audio_codec}.",
            "Export it with AAC sound.",
        )
    least, most = _SECONDS
    if not least <= media.seconds <= most:
        yield Problem(
            "instagram_duration",
            f"A Reel lasts {least} seconds to {most // 60} minutes; this video has {media.seconds:.1f} s.",
            "Cut it to that length.",
        )
    slowest, fastest = _FRAMES_PER_SECOND
    if media.frames_per_second and not slowest <= round(media.frames_per_second) <= fastest:
        yield Problem(
            "instagram_frame_rate",
            f"A Reel has {slowest} to {fastest} frames a second; this video has {media.frames_per_second:g}.",
            "Export it with 30 frames a second.",
        )
    if media.width > _MOST_WIDTH:
        yield Problem(
            "instagram_width",
            f"A Reel is at most {_MOST_WIDTH} pixels wide; this video has {media.width}.",
            "Export it with 1080x1920 pixels.",
        )
    if media.height and not _ASPECTS[0] <= media.width / media.height <= _ASPECTS[1]:
        yield Problem(
            "instagram_aspect_ratio",
            f"Instagram does not take {media.width}x{media.height} pixels.",
            "Export it with 1080x1920 pixels.",
        )
    if media.bytes > _MOST_BYTES:
        yield Problem(
            "instagram_file_size",
            f"A Reel may have {_MOST_BYTES // 1_000_000} MB; this video has {media.bytes / 1e6:.0f} MB.",
            "Export it with a lower bit rate.",
        )


def _cover(post: Post) -> Iterator[Problem]:
    assert isinstance(post.options, InstagramOptions)
    seconds = post.options.cover_seconds
    if seconds is not None and seconds > post.video.media.seconds:
        yield Problem(
            "instagram_cover_time", f"The video ends before {seconds:g} s.", "Choose an earlier moment as its cover."
        )
    if post.cover is None:
        return
    picture = post.cover[0]
    with picture.open("rb") as file:
        is_jpeg = file.read(len(_JPEG)) == _JPEG
    if not is_jpeg or picture.stat().st_size > _MOST_COVER_BYTES:
        yield Problem(
            "instagram_cover_unsupported",
            f"Instagram takes a JPEG of at most {_MOST_COVER_BYTES // 1_000_000} MB as cover.",
            "Send such a picture, or choose a moment of the video.",
        )
