"""Media as the world sends them, each with what a burn-in makes of it: the table of docs/media.md.

python -m tests.media.corpus        prints the table
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.media import hostile, odd, samples


@dataclass(frozen=True)
class Sample:
    """A file of the corpus: its name, what it is, how it is made, and the result of its burn-in or the error's code."""

    name: str
    what: str
    make: Callable[[Path], Path]
    result: str


def _with_sound(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
    """A silent video of `make` with a tone."""

    def both(path: Path) -> Path:
        pictures = make(path.with_name("silent.mkv"))
        return samples.make(path, "-i", str(pictures), "-f", "lavfi", "-i", "sine=duration=0.9", "-c:v", "copy")

    return both


def _cut(name: str, *options: str) -> Callable[[Path], Path]:
    return lambda path: samples.cut(samples.video(path.with_name(f"whole.{name}"), *options), path, 0.5)


SAMPLES: Final = (
    Sample("hdr10.mkv", "HDR10, ten bits", _with_sound(lambda path: odd.hdr(path, "pq")), "160 × 90, 25 a second"),
    Sample("hlg.mkv", "HLG, as phones film", _with_sound(lambda path: odd.hdr(path, "hlg")), "160 × 90, 25 a second"),
    Sample("rgb.mkv", "H.264 in RGB", _with_sound(odd.rgb), "160 × 90, 25 a second"),
    Sample(
        "untagged.mkv", "SD without tags of color",
        _with_sound(lambda path: odd.yuv(path, "bt601", tags=False)), "160 × 90, 25 a second",
    ),
    Sample(
        "full.mkv", "full range",
        _with_sound(lambda path: odd.yuv(path, "bt709", levels="pc")), "160 × 90, 25 a second",
    ),
    Sample(
        "interlaced.mkv", "MPEG-2 in fields",
        _with_sound(lambda path: odd.interlaced(path, flagged=True)), "192 × 576, 25 a second",
    ),
    Sample(
        "film.mp4", "23.976 frames a second",
        lambda path: samples.video(path, rate="24000/1001", seconds=1), "320 × 180, 23.976 a second",
    ),
    Sample(
        "fast.mp4", "120 frames a second",
        lambda path: samples.video(path, rate="120", seconds=1), "320 × 180, 60 a second",
    ),
    Sample("held.mp4", "sound longer than the picture", odd.sound_outlasts_picture, "160 × 90, 25 a second"),
    Sample("center.mka", "5.1, voice in the center", odd.voice_in_center, "1080 × 1920, 30 a second"),
    Sample("antiphase.wav", "stereo in antiphase", odd.antiphase, "1080 × 1920, 30 a second"),
    Sample("languages.mkv", "two sound tracks", odd.two_languages, "1080 × 1920, 30 a second"),
    Sample("silent.gif", "a GIF", odd.gif, "`no_audio`"),
    Sample(
        "short.wav", "a WAV of 200 bytes",
        lambda path: hostile.wav(path, claimed_bytes=156, real_bytes=156), "`media_too_short`",
    ),
    Sample("cut.mp4", "MP4, half of it", _cut("mp4"), "`media_unreadable`"),
    Sample("cut.flv", "FLV, half of it", _cut("flv"), "320 × 180, 25 a second"),
    Sample("cut.ts", "transport stream, half of it", _cut("ts"), "320 × 180, 25 a second"),
    Sample("letter.mp3", "text", lambda path: _written(path, b"Dear reader,\n" * 99), "`not_media`"),
)  # fmt: skip


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def table() -> str:
    """The corpus in Markdown."""
    rows = [f"| {sample.name} | {sample.what} | {sample.result} |" for sample in SAMPLES]
    return "\n".join(["| File | What it is | Result |", "|---|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
