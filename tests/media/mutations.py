"""Breaks media files as transfers, disks and programs do: cut, flipped, swapped, with foreign parts."""

from pathlib import Path
from random import Random

from tests.media import containers, odd, photos, samples, timelines

EXTENSIONS = ("mp4", "mp3", "wav", "flv", "ts", "mkv", "bin", "jpg", "")

_SIZE = "64x64"
_X264 = ("-c:v", "libx264", "-preset", "ultrafast")
_VIDEOS = {
    "mp4": _X264,
    "mkv": _X264,
    "ts": (*_X264, "-c:a", "aac"),
    "flv": (),
    "avi": (),
    "mpg": (),
    "webm": ("-deadline", "realtime", "-cpu-used", "8"),
    "wmv": (),
    "mov": ("-c:v", "prores_ks"),
    "3gp": ("-c:v", "mpeg4", "-c:a", "aac"),
    "mp4v": ("-f", "mp4", "-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1"),
    "m4v": ("-f", "mp4", "-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8"),
}
_SOUNDS = ("wav", "mp3", "flac", "ogg", "aac", "aiff", "opus", "m4a", "wma", "caf", "w64", "au", "ac3")


def originals(folder: Path) -> list[Path]:
    """A second of picture, sound or both in each of the usual formats, and files with all parts that one may have."""
    return [
        *(samples.video(folder / f"v.{end}", *codec, size=_SIZE, seconds=1) for end, codec in _VIDEOS.items()),
        *(samples.audio(folder / f"a.{end}", seconds=1) for end in _SOUNDS),
        samples.audio(folder / "a.amr", samples.TONE, "-ar", "8000", "-ac", "1", seconds=1),
        samples.audio(folder / "adpcm.wav", samples.TONE, "-c:a", "adpcm_ima_wav", seconds=1),
        odd.gif(folder / "v.gif"),
        containers.with_attachment(folder / "whole.mkv"),
        containers.annotated(folder / "whole.mp4", "-c:s", "mov_text"),
        containers.with_cover(folder / "cover.mp3"),
        timelines.cut_out(folder / "cut.mov"),
    ]


def pictures(folder: Path) -> list[Path]:
    """A photo in each of the formats that may be a background."""
    return [
        *(photos.photo(folder / f"p.{end}", size=(640, 480)) for end in ("jpg", "png", "webp", "avif")),
        photos.sideways(folder / "turned.jpg"),
        photos.profiled(folder / "profiled.png"),
        photos.animated(folder / "animated.webp"),
    ]


def mutated(random: Random, files: list[Path]) -> tuple[str, bytes]:
    """A name and the bytes of a mutation of one of the files."""
    source = random.choice(files)
    data = bytearray(source.read_bytes())
    kind = random.choice(("cut", "beheaded", "hole", "bits", "header bits", "swapped header", "doubled", "zeros"))
    at = random.randrange(len(data))
    match kind:
        case "cut":
            del data[at:]
        case "beheaded":
            del data[: at // 4]
        case "hole":
            del data[at : at + random.randrange(1, 4096)]
        case "bits":
            for _ in range(random.randrange(1, 200)):
                data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        case "header bits":
            for _ in range(random.randrange(1, 12)):
                data[random.randrange(min(len(data), 512))] ^= 1 << random.randrange(8)
        case "swapped header":
            length = random.randrange(4, 256)
            data[:length] = random.choice(files).read_bytes()[:length]
        case "doubled":
            data += data[at:]
        case "zeros":
            data[at : at + 512] = bytes(len(data[at : at + 512]))
    extension = random.choice((source.suffix.lstrip("."), *EXTENSIONS))
    return f"{kind} {source.suffix[1:]}.{extension}", bytes(data)
