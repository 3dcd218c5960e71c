"""Writes HEIC photos as phones do: tiles of HEVC in a HEIF container, which ffmpeg cannot write."""

import struct
import subprocess
from math import ceil
from pathlib import Path
from typing import Final

import av
import imageio_ffmpeg
from PIL import Image

# Drawn for the tests, and written by libheif 1.23.6 with x265 (pillow-heif 1.8.1): 301 × 201 pixels in tiles of 128.
DRAWING: Final = Path(__file__).parent / "heif" / "drawing.heic"

# Sides of the smallest picture that x265 takes.
TILE: Final = 64


def photo(path: Path, picture: Image.Image | None = None, *properties: bytes, profile: bytes | None = None) -> Path:
    """A picture of 64 × 48 pixels, or another one, in tiles of 64 pixels; `properties` are boxes of it."""
    picture = picture or Image.new("RGB", (64, 48), (220, 20, 20))
    columns, rows = (ceil(side / TILE) for side in picture.size)
    coded = _coded(path, [
        picture.crop((column * TILE, row * TILE, (column + 1) * TILE, (row + 1) * TILE))
        for row in range(rows) for column in range(columns)
    ])  # fmt: skip
    if profile:
        properties = (box(b"colr", b"prof", profile), *properties)
    path.write_bytes(_file(picture.size, (rows, columns), *coded, properties))
    return path


def drawing(path: Path) -> Path:
    """A copy of DRAWING."""
    path.write_bytes(DRAWING.read_bytes())
    return path


def with_burst(path: Path, picture: Image.Image) -> Path:
    """A photo with a video track of three white frames, whose number is that of the first tile."""
    path = photo(path, picture)
    before = path.read_bytes()
    _coded(path, [Image.new("RGB", (TILE, TILE), "white")] * 3)
    film = bytearray(path.with_suffix(".mp4").read_bytes())
    struct.pack_into(">I", film, film.index(b"tkhd") + 16, 2)
    places = film.index(b"stco") + 8
    (count,) = struct.unpack_from(">I", film, places)
    for at in range(places + 4, places + 4 + 4 * count, 4):
        (place,) = struct.unpack_from(">I", film, at)
        struct.pack_into(">I", film, at, place + len(before))
    path.write_bytes(before + film)
    return path


def large_photo(path: Path) -> Path:
    """A photo of one tile that claims 64 million pixels."""
    path.write_bytes(photo(path).read_bytes().replace(_size(64, 48), _size(8_000, 8_000)))
    return path


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box with this content."""
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def _coded(path: Path, tiles: list[Image.Image]) -> tuple[bytes, list[bytes]]:
    """The configuration of the decoder, and the frame of each tile: full range in BT.601."""
    film = path.with_suffix(".mp4")
    command = [
        *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", f"{TILE}x{TILE}", "-framerate", "1", "-i", "pipe:0"),
        *("-vf", "scale=out_color_matrix=bt601:out_range=pc,format=yuv420p", "-color_range", "pc"),
        *("-c:v", "libx265", "-crf", "8", "-x265-params", "keyint=1:range=full:log-level=error", "-tag:v", "hvc1"),
        str(film),
    ]
    subprocess.run(command, check=True, input=b"".join(tile.tobytes() for tile in tiles))
    with av.open(str(film)) as container:
        frames = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    return _content(film.read_bytes(), b"hvcC"), frames


def _file(
    size: tuple[int, int], grid: tuple[int, int], decoder: bytes, frames: list[bytes], properties: tuple[bytes, ...]
) -> bytes:
    """Item 1 is the picture: a grid of the items from 2 on."""
    tiles = range(2, 2 + len(frames))
    layout = struct.pack(">BBBBHH", 0, 0, grid[0] - 1, grid[1] - 1, *size)
    known = [box(b"hvcC", decoder), _size(TILE, TILE), _size(*size), *properties]
    of_tile, of_grid = bytes([0x81, 2]), bytes(range(3, 4 + len(properties)))
    owned = [(1, of_grid), *((tile, of_tile) for tile in tiles)]

    def index(frames_at: int) -> bytes:
        places = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(layout))]  # in `idat`
        at = frames_at
        for tile, frame in zip(tiles, frames, strict=True):
            places.append(struct.pack(">HHHHII", tile, 0, 0, 1, at, len(frame)))
            at += len(frame)
        return _full(
            b"meta",
            _full(b"hdlr", bytes(4), b"pict", bytes(13)),
            _full(b"pitm", struct.pack(">H", 1)),
            _full(b"iinf", struct.pack(">H", 1 + len(frames)), _kind(1, b"grid"), *(_kind(n, b"hvc1") for n in tiles)),
            _full(b"iref", box(b"dimg", struct.pack(f">HH{len(frames)}H", 1, len(frames), *tiles))),
            box(
                b"iprp",
                box(b"ipco", *known),
                _full(
                    b"ipma",
                    struct.pack(">I", len(owned)),
                    *(struct.pack(">HB", item, len(numbers)) + numbers for item, numbers in owned),
                ),
            ),
            box(b"idat", layout),
            _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(places)), *places, version=1),
        )

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    return head + index(len(head) + len(index(0)) + 8) + box(b"mdat", *frames)


def _kind(item: int, kind: bytes) -> bytes:
    return _full(b"infe", struct.pack(">HH4sx", item, 0, kind), version=2)


def _size(width: int, height: int) -> bytes:
    return _full(b"ispe", struct.pack(">II", width, height))


def _full(kind: bytes, *parts: bytes, version: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24), *parts)


def _content(file: bytes, kind: bytes) -> bytes:
    at = file.index(kind)
    (size,) = struct.unpack_from(">I", file, at - 4)
    return file[at + 4 : at - 4 + size]
