"""A reel from its parts: the moving picture, what is written over it, and its sound, in one pass of ffmpeg."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from content_pipeline.core.media import wav
from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.ffmpeg import run
from content_pipeline.core.media.reels import audio_mastering, background_loops, client_background
from content_pipeline.core.media.reels.client_background import Background
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH

# The files of a reel, in its folder: three that it reads, two that it makes.
CAPTIONS, BACKGROUND, MUSIC = "captions.ass", "background", "music"
SOUND, OUTPUT = "sound.wav", "output.mp4"

# ultrafast costs half of superfast; cabac and 8x8dct on top of it make it High, with files a quarter smaller. One
# thread, because as many reels are made at once as there are cores. No platform takes more than 25 Mbit/s, which a
# client's video of fine detail would reach.
_VIDEO_ENCODING = {
    "vcodec": "libx264",
    "preset": "ultrafast",
    "x264-params": "cabac=1:8x8dct=1",
    "crf": 21,
    "maxrate": "12M",
    "bufsize": "24M",
    "g": 4 * FRAMES_PER_SECOND,
    "pix_fmt": "yuv420p",
    "threads": 1,
}
_AUDIO_ENCODING = {"acodec": "aac", "audio_bitrate": "192k", "ar": audio_mastering.SAMPLE_RATE}
_BT709 = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "range": "tv"}

# How far a seed takes a reel away from its design.
_MAX_ZOOM, _MAX_HUE_SHIFT = 1.15, 10.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What is behind the words for `seconds`. `seed` varies the design, the same way every time."""

    design: Design
    seed: int
    seconds: float
    background: Background | None = None
    has_music: bool = False


def render(folder: Path, scene: Scene, narration: Samples, rate: int, *, on_progress: Callable[[float], None]) -> float:
    """Write OUTPUT: WIDTH × HEIGHT, H.264 High and AAC in MP4 at -14 LUFS, with CAPTIONS drawn over it.

    Returns how loud it is, in LUFS: what was mixed, which AAC changes by less than a tenth of a unit.

    `folder` holds CAPTIONS, and BACKGROUND and MUSIC where `scene` speaks of them; `narration` is mono at `rate`.
    `on_progress` gets fractions from 0 to 1. Raises as `ffmpeg.run`, `background.inspect` and `sound.mix` do.
    """
    music = folder / MUSIC if scene.has_music else None
    mix = audio_mastering.mix(narration, rate, seconds=scene.seconds, music=music)
    wav.write(mix.samples, audio_mastering.SAMPLE_RATE, folder / SOUND)
    output = ffmpeg.output(
        _background(folder, scene).filter("setparams", **_BT709).filter("ass", CAPTIONS),
        ffmpeg.input(SOUND).audio,
        OUTPUT,
        **_VIDEO_ENCODING,
        **_AUDIO_ENCODING,
        t=scene.seconds,
        movflags="+faststart",
        map_metadata=-1,
    )
    run(output, folder=folder, seconds=scene.seconds, on_progress=on_progress)
    return mix.loudness


def _background(folder: Path, scene: Scene) -> Any:
    rng = random.Random(scene.seed)  # noqa: S311 - nothing secret
    if scene.background:
        return client_background.background_stream(folder, BACKGROUND, scene.background, forwards=rng.random() < 0.5)
    return _design_background(scene.design, rng)


def _design_background(design: Design, rng: random.Random) -> Any:
    """The design's plate from some moment of its loop, closer or not, mirrored or not, its colours turned a little.

    All of it is done before it is scaled up, where it costs next to nothing.
    """
    # Seeking would do without decoding what comes before, but then ffmpeg repeats the file from there, not its whole.
    pictures = (
        ffmpeg.input(str(background_loops.background_loop(design).absolute()), stream_loop=-1, threads=1)
        .filter("trim", start_frame=rng.randrange(background_loops.LOOP_FRAMES))
        .filter("setpts", "PTS-STARTPTS")
    )
    if rng.random() < 0.5:
        pictures = pictures.filter("hflip")
    zoom = rng.uniform(1, _MAX_ZOOM)
    return (
        pictures.filter("hue", h=round(rng.uniform(-_MAX_HUE_SHIFT, _MAX_HUE_SHIFT), 1))
        .filter("crop", f"iw/{zoom:.3f}", f"ih/{zoom:.3f}")
        .filter("scale", WIDTH, HEIGHT, flags="bicubic")
        .filter("format", "yuv420p")
    )
