"""Breaks media files as transfers, disks and programs do: cut, flipped, swapped, with foreign parts."""

from pathlib import Path
from random import Random

from tests.media import odd, samples

EXTENSIONS = ("mp4", "mp3", "wav", "flv", "ts", "mkv", "bin", "jpg", "")


_X264 = ("-c:v", "libx264", "-preset", "ultrafast")


def originals(folder: Path) -> list[Path]:
    """A second of picture, sound or both in each of the usual formats."""
    videos = {"mp4": _X264, "mkv": _X264, "ts": (*_X264, "-c:a", "aac"), "flv": (), "avi": (), "mpg": ()}
    return [
        *(samples.video(folder / f"v.{end}", *codec, size="64x64", seconds=1) for end, codec in videos.items()),
        *(samples.audio(folder / f"a.{end}", seconds=1) for end in ("wav", "mp3", "flac", "ogg", "aac", "aiff")),
        odd.gif(folder / "v.gif"),
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
