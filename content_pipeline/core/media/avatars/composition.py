"""Renders a talking avatar: frames composed here and piped to one ffmpeg pass with captions and mastered audio."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from content_pipeline.core.media import audio_mastering, encoding, wav
from content_pipeline.core.media.ass_document import credit_tags
from content_pipeline.core.media.audio_decoding import Samples
from content_pipeline.core.media.avatars import motion, puppet, visemes
from content_pipeline.core.media.avatars.backdrops import backdrop
from content_pipeline.core.media.avatars.characters import Character
from content_pipeline.core.media.avatars.drawing import TORSO
from content_pipeline.core.media.avatars.eyes import Eyes
from content_pipeline.core.media.avatars.motion import Motion
from content_pipeline.core.media.avatars.puppet import Head, Pose, Puppet
from content_pipeline.core.media.ffmpeg import run_piped
from content_pipeline.core.media.picture_conversion import BT709
from content_pipeline.core.media.reels import client_background
from content_pipeline.core.media.reels.client_background import Background
from content_pipeline.core.media.reels.designs import Design
from content_pipeline.core.media.reels.safe_zone import FRAMES_PER_SECOND, HEIGHT, WIDTH
from content_pipeline.core.media.timed_phonemes import Phoneme

# Files of an avatar in its folder: two inputs, two outputs.
CAPTIONS, BACKGROUND = "captions.ass", "background"
SOUND, OUTPUT = "sound.wav", "output.mp4"

# Stages of a breath: the chest rises by less than a pixel from one to the next.
_BREATHS = 7

Planes = list[NDArray[np.uint8]]  # Y, U, V and, before a video, alpha
_SUBSAMPLING = (1, 2, 2, 1)


@dataclass(frozen=True, slots=True)
class Scene:
    """Input of a render, `seconds` long. `seed` varies motion and backdrop deterministically.

    `background` is an inspected picture or video (`client_background.inspect`) in place of a backdrop of the design.
    """

    character: Character
    design: Design
    seed: int
    seconds: float
    phonemes: tuple[Phoneme, ...]
    has_captions: bool = False
    background: Background | None = None

    @property
    def pixel_format(self) -> str:
        """The format of the piped frames: transparent around the figure where a video is behind it."""
        return "yuva420p" if self.background and self.background.pictures else "yuv420p"


def render(folder: Path, scene: Scene, samples: Samples, rate: int, *, on_progress: Callable[[float], None]) -> float:
    """Write OUTPUT: WIDTH × HEIGHT, H.264 High and AAC in MP4 at -14 LUFS, with CAPTIONS burned in.

    Returns the loudness of the sound in LUFS. `folder` holds CAPTIONS and BACKGROUND where `scene` has them; `samples`
    are the mono narration at `rate`. `on_progress` gets fractions from 0 to 1. Raises as `ffmpeg.run_piped` does.
    """
    mix = audio_mastering.mix(samples, rate, seconds=scene.seconds)
    wav.write(mix.samples, audio_mastering.SAMPLE_RATE, folder / SOUND)
    pictures = _pictures(folder, scene)
    output = ffmpeg.output(
        pictures.filter("ass", CAPTIONS) if scene.has_captions else pictures,
        ffmpeg.input(SOUND).audio,
        OUTPUT,
        **encoding.VIDEO,
        **encoding.AUDIO,
        **encoding.CONTAINER,
        **credit_tags(folder / CAPTIONS),
        t=scene.seconds,
    )
    run_piped(output, _frames(folder, scene, on_progress), folder=folder, seconds=scene.seconds)
    return mix.loudness


def _pictures(folder: Path, scene: Scene) -> Any:
    """The stream of the piped frames, in front of the client's video if there is one."""
    frames = ffmpeg.input(
        "pipe:0", format="rawvideo", pix_fmt=scene.pixel_format, video_size=(WIDTH, HEIGHT), framerate=FRAMES_PER_SECOND
    ).filter("setparams", **BT709)  # before they meet: `overlay` converts frames without tags as if they were BT.601
    if scene.background and scene.background.pictures:
        behind = client_background.video_stream(folder, BACKGROUND, scene.background, scene.background.pictures)
        return behind.overlay(frames)
    return frames


def _frames(folder: Path, scene: Scene, on_progress: Callable[[float], None]) -> Iterator[memoryview]:
    """The pictures as planes of the scene's pixel format."""
    figure = puppet.load(scene.character.id)
    head = Head(figure)
    stage = _Stage(figure, _ground(folder, scene), scene.pixel_format)
    mouths = visemes.animate(scene.phonemes, scene.seconds, FRAMES_PER_SECOND)
    moved = motion.animate(scene.phonemes, scene.seconds, FRAMES_PER_SECOND, scene.seed)
    for number, mouth in enumerate(mouths):
        pose, eyes, smile, breath = _state(moved, number)
        mouth = mouth._replace(smile=smile * (1 - mouth.pucker))
        yield from stage.compose(head.draw(pose._replace(jaw=mouth.open), mouth, eyes), breath)
        if number % FRAMES_PER_SECOND == 0:
            on_progress(number / len(mouths))
    on_progress(1.0)


def _ground(folder: Path, scene: Scene) -> Image.Image:
    """What is behind the figure in the piped frames, RGBA."""
    if scene.background is None:
        return backdrop(scene.design, random.Random(scene.seed).random())  # noqa: S311 - nothing secret
    if scene.background.pictures:
        return Image.new("RGBA", (WIDTH, HEIGHT))
    return client_background.still_image(folder / BACKGROUND).convert("RGBA")


def _state(moved: Motion, number: int) -> tuple[Pose, Eyes, float, float]:
    def at(track: motion.Track) -> float:
        return float(track[number])

    breath = at(moved.breath)
    pose = Pose(at(moved.roll), at(moved.x), at(moved.y) - 2.5 * breath, at(moved.yaw), at(moved.pitch))
    return pose, Eyes(at(moved.eyes), at(moved.across), at(moved.down), at(moved.brows)), at(moved.smile), breath


class _Stage:
    """Ground and torso in each stage of a breath, ready for the head."""

    def __init__(self, figure: Puppet, ground: Image.Image, pixel_format: str) -> None:
        self._box = figure.box
        self._pixel_format = pixel_format
        self._behind_head: list[Image.Image] = []
        self._planes: list[Planes] = []
        for number in range(_BREATHS):
            picture = ground.copy()
            picture.alpha_composite(figure.draw_torso(number / (_BREATHS - 1)), TORSO[:2])
            self._behind_head.append(picture.crop(figure.box))
            self._planes.append(_to_planes(picture, pixel_format))

    def compose(self, head: Image.Image, breath: float) -> Iterator[memoryview]:
        """The frame with the head in front. Of the rows around the head nothing is copied."""
        number = round(breath * (_BREATHS - 1))
        around = self._behind_head[number].copy()
        around.alpha_composite(head)
        parts = _to_planes(around, self._pixel_format)
        for plane, part, scale in zip(self._planes[number], parts, _SUBSAMPLING, strict=False):
            left, top, right, bottom = (edge // scale for edge in self._box)
            rows = plane[top:bottom].copy()
            rows[:, left:right] = part
            yield from (plane[:top].data, rows.data, plane[bottom:].data)


def _to_planes(picture: Image.Image, pixel_format: str) -> Planes:
    """YUV in BT.709 and limited range."""
    frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgba").reformat(
        format=pixel_format, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
    )
    planes = ((plane, np.frombuffer(memoryview(plane), np.uint8)) for plane in frame.planes)
    return [
        np.ascontiguousarray(pixels.reshape(plane.height, plane.line_size)[:, : plane.width])
        for plane, pixels in planes
    ]
