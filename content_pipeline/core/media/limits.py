"""Limits of untrusted media (pixels, rates, channels, streams, duration), checked from the header before decoding.

Each limit is far above what cameras, browsers and studios make. Their product stays below the memory limit of the
processes that decode (`untrusted`).
"""

from fractions import Fraction
from typing import Final

import av
from av.container import InputContainer

from content_pipeline.core.errors import MediaUnusable

MAX_PIXELS: Final = 40_000_000  # a frame or a picture; 8K video has 33 million
MIN_SAMPLE_RATE: Final = 4_000  # Hz; a FLAC may declare 1 Hz, of which each sample becomes 48,000
MAX_SAMPLE_RATE: Final = 384_000
MAX_CHANNELS: Final = 32  # 22.2 surround sound has 24
MAX_FRAME_RATE: Final = 1_000  # a second; browsers declare 1,000 for recordings at a variable rate
MAX_STREAMS: Final = 64  # attached fonts count
MAX_SECONDS: Final = 86_400.0
# Shorter ones hold no word and, at 25 a second, at most two pictures. Filters round their length to nothing, which is
# no limit: a WAV of 0.0135 s was rendered for 20 minutes.
MIN_SECONDS: Final = 0.1
# Seconds that sound or pictures may go on after the length that was probed. Timestamps may claim hours.
LENGTH_TOLERANCE: Final = 1.0


def check_header(container: InputContainer) -> None:
    """Raises MediaUnusable: `media_too_many_streams`, and as the functions below do."""
    streams = len(container.streams)
    if streams > MAX_STREAMS:
        raise _refused("media_too_many_streams", f"It has {streams} streams", f"at most {MAX_STREAMS}")
    check_seconds((container.duration or 0) / av.time_base)
    for video in container.streams.video:
        if video.codec_context is not None:
            check_pixels(video.codec_context.width, video.codec_context.height)
            if not video.disposition & av.stream.Disposition.attached_pic:  # cover art has 90,000 a second
                _check_frame_rate(video.average_rate)
                _check_frame_rate(video.guessed_rate)
    for audio in container.streams.audio:
        if audio.codec_context is not None:
            check_sound(audio.codec_context.sample_rate, audio.codec_context.channels)


def check_seconds(seconds: float) -> None:
    """Raises MediaUnusable `media_too_long`."""
    if seconds > MAX_SECONDS:
        raise _refused(
            "media_too_long", f"It lasts {seconds / 3600:,.1f} hours", f"at most {MAX_SECONDS / 3600:.0f} hours"
        )


def check_allowed(seconds: float, allowed_seconds: float) -> None:
    """Raises MediaUnusable `media_too_long` for a recording longer than a workspace's plan allows."""
    if seconds > allowed_seconds:
        raise MediaUnusable(
            f"This recording is {seconds / 60:.0f} minutes long; your plan allows {allowed_seconds / 60:.0f}.",
            code="media_too_long",
            remedy="Cut it into parts, or ask for a larger plan.",
        )


def check_not_empty(seconds: float) -> None:
    """Raises MediaUnusable `media_too_short`, for the length of what is actually there."""
    if seconds < MIN_SECONDS:
        raise _refused("media_too_short", f"It lasts {seconds:.3f} seconds", f"{MIN_SECONDS} seconds to 24 hours")


def check_pixels(width: int, height: int) -> None:
    """Raises MediaUnusable `media_too_many_pixels`."""
    if width * height > MAX_PIXELS:
        raise _refused(
            "media_too_many_pixels",
            f"A frame of it has {width} × {height} pixels",
            f"at most {MAX_PIXELS // 1_000_000} million",
        )


def check_sound(sample_rate: int, channels: int) -> None:
    """Raises MediaUnusable `media_sample_rate`, `media_too_many_channels`. A rate of 0 is unknown."""
    if sample_rate and not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise _refused(
            "media_sample_rate",
            f"Its sample rate is {sample_rate:,} Hz",
            f"{MIN_SAMPLE_RATE:,} to {MAX_SAMPLE_RATE:,} Hz",
        )
    if channels > MAX_CHANNELS:
        raise _refused("media_too_many_channels", f"Its sound has {channels} channels", f"at most {MAX_CHANNELS}")


def _check_frame_rate(rate: Fraction | None) -> None:
    if rate and rate > MAX_FRAME_RATE:
        raise _refused("media_frame_rate", f"It has {float(rate):,.0f} frames a second", f"at most {MAX_FRAME_RATE:,}")


def _refused(code: str, found: str, possible: str) -> MediaUnusable:
    return MediaUnusable(
        f"The file cannot be used. {found}; {possible} are possible.",
        code=code,
        remedy="Export it with usual settings.",
    )
