"""Asset checks that rendered videos share: of a video that was just rendered, or of the file of a row."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

from content_pipeline.assets.checks import Finding
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.media import audio_mastering, rendered_video, untrusted
from content_pipeline.core.media.media_info import MediaInfo

PLAYABLE: Final = "H.264 and AAC in an MP4. A video that is not is neither stored nor posted."
LOUDNESS: Final = "-14 LUFS ± 0.5."
# A frame, and the padding of the audio codec.
_LENGTH_TOLERANCE_SECONDS: Final = 0.25
_LOUDNESS_TOLERANCE: Final = 0.5
# BS.1770 does not measure sound below this loudness. Silence has minus infinity, which JSON cannot represent.
_SILENCE: Final = -70.0


class Video(Protocol):
    """What is measured of a video. `loudness` is in LUFS."""

    @property
    def media(self) -> MediaInfo: ...

    @property
    def loudness(self) -> float: ...


@dataclass(frozen=True, slots=True)
class MeasuredVideo:
    """A video that was just rendered."""

    media: MediaInfo
    loudness: float = 0.0


class StoredVideo:
    """The file of a row, fetched and measured when a check asks for it; the errors are those of that check.

    They are NotFound for a file that is not there, MediaUnusable and NotMedia for one that cannot be read.
    """

    def __init__(self, object_key: str | None, folder: Path) -> None:
        self._object_key = object_key
        self._target = folder / "checked.mp4"

    @cached_property
    def path(self) -> Path:
        if self._object_key is None:
            raise NotFound("There is no video: it was not rendered, or it was deleted.")
        storage.fetch(self._object_key, self._target)
        return self._target

    @cached_property
    def media(self) -> MediaInfo:
        return untrusted.probe(self.path)

    @cached_property
    def loudness(self) -> float:
        return audio_mastering.measure(self.path)


def shown_loudness(loudness: float) -> float:
    """A loudness in LUFS as metadata can hold it."""
    return max(round(loudness, 2), _SILENCE)


def playable(video: Video, *, may_be_silent: bool = False) -> Finding:
    media = video.media
    return Finding(
        rendered_video.is_playable(media, may_be_silent=may_be_silent),
        {
            "video_codec": media.video_codec or "none",
            "audio_codec": media.audio_codec or "none",
            "megabits_a_second": round(media.bytes * 8e-6 / media.seconds, 3),
        },
    )


def size(video: Video, width: int, height: int) -> Finding:
    media = video.media
    return Finding((media.width, media.height) == (width, height), _size(media, width, height))


def size_and_rate(video: Video, width: int, height: int) -> Finding:
    media = video.media
    slowest, fastest = rendered_video.FRAME_RATES
    return Finding(
        (media.width, media.height) == (width, height) and rendered_video.has_usual_rate(media),
        _size(media, width, height)
        | {
            "frames_per_second": media.frames_per_second,
            "least_frames_per_second": slowest,
            "most_frames_per_second": fastest,
        },
    )


def portrait(video: Video) -> Finding:
    media = video.media
    return Finding(
        rendered_video.is_portrait(media),
        {
            "width": media.width,
            "height": media.height,
            "least_width": rendered_video.MIN_PORTRAIT_WIDTH,
            "width_by_height": round(media.width / media.height, 4) if media.height else 0.0,
            "required_width_by_height": 9 / 16,
        },
    )


def length(video: Video, seconds: float) -> Finding:
    measured = video.media.seconds
    difference = abs(measured - seconds)
    return Finding(
        difference <= _LENGTH_TOLERANCE_SECONDS,
        {
            "seconds": measured,
            "required_seconds": seconds,
            "difference_seconds": round(difference, 3),
            "most_difference_seconds": _LENGTH_TOLERANCE_SECONDS,
        },
    )


def loudness(video: Video) -> Finding:
    """Whether the loudness is that of all sound that is mastered here."""
    difference = abs(video.loudness - audio_mastering.TARGET_LUFS)
    return Finding(
        difference <= _LOUDNESS_TOLERANCE,
        {
            "loudness": shown_loudness(video.loudness),
            "lowest_loudness": audio_mastering.TARGET_LUFS - _LOUDNESS_TOLERANCE,
            "highest_loudness": audio_mastering.TARGET_LUFS + _LOUDNESS_TOLERANCE,
        },
    )


def _size(media: MediaInfo, width: int, height: int) -> dict[str, float | int | str]:
    return {
        "width": media.width,
        "required_width": width,
        "height": media.height,
        "required_height": height,
    }
