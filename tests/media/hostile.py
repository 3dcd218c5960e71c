"""Small files that claim, or decode to, much more than they weigh."""

import struct
from pathlib import Path

from PIL import Image

from tests.media import samples


def slow_flac(path: Path, *, seconds: int = 80_000) -> Path:
    """Silence at 1 Hz: a few bytes of a frame last hours."""
    return samples.audio(path, "anullsrc=r=1:cl=mono:d={seconds}", "-c:a", "flac", seconds=seconds)


def lying_flac(path: Path) -> Path:
    """The same, but with 48,000 Hz in the header of the file; those of its frames still say 1 Hz."""
    data = bytearray(slow_flac(path).read_bytes())
    # STREAMINFO: 20 bits of sample rate 10 bytes into the block, which follows 8 bytes of signature and block header.
    at = 18
    (rate,) = struct.unpack_from(">I", data, at)
    struct.pack_into(">I", data, at, 48_000 << 12 | rate & 0xFFF)
    path.write_bytes(data)
    return path


def wav(
    path: Path, *, rate: int = 48_000, channels: int = 1, claimed_bytes: int = 9_600, real_bytes: int = 9_600
) -> Path:
    """A WAV of silence whose header claims something else."""
    form = struct.pack("<HHIIHH", 1, channels, rate, min(rate * channels * 2, 2**32 - 1), channels * 2 & 0xFFFF, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", claimed_bytes)
    path.write_bytes(b"RIFF" + struct.pack("<I", min(claimed_bytes + 36, 2**32 - 1)) + head + bytes(real_bytes))
    return path


def large_video(path: Path, *, size: str = "8000x8000") -> Path:
    """One frame of one color."""
    return samples.make(
        path, "-f", "lavfi", "-i", f"color=black:s={size}:r=1:d=1", "-c:v", "png", "-pix_fmt", "gray"
    )  # fmt: skip


def wide_pixels(path: Path) -> Path:
    """One frame of 640 × 640, each of whose pixels is declared 30,000 times as wide as high."""
    return samples.make(path, "-f", "lavfi", "-i", "color=black:s=640x640:r=1:d=1,setsar=30000", "-c:v", "libx264")


def lying_video(path: Path) -> Path:
    """`large_video`, whose header says 64 × 64."""
    data = bytearray(large_video(path).read_bytes())
    entry = data.index(b"png ", data.index(b"stsd"))
    struct.pack_into(">HH", data, entry + 28, 64, 64)
    path.write_bytes(data)
    return path


def many_streams(path: Path, count: int) -> Path:
    """A Matroska file with `count` streams of one sound."""
    sound = samples.audio(path.with_name("one.mka"), seconds=1)
    return samples.make(path, "-i", str(sound), *["-map", "0"] * count, "-c", "copy")


def fast_video(path: Path) -> Path:
    """A million frames a second."""
    one = ["-f", "lavfi", "-i", "color=black:s=16x16:r=1000000", "-frames:v", "20"]
    return samples.make(path, *one, "-video_track_timescale", "1000000")


def long_gap(path: Path, *, seconds: int) -> Path:
    """Sound that goes on after `seconds` of nothing."""
    shift = f"setts=ts='if(gte(N,20),PTS+{seconds * 48_000},PTS)'"
    return samples.audio(path, samples.TONE, "-c:a", "libopus", "-bsf:a", shift, seconds=2)


def large_picture(path: Path) -> Path:
    """64 million pixels of one color, in the format of the file extension."""
    Image.new("1", (8_000, 8_000)).save(path)
    return path


def huge_webp(path: Path) -> Path:
    """An animation of 16 × 16 that claims a canvas of 16383 × 16383."""
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
    frames[0].save(path, "WEBP", save_all=True, append_images=frames[1:])
    data = bytearray(path.read_bytes())
    data[24:30] = struct.pack("<I", 16_382)[:3] * 2
    path.write_bytes(data)
    return path
