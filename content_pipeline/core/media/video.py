"""Video operations with ffmpeg: caption burn-in, faststart remux."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg

from content_pipeline.core.media import audio_visualizer, picture_conversion, untrusted
from content_pipeline.core.media.ass_document import credit_tags
from content_pipeline.core.media.ffmpeg import THREADS, run, untrusted_input
from content_pipeline.core.media.limits import LENGTH_TOLERANCE
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.source_streams import SourcePictures, SourceSound

# Files of a burn-in in its folder: two inputs, one output.
SOURCE, CAPTIONS, OUTPUT = "source", "captions.ass", "output.mp4"

# aq-mode 3 gives dark areas more bits: without it smooth gradients show banding.
_VIDEO_ENCODING = {
    "vcodec": "libx264", "preset": "veryfast", "crf": 20, "pix_fmt": "yuv420p", "aq-mode": 3, "threads": THREADS,
}  # fmt: skip
_AAC = {"acodec": "aac", "audio_bitrate": "192k", "ar": 48000, "ac": 2}
_COPY_AUDIO = {"acodec": "copy"}
# AAC in ADTS: two flipped bytes in one of its frames, usual in recordings of broadcasts, end a copy, but not a decoder.
_ADTS_CONTAINERS = ("mpegts", "aac")
# Privacy: drop location and device metadata.
_STRIP_METADATA = {"map_metadata": -1, "map_chapters": -1}


def frame_size(media: MediaInfo) -> tuple[int, int]:
    """Width and height of the output of `burn_in`, for which the captions have to be laid out."""
    if not media.has_video:
        return audio_visualizer.WIDTH, audio_visualizer.HEIGHT
    # H.264 with 4:2:0 subsampling needs even sizes
    return max(media.width // 2 * 2, 2), max(media.height // 2 * 2, 2)


def burn_in(
    folder: Path, media: MediaInfo, *, language: str | None = None, on_progress: Callable[[float], None]
) -> None:
    """Burn CAPTIONS into SOURCE, or into a visualizer for audio-only sources, and write OUTPUT: H.264 and AAC in MP4.

    `media` is the `probe` result of SOURCE, `language` chooses among its sound tracks. `on_progress` gets fractions
    from 0 to 1. Raises as `untrusted.examine` and `ffmpeg.run` do.
    """
    source = untrusted_input(SOURCE)
    streams = untrusted.examine(folder / SOURCE, language)
    if streams.pictures:
        pictures = _normalized(source[f"v:{streams.pictures.track}"], streams.pictures, media, folder)
    else:
        pictures = audio_visualizer.visualizer_stream(folder / SOURCE, media.seconds, folder, language)
    sound, coding = _sound(source, streams.sound, media)
    output = ffmpeg.output(
        pictures.filter("ass", CAPTIONS),
        *sound,
        OUTPUT,
        **_VIDEO_ENCODING,
        **coding,
        movflags="+faststart",
        t=media.seconds + LENGTH_TOLERANCE,
        **_STRIP_METADATA,
        **credit_tags(folder / CAPTIONS),
    )
    run(output, folder=folder, seconds=media.seconds, on_progress=on_progress)


def _normalized(stream: Any, pictures: SourcePictures, media: MediaInfo, folder: Path) -> Any:
    """BT.709, square pixels, no combs, constant frame rate; ffmpeg applies the rotation by itself.

    There are pictures from the start to the end, for the captions: sound may begin before them and go on after them.
    """
    whole = picture_conversion.deinterlaced(stream, pictures).filter("fps", pictures.frame_rate, start_time=0)
    converted = picture_conversion.to_bt709(whole, pictures, *frame_size(media), folder)
    return converted.filter("tpad", stop=-1, stop_mode="clone").filter("trim", end=media.seconds)


def _sound(source: Any, sound: SourceSound | None, media: MediaInfo) -> tuple[list[Any], dict[str, Any]]:
    """The sound stream, if any, and its encoding: copied where it is AAC of one or two sides that do not cancel out,
    but for ADTS."""
    if sound is None:
        return [], {}
    track = source[f"a:{sound.track}"]
    if sound.is_antiphase:  # phones and many speakers play the sum of both sides: silence
        return [track.filter("channelmap", map="0|0", channel_layout="stereo")], _AAC
    if sound.codec == "aac" and media.container not in _ADTS_CONTAINERS and sound.channels <= 2:
        return [track], _COPY_AUDIO
    return [track], _AAC


def remux_faststart(path: Path, media: MediaInfo) -> None:
    """Remux H.264 or HEVC with AAC in place as a faststart MP4 (moov first), without location and device metadata.

    Streams are copied, not re-encoded; of several sound tracks the default one. Raises as `untrusted.examine` and
    `ffmpeg.run` do.
    """
    source, target = untrusted_input(path.name), path.with_name(f"{path.name}.mp4")
    streams = untrusted.examine(path)
    chosen = {"v": streams.pictures, "a": streams.sound}
    copied = [source[f"{kind}:{stream.track}"] for kind, stream in chosen.items() if stream]
    output = ffmpeg.output(*copied, target.name, codec="copy", movflags="+faststart", **_STRIP_METADATA)
    run(output, folder=path.parent, seconds=media.seconds, on_progress=lambda _: None)
    target.replace(path)
