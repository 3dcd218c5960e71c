"""Renders a reel in one ffmpeg pass: background, caption track and mastered audio."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import ffmpeg

from content_pipeline.core.media import audio_mastering, encoding, wav
from content_pipeline.core.media.ass_document import credit_tags
from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.ffmpeg import run
from content_pipeline.core.media.picture_conversion import BT709
from content_pipeline.core.media.reels import background_loops, client_background
from content_pipeline.core.media.reels.client_background import Background, Framing
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH

# Files of a reel in its folder: three inputs, two outputs.
CAPTIONS, BACKGROUND, MUSIC = "captions.ass", "background", "music"
SOUND, OUTPUT = "sound.wav", "output.mp4"

# A look is a part of the design's background loop: mirrored or not, near or far, a little warmer or colder.
MAX_LOOK_SECONDS = 20.0
# The hue is turned by so many degrees, forwards and backwards in turn: at random, two looks in a row were alike.
_FAR, _NEAR, _HUE_SHIFT = (1.0, 1.15), (1.3, 1.5), (5.0, 12.0)
# Of a client's background only the framing changes: mirrored, its text could not be read, and its colors may be a
# brand's. Near, so little is cut off that what is in its middle stays.
_CLIENT_NEAR, _CLIENT_POSITION = (1.2, 1.35), (0.3, 0.7)


@dataclass(frozen=True, slots=True)
class Scene:
    """Input of a render, `seconds` long. `seed` varies the design deterministically."""

    design: Design
    seed: int
    seconds: float
    background: Background | None = None
    has_music: bool = False


def render(folder: Path, scene: Scene, narration: Samples, rate: int, *, on_progress: Callable[[float], None]) -> float:
    """Write OUTPUT: WIDTH × HEIGHT, H.264 High and AAC in MP4 at -14 LUFS, with CAPTIONS burned in.

    It has `Background.frame_rate`, or FRAMES_PER_SECOND over a design. Returns the loudness of the mix in LUFS; AAC
    changes it by less than 0.1 LU.

    `folder` holds CAPTIONS, and BACKGROUND and MUSIC where `scene` has them; `narration` is mono at `rate`.
    `on_progress` gets fractions from 0 to 1. Raises as `ffmpeg.run`, `background.inspect` and `sound.mix` do.
    """
    music = folder / MUSIC if scene.has_music else None
    mix = audio_mastering.mix(narration, rate, seconds=scene.seconds, music=music)
    wav.write(mix.samples, audio_mastering.SAMPLE_RATE, folder / SOUND)
    output = ffmpeg.output(
        _background(folder, scene).filter("setparams", **BT709).filter("ass", CAPTIONS),
        ffmpeg.input(SOUND).audio,
        OUTPUT,
        **encoding.VIDEO,
        **encoding.AUDIO,
        **encoding.CONTAINER,
        **credit_tags(folder / CAPTIONS),
        t=scene.seconds,
    )
    run(output, folder=folder, seconds=scene.seconds, on_progress=on_progress)
    return mix.loudness


def _background(folder: Path, scene: Scene) -> Any:
    """The background in as many looks as it takes to change them every MAX_LOOK_SECONDS."""
    rng = random.Random(scene.seed)  # noqa: S311 - nothing secret
    count = ceil(scene.seconds / MAX_LOOK_SECONDS)
    rate = scene.background.frame_rate if scene.background else FRAMES_PER_SECOND
    frames = round(scene.seconds / count * rate)
    if scene.background:
        framings = _framings(count, rng)
        return client_background.background_stream(folder, BACKGROUND, scene.background, framings, frames=frames)
    looks = [_look(scene, number, rng, frames=frames) for number in range(count - 1)]
    looks.append(_look(scene, count - 1, rng))  # without an end, as the output has one
    return ffmpeg.concat(*looks) if count > 1 else looks[0]


def _framings(count: int, rng: random.Random) -> list[Framing]:
    """The looks of a client's background: far as it just covers the frame, and near, in turn."""
    forwards = rng.random() < 0.5
    return [
        Framing(
            zoom=rng.uniform(*_CLIENT_NEAR) if number % 2 else 1.0,
            position=rng.uniform(*_CLIENT_POSITION) if number % 2 else 0.5,
            forwards=forwards == (number % 2 == 0),
        )
        for number in range(count)
    ]


def _look(scene: Scene, number: int, rng: random.Random, *, frames: int | None = None) -> Any:
    """A part of the design's background loop, which begins at any of its frames.

    All variations run before upscaling, where they cost next to nothing.
    """
    start = rng.randrange(background_loops.LOOP_FRAMES)
    # Not `-ss`: it would skip decoding, but with stream_loop ffmpeg then repeats only the part after the seek.
    pictures = (
        ffmpeg.input(str(background_loops.background_loop(scene.design).absolute()), stream_loop=-1, threads=1)
        .filter("trim", start_frame=start, **({"end_frame": start + frames} if frames else {}))
        .filter("setpts", "PTS-STARTPTS")
    )
    is_mirrored = bool((scene.seed + number) % 2)
    if is_mirrored:
        pictures = pictures.filter("hflip")
    zoom = rng.uniform(*(_NEAR if number % 2 else _FAR))
    shift = rng.uniform(*_HUE_SHIFT) * (1 if is_mirrored else -1)
    return (
        pictures.filter("hue", h=round(shift, 1))
        .filter("crop", f"iw/{zoom:.3f}", f"ih/{zoom:.3f}")
        .filter("scale", WIDTH, HEIGHT, flags="bicubic")
        .filter("format", "yuv420p")
    )
