"""Asset checks that all rendered videos share."""

from collections.abc import Iterator, Mapping

import dagster as dg

from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.reels import audio_mastering

# A frame, and the padding of the audio codec.
LENGTH_TOLERANCE_SECONDS = 0.25
LOUDNESS_TOLERANCE = 0.5


def is_playable(media: MediaInfo) -> bool:
    """Whether its codecs are H.264 and AAC, which all platforms accept."""
    return (media.video_codec, media.audio_codec) == ("h264", "aac")


def lasts(media: MediaInfo, seconds: float) -> bool:
    """Whether its length is `seconds`, within the tolerance."""
    return abs(media.seconds - seconds) <= LENGTH_TOLERANCE_SECONDS


def has_target_loudness(loudness: float) -> bool:
    """Whether a loudness in LUFS is that of all sound that is mastered here."""
    return abs(loudness - audio_mastering.TARGET_LUFS) <= LOUDNESS_TOLERANCE


def check_results(asset: str, passed: Mapping[str, bool]) -> Iterator[dg.AssetCheckResult]:
    """The results of the asset's checks, by name, for a step to yield after the materialization.

    Inside of a `MaterializeResult` Dagster reads the materialization twice for each of them.
    """
    for name, has_passed in passed.items():
        yield dg.AssetCheckResult(asset_key=asset, check_name=name, passed=has_passed)
