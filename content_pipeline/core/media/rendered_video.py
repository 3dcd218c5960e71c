"""Validation of rendered videos: before they are stored, and again before they are posted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from content_pipeline.core.errors import InternalError, MediaUnusable, NotMedia
from content_pipeline.core.media.media_info import MediaInfo

VIDEO_CODEC: Final = "h264"
AUDIO_CODEC: Final = "aac"
# The least width of a portrait video that platforms show well.
MIN_PORTRAIT_WIDTH: Final = 720
# Frames a second that all platforms accept: the least and the most.
FRAME_RATES: Final = (23, 60)


def is_playable(media: MediaInfo, *, may_be_silent: bool = False) -> bool:
    """Whether its codecs are H.264 and AAC, which all platforms accept."""
    sounds = (AUDIO_CODEC, None) if may_be_silent else (AUDIO_CODEC,)
    return media.video_codec == VIDEO_CODEC and media.audio_codec in sounds


def check_playable(media: MediaInfo, *, may_be_silent: bool = False) -> None:
    """Raises InternalError `render_unplayable`."""
    if not is_playable(media, may_be_silent=may_be_silent):
        raise _unplayable(f"its pictures are {media.video_codec or 'missing'}, its sound {media.audio_codec}")


@contextmanager
def examined() -> Iterator[None]:
    """Errors of a file that is read in this block become InternalError `render_unplayable`: no client sent it."""
    try:
        yield
    except (MediaUnusable, NotMedia) as error:
        raise _unplayable(error.detail) from error


def check_size(media: MediaInfo, width: int, height: int) -> None:
    """Raises InternalError `render_size_wrong`."""
    if (media.width, media.height) != (width, height):
        raise _wrong_size(media, f"{width}×{height}")


def has_usual_rate(media: MediaInfo) -> bool:
    """Whether all platforms accept its frame rate."""
    slowest, fastest = FRAME_RATES
    return slowest <= media.frames_per_second <= fastest


def check_rate(media: MediaInfo) -> None:
    """Raises InternalError `render_rate_wrong`."""
    if not has_usual_rate(media):
        slowest, fastest = FRAME_RATES
        rate = media.frames_per_second
        raise InternalError(
            f"The rendered video has {rate:g} frames a second, and has to have {slowest} to {fastest}.",
            code="render_rate_wrong",
            remedy="Retry the task; if it fails again, tell the operator.",
        )


def is_portrait(media: MediaInfo) -> bool:
    """Whether it has the format of a reel, and at least the least width."""
    return media.width * 16 == media.height * 9 and media.width >= MIN_PORTRAIT_WIDTH


def check_portrait(media: MediaInfo) -> None:
    """Raises InternalError `render_size_wrong`."""
    if not is_portrait(media):
        raise _wrong_size(media, f"9:16, at least {MIN_PORTRAIT_WIDTH} pixels wide")


def _unplayable(reason: str) -> InternalError:
    return InternalError(
        f"The rendered video cannot be played everywhere: {reason}.",
        code="render_unplayable",
        remedy="Retry the task; if it fails again, tell the operator.",
    )


def _wrong_size(media: MediaInfo, wanted: str) -> InternalError:
    return InternalError(
        f"The rendered video is {media.width}×{media.height}, and has to be {wanted}.",
        code="render_size_wrong",
        remedy="Retry the task; if it fails again, tell the operator.",
    )
