"""HEIC photo reader: parses the index, decodes the HEVC tiles and joins them, in the child process of `untrusted`.

FFmpeg finds and decodes the tiles. Where they belong, the color profile and how the photo is turned is read here,
because PyAV does not tell it. ISO/IEC 23008-12 has the form; what Exif says of turning does not count in HEIC.
"""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any, Final

import av
from av.container import InputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, ColorTrc
from PIL import Image

from content_pipeline.core.errors import NotMedia
from content_pipeline.core.media import limits, mp4_boxes, picture_conversion
from content_pipeline.core.media.probe import HEIF_PICTURE

# Its name beside Pillow's names of formats; Pillow has none for HEIC.
FORMAT: Final = "HEIF"

# Brands of files whose main picture is of HEVC. AVIF, which Pillow reads, has others.
_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis"}
_MAX_BRANDS_BYTES: Final = 4_096
# The index of a photo of a phone has 10 kB with its profile.
_MAX_INDEX_BYTES: Final = 4_000_000
# A photo of a phone has 5. An index of 4 MB has room for millions of turns, each of which copies the picture.
_MAX_PROPERTIES: Final = 64

# Matrices that PyAV has no names for.
_UNSPECIFIED: Final = 2
_SMPTE170M: Final = 6
_TURNS: Final = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
_MIRRORS: Final = (Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.FLIP_LEFT_RIGHT)

Box = tuple[bytes, bytes]  # its kind and its content


@dataclass(frozen=True, slots=True)
class Photo:
    """The main picture of a file: the numbers of its tiles, row by row, and its properties in the order in which they
    apply. Width and height are those of all tiles, before the picture is cropped and turned."""

    width: int
    height: int
    tiles: tuple[int, ...]
    properties: tuple[Box, ...]


def unsupported() -> NotMedia:
    """The error for a photo that is whole, in a form that is not read here."""
    return NotMedia("This kind of HEIC photo is not read.", code=HEIF_PICTURE, remedy="Export it as a JPEG.")


def is_photo(path: Path) -> bool:
    """Whether a file says that it is a HEIC photo."""
    return not _BRANDS.isdisjoint(brands(path))


def brands(path: Path) -> set[bytes]:
    """The brands of a file: what it says that it is. Its beginning is read, and nothing behind it."""
    with path.open("rb") as stream:
        size, kind = struct.unpack(">I4s", stream.read(8).ljust(8, b"\0"))
        listed = stream.read(min(size, _MAX_BRANDS_BYTES) - 8) if kind == b"ftyp" and size > 8 else b""
    return {listed[at : at + 4] for at in range(0, len(listed), 4)}


def read(path: Path) -> Photo:
    """The main picture of a HEIC photo, from its index.

    Raises NotMedia `heif_picture` for what is neither a frame nor a grid of frames, and LookupError, ValueError or
    struct.error for a damaged index.
    """
    index = dict(_boxes(mp4_boxes.content(path, b"meta", most=_MAX_INDEX_BYTES), at=4))
    main, _ = _number(index[b"pitm"], at=4, wide=index[b"pitm"][0] > 0)
    kinds = dict(_kinds(index[b"iinf"]))
    tiles = (main,) if kinds[main] == b"hvc1" else _tiles(index[b"iref"], main) if kinds[main] == b"grid" else ()
    if {kinds[tile] for tile in tiles} != {b"hvc1"}:
        raise unsupported()
    properties = tuple(islice(_properties(index[b"iprp"], main), _MAX_PROPERTIES + 1))
    if len(properties) > _MAX_PROPERTIES:
        raise ValueError("too many properties")
    width, height = struct.unpack_from(">II", dict(properties)[b"ispe"], 4)
    return Photo(width, height, tiles, properties)


def decoded(path: Path, photo: Photo) -> Image.Image:
    """The photo as it is shown, RGB, its profile in `info`. Raises as PyAV does, and ValueError for wrong tiles."""
    whole = Image.new("RGB", (photo.width, photo.height))
    places: dict[int, list[int]] = {}
    for number, tile in enumerate(photo.tiles):  # a tile may be in several places
        places.setdefault(tile, []).append(number)
    sizes = set()
    # Not `open_media`, which refuses pictures, and allows fewer streams than a photo has tiles.
    with av.open(str(path), container_options={"format_whitelist": "mov", "protocol_whitelist": "file"}) as container:
        for packet in _packets(container, places.keys()):
            frame = decode_tile(packet, photo)
            sizes.add((frame.width, frame.height))
            columns, rows = ceil(photo.width / frame.width), ceil(photo.height / frame.height)
            if columns * rows != len(photo.tiles) or len(sizes) > 1:
                raise ValueError("the tiles do not fill the picture")
            decoded_tile = Image.fromarray(picture_conversion.rgb(frame, frame.width, frame.height))
            for number in places.pop(packet.stream.id):
                row, column = divmod(number, columns)
                whole.paste(decoded_tile, (column * frame.width, row * frame.height))
    if places:
        raise ValueError("tiles are missing")
    shown = _transformed(whole, photo)
    if profile := _profile(photo):
        shown.info["icc_profile"] = profile
    return shown


def _packets(container: InputContainer, items: Collection[int]) -> Iterator["av.Packet[Any]"]:
    """The packet of each of these items that the file has.

    A photo with a burst has video tracks too, whose numbers may be those of items. An item has one frame, and is
    listed before the tracks.
    """
    streams: dict[int, av.VideoStream] = {}
    for stream in container.streams.video:
        if stream.id in items and len(stream.index_entries) == 1:
            streams.setdefault(stream.id, stream)
    if streams:  # without any, `demux` would give the packets of all
        yield from (packet for packet in container.demux(list(streams.values())) if packet.size)


def decode_tile(packet: "av.Packet[Any]", photo: Photo) -> av.VideoFrame:
    """The tile of a packet, tagged with its colors. It has a decoder for itself, whose memory is free afterwards."""
    tagged = packet.stream.codec_context
    decoder = av.VideoCodecContext.create("hevc", "r")
    decoder.extradata = tagged.extradata
    decoder.thread_count = 1
    decoder.options = {"max_pixels": str(limits.MAX_PIXELS)}  # frames may contradict the header
    frame = [*decoder.decode(packet), *decoder.decode(None)][0]
    for kind, content in photo.properties:
        if kind == b"colr" and content.startswith(b"nclx"):
            primaries, transfer, matrix, levels = struct.unpack_from(">HHHB", content, 4)
            frame.color_primaries, frame.color_trc, frame.colorspace = primaries, transfer, matrix
            frame.color_range = ColorRange.JPEG if levels & 0x80 else ColorRange.MPEG
    # What MIAF (ISO/IEC 23000-22) assumes of pictures without tags.
    if frame.colorspace == _UNSPECIFIED:
        frame.colorspace = _SMPTE170M
    if frame.color_range == ColorRange.UNSPECIFIED:
        frame.color_range = ColorRange.JPEG
    if _profile(photo):  # converted by it, and not twice
        frame.color_primaries, frame.color_trc = ColorPrimaries.BT709, ColorTrc.IEC61966_2_1
    return frame


def _profile(photo: Photo) -> bytes | None:
    """The ICC profile."""
    profiles = (content[4:] for kind, content in photo.properties if kind == b"colr" and content[:4] != b"nclx")
    return next(profiles, None)


def _transformed(picture: Image.Image, photo: Photo) -> Image.Image:
    """Cropped, turned counterclockwise and mirrored, in the order of the properties."""
    for kind, content in photo.properties:
        if kind == b"clap":
            picture = picture.crop(_aperture(picture, content))
        elif kind == b"irot" and (turn := _TURNS[content[0] & 3]):
            picture = picture.transpose(turn)
        elif kind == b"imir":
            picture = picture.transpose(_MIRRORS[content[0] & 1])
    return picture


def _aperture(picture: Image.Image, content: bytes) -> tuple[int, int, int, int]:
    """The part that is shown, whose size and distance between the centers are fractions."""
    width, width_part, height, height_part, across, across_part, down, down_part = struct.unpack(">4I4i", content)
    if not (width_part and height_part and across_part and down_part):
        raise ValueError("a fraction of zero parts")
    size = min(width // width_part, picture.width), min(height // height_part, picture.height)
    left = round((picture.width - size[0]) / 2 + across / across_part)
    top = round((picture.height - size[1]) / 2 + down / down_part)
    if min(size) < 1 or min(left, top) < 0 or left + size[0] > picture.width or top + size[1] > picture.height:
        raise ValueError("a part outside of the picture")
    return left, top, left + size[0], top + size[1]


def _boxes(content: bytes, at: int = 0) -> Iterator[Box]:
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size < 8 or at + size > len(content):
            raise ValueError("a box that ends elsewhere")
        yield kind, content[at + 8 : at + size]
        at += size


def _number(content: bytes, at: int, *, wide: bool) -> tuple[int, int]:
    """A number of four bytes, or of two, and where it ends."""
    (number,) = struct.unpack_from(">I" if wide else ">H", content, at)
    return number, at + (4 if wide else 2)


def _kinds(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The kind of each item."""
    _, at = _number(content, 4, wide=content[0] > 0)
    for _, entry in _boxes(content, at):
        if entry[0] >= 2:  # those before had none
            item, end = _number(entry, 4, wide=entry[0] > 2)
            yield item, entry[end + 2 : end + 6]


def _tiles(content: bytes, item: int) -> tuple[int, ...]:
    """The items of which an item is made."""
    wide = content[0] > 0
    for kind, reference in _boxes(content, 4):
        owner, at = _number(reference, 0, wide=wide)
        if (kind, owner) == (b"dimg", item):
            count, at = _number(reference, at, wide=False)
            return struct.unpack_from(f">{count}{'I' if wide else 'H'}", reference, at)
    return ()


def _properties(content: bytes, item: int) -> Iterator[Box]:
    """The properties of an item, in their order."""
    boxes = list(_boxes(content))
    known = list(_boxes(dict(boxes)[b"ipco"]))
    for table in (table for kind, table in boxes if kind == b"ipma"):
        count, at = _number(table, 4, wide=True)
        for _ in range(count):
            owner, at = _number(table, at, wide=table[0] > 0)
            entries, at = table[at], at + 1
            wide = bool(table[3] & 1)
            for number in struct.unpack_from(f">{entries}{'H' if wide else 'B'}", table, at):
                position = number & (0x7FFF if wide else 0x7F)
                if owner == item and position:
                    yield known[position - 1]
            at += entries * (2 if wide else 1)
