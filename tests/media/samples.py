"""Generates small valid and invalid media files with FFmpeg."""

import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg

LIBRIVOX = Path(__file__).parent / "librivox"
CLIPS = sorted(LIBRIVOX.glob("*.flac"))
SPEECH = LIBRIVOX / "0870.flac"
MANDARIN = Path(__file__).parent / "kokoro" / "mandarin.flac"
SPANISH = Path(__file__).parent / "kokoro" / "spanish.flac"
GERMAN = Path(__file__).parent / "pico" / "german.flac"
PICTURE = "testsrc2=size={size}:rate={rate}:duration={seconds}"
TONE = "sine=frequency=440:duration={seconds}"


def make(path: Path, *arguments: str) -> Path:
    """Run ffmpeg with `arguments`, then `path` as its output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y", *arguments, str(path)]
    subprocess.run(command, check=True)
    return path


def video(
    path: Path, *options: str, size: str = "320x180", rate: str = "25", seconds: float = 3, sound: bool = True
) -> Path:
    """A test pattern with a tone, in the format of the file extension; `options` are FFmpeg's output options."""
    inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds)]
    if sound:
        inputs += ["-f", "lavfi", "-i", TONE.format(seconds=seconds)]
    return make(path, *inputs, *options)


def film(path: Path) -> Path:
    """An MP4 of four seconds that every platform accepts."""
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ar", "48000", "-movflags", "+faststart")
    return video(path, *options, size="540x960", rate="30", seconds=4)


def audio(path: Path, source: str = TONE, *options: str, seconds: float = 3) -> Path:
    """The audio of the lavfi `source`, in the format of the file extension."""
    return make(path, "-f", "lavfi", "-i", source.format(seconds=seconds), *options)


def picture(path: Path, *, size: str = "64x64") -> Path:
    """A picture of one color, in the format of the file extension."""
    return make(path, "-f", "lavfi", "-i", f"color=skyblue:s={size}", "-frames:v", "1")


def talking_video(path: Path, *, size: str = "320x180") -> Path:
    """A test pattern with human speech."""
    return make(
        path, "-f", "lavfi", "-i", PICTURE.format(size=size, rate=25, seconds=8), "-i", str(SPEECH), "-shortest"
    )


def joined(path: Path, clips: Iterable[Path]) -> Path:
    """Concatenate clips of one format; the list file stays beside the output."""
    list_file = path.with_suffix(".txt")
    list_file.write_text("".join(f"file '{clip}'\n" for clip in clips))
    return make(path, "-f", "concat", "-safe", "0", "-i", str(list_file))


def cut(source: Path, path: Path, share: float) -> Path:
    """The first `share` of the bytes of `source`."""
    whole = source.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def claiming(source: Path, path: Path, seconds: int) -> Path:
    """A copy of an MP4 whose movie, track and media headers declare a duration of `seconds`."""
    data = bytearray(source.read_bytes())
    scale = 0
    for box, length_at in (b"mvhd", 16), (b"tkhd", 20), (b"mdhd", 16):
        body = data.find(box) + 4
        while body >= 4:
            if box != b"tkhd":  # tkhd uses the timescale of mvhd
                (scale,) = struct.unpack_from(">I", data, body + 12)
            struct.pack_into(">I", data, body + length_at, seconds * scale)
            body = data.find(box, body) + 4
    path.write_bytes(data)
    return path
