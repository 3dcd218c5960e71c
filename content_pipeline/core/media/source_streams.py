"""Examines how the pictures and the sound of an untrusted file are coded, in the process that calls it.

Only the child process of `untrusted` calls `examine`. What it finds is converted by `picture_conversion` and `video`.
"""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Final, Literal

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.media import antiphase, sample_decoding, sound_tracks
from content_pipeline.core.media.probe import decoded_frames, open_media, playable_video
from content_pipeline.core.media.tone_mapping import Primaries, Transfer

Matrix = Literal["bt709", "smpte170m", "bt2020nc", "gbr"]  # as the filter `setparams` calls them
Interlacing = Literal["none", "flagged", "found"]

# Untagged video: BT.709 from the size of HD on, BT.601 below, as players assume.
_HD_WIDTH, _HD_HEIGHT = 1280, 720
_MATRICES: Final[dict[int, Matrix]] = {
    Colorspace.ITU709: "bt709",
    Colorspace.BT2020: "bt2020nc",
    Colorspace.FCC: "smpte170m",
    Colorspace.ITU601: "smpte170m",
    6: "smpte170m",  # SMPTE 170M, which PyAV has no name for
    10: "bt2020nc",  # BT.2020 with constant luminance
}
_TRANSFERS: Final[dict[int, Transfer]] = {ColorTrc.SMPTE2084: "pq", ColorTrc.ARIB_STD_B67: "hlg"}
_PRIMARIES: Final[dict[int, Primaries]] = {
    ColorPrimaries.BT2020: "bt2020",
    ColorPrimaries.SMPTE431: "p3",
    ColorPrimaries.SMPTE432: "p3",
}

# Lines of interlaced video. Of others `idet` is not asked: it takes fine patterns for combs. The frames are from the
# middle, because the first ones are often a still title.
_INTERLACED_HEIGHTS: Final = (480, 486, 576, 1080, 1088)
_IDET_FRAMES: Final = 16
_MIN_INTERLACED_SHARE: Final = 0.5

_CAMERA_RATES: Final = tuple(
    Fraction(rate) for rate in ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60")
)
# What the average of a variable rate, such as 29.83 of a phone, becomes: the next of these.
_ROUND_RATES: Final = (24, 25, 30, 50, 60)
_SAME_RATE: Final = 0.0004  # 24 and 23.976 are 0.001 apart
_VARIABLE: Final = 0.01  # the average and the finest rate of a constant one are closer
# Below, captions would change late (a screen recording may hold one frame for seconds); platforms take at most 60.
_MIN_RATE, _MAX_RATE = Fraction(24), Fraction(60)
_DEFAULT_RATE: Final = Fraction(30)

# Antiphase is looked for from three places on, because a jingle or a silent beginning says nothing of the speech: in
# the first seconds from there that have sound on both sides. Each place costs the decoding of at most a minute.
_ANTIPHASE_PLACES: Final = (0, 1 / 3, 2 / 3)
_ANTIPHASE_SECONDS: Final = 10.0
_MAX_ANTIPHASE_SECONDS: Final = 60.0
_ANTIPHASE_RATE: Final = 8_000
_QUIET: Final = 0.003  # root mean square: -50 dBFS


@dataclass(frozen=True, slots=True)
class ColorCoding:
    """What the numbers of a pixel mean."""

    matrix: Matrix
    full_range: bool
    transfer: Transfer
    primaries: Primaries

    @property
    def needs_mapping(self) -> bool:
        """Whether `tone_mapping` makes BT.709 of it; else a matrix does."""
        return self.transfer != "sdr" or self.primaries != "bt709"


@dataclass(frozen=True, slots=True)
class SourcePictures:
    """The chosen pictures: the number of their track among those of the file, and how they are coded.

    `frame_rate` is a fraction, 23.976 to 60 a second, such as "24000/1001".
    """

    track: int
    colors: ColorCoding
    interlacing: Interlacing
    frame_rate: str


@dataclass(frozen=True, slots=True)
class SourceSound:
    """The chosen sound track: its number among those of the file, its codec, as FFmpeg calls it, its channels, and
    whether its sides cancel out."""

    track: int
    codec: str
    channels: int
    is_antiphase: bool


@dataclass(frozen=True, slots=True)
class SourceStreams:
    """The pictures and the sound that are used of a file."""

    pictures: SourcePictures | None
    sound: SourceSound | None


def examine(path: Path, language: str | None = None) -> SourceStreams:
    """Examine the streams of a file that was probed. `language` chooses among sound tracks. Raises as `probe` does."""
    return SourceStreams(examine_pictures(path), _examine_sound(path, language))


def examine_pictures(path: Path) -> SourcePictures | None:
    """As `examine` does; None without pictures."""
    return _examine_pictures(path, from_middle=True) or _examine_pictures(path, from_middle=False)


def has_combs(path: Path, frame: av.VideoFrame) -> bool:
    """Whether the video of a frame is interlaced though no flag tells it.

    It is read again only where it can be, and an error is a no: a thumbnail does not fail because of its combs.
    """
    if frame.interlaced_frame or frame.height not in _INTERLACED_HEIGHTS:
        return False
    with suppress(MediaUnusable):
        pictures = examine_pictures(path)
        return pictures is not None and pictures.interlacing == "found"
    return False


def color_coding(frame: av.VideoFrame) -> ColorCoding:
    """The coding of a frame's colors: as tagged, or else as players assume."""
    transfer = _TRANSFERS.get(int(frame.color_trc), "sdr")
    matrix = _MATRICES.get(int(frame.colorspace))
    if frame.format.is_rgb or frame.format.has_palette:
        matrix = "gbr"
    elif matrix is None and transfer != "sdr":
        matrix = "bt2020nc"
    elif matrix is None:
        is_hd = frame.width >= _HD_WIDTH or frame.height >= _HD_HEIGHT
        matrix = "bt709" if is_hd else "smpte170m"
    full = matrix == "gbr" or frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    assumed: Primaries = "bt709" if transfer == "sdr" else "bt2020"
    primaries = _PRIMARIES.get(int(frame.color_primaries), assumed)
    return ColorCoding(matrix, full, transfer, primaries)


def output_rate(guessed: Fraction | None, average: Fraction | None) -> Fraction:
    """The constant rate that shows a video of these rates evenly: its own, or a multiple or part of it."""
    rate = guessed or average or _DEFAULT_RATE
    if average and abs(rate - average) > _VARIABLE * average:
        rate = next((Fraction(whole) for whole in _ROUND_RATES if whole >= average * (1 - _VARIABLE)), average)
    rate = next((camera for camera in _CAMERA_RATES if abs(camera - rate) < _SAME_RATE * camera), rate)
    if rate < _CAMERA_RATES[0]:
        return rate * ceil(_MIN_RATE / rate)
    return rate / ceil(rate / _MAX_RATE)


def _examine_pictures(path: Path, *, from_middle: bool) -> SourcePictures | None:
    """None without pictures, or where none decodes: after the middle there may be no key frame."""
    with open_media(path) as container:
        video = playable_video(container)
        if video is None:
            return None
        if from_middle:
            with suppress(av.FFmpegError):  # unseekable
                container.seek((container.start_time or 0) + (container.duration or 0) // 2)
        count = _IDET_FRAMES if video.codec_context.height in _INTERLACED_HEIGHTS else 1
        frames = list(islice(decoded_frames(container, video), count))
        if not frames:
            return None
        return SourcePictures(
            container.streams.video.index(video),
            color_coding(frames[0]),
            interlacing=_interlacing(video, frames),
            frame_rate=str(output_rate(video.guessed_rate, video.average_rate)),
        )


def _interlacing(video: av.VideoStream, frames: list[av.VideoFrame]) -> Interlacing:
    if any(frame.interlaced_frame for frame in frames):
        return "flagged"
    if len(frames) < _IDET_FRAMES:
        return "none"
    graph = av.filter.Graph()
    graph.link_nodes(graph.add_buffer(template=video), graph.add("idet"), graph.add("buffersink")).configure()
    found = []
    for frame in (*frames, None):
        graph.push(frame)
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                found.append(graph.pull().metadata.get("lavfi.idet.multiple.current_frame"))
    top, bottom = found.count("tff"), found.count("bff")
    # Fine lines of progressive video are taken for either order; interlaced video has one.
    return "found" if max(top, bottom) >= _MIN_INTERLACED_SHARE * len(found) and not min(top, bottom) else "none"


def _examine_sound(path: Path, language: str | None) -> SourceSound | None:
    with open_media(path) as container:
        track = sound_tracks.choose(container, language)
        if track is None:
            return None
        number = container.streams.audio.index(track)
        codec, channels = track.codec_context.name, track.codec_context.channels
        seconds = (container.duration or 0) / av.time_base
    return SourceSound(number, codec, channels, channels == 2 and _is_antiphase(path, language, seconds))


def _is_antiphase(path: Path, language: str | None, seconds: float) -> bool:
    """Whether the sides cancel out at any of the places: then one of them, on both sides, is the lesser loss."""
    starts = sorted({place * seconds for place in _ANTIPHASE_PLACES})  # of unknown length: the beginning
    return any(antiphase.is_antiphase(_heard_on_both_sides(path, language, start)) for start in starts)


def _heard_on_both_sides(path: Path, language: str | None, start: float) -> antiphase.Samples:
    heard = [np.empty((0, 2), np.float32)]
    left = _ANTIPHASE_SECONDS * _ANTIPHASE_RATE
    left_at_most = _MAX_ANTIPHASE_SECONDS * _ANTIPHASE_RATE
    for data in sample_decoding.stereo(path, _ANTIPHASE_RATE, language, start=start):
        samples = np.frombuffer(data, np.float32).reshape(-1, 2)
        if len(samples) and np.square(samples).mean(axis=0).min() > _QUIET**2:
            heard.append(samples)
            left -= len(samples)
        left_at_most -= len(samples)
        if min(left, left_at_most) <= 0:
            break
    return np.concatenate(heard)
