"""Converts pictures of untrusted files to BT.709: filters for ffmpeg, and frames as RGB.

Each filter is told both sides of the conversion. What ffmpeg assumes of untagged pictures differs between its filters
and versions, and was wrong for RGB, for SD and, as the background of an avatar, by up to 27 of 255.
"""

from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from content_pipeline.core.media import tone_mapping
from content_pipeline.core.media.source_streams import Matrix, SourcePictures, color_coding

# Options of the filter `setparams`.
BT709: Final = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "range": "tv"}

# Without these flags a red of 190 in BT.601 becomes 185.
_EXACT: Final = "bicubic+accurate_rnd+full_chroma_int"
_SCALE_MATRICES: Final[dict[Matrix, str]] = {"bt709": "bt709", "smpte170m": "smpte170m", "bt2020nc": "bt2020"}
_PYAV_MATRICES: Final[dict[Matrix, Colorspace]] = {
    "bt709": Colorspace.ITU709, "smpte170m": Colorspace.SMPTE170M, "bt2020nc": Colorspace.BT2020,
}  # fmt: skip
# Mapped at a time. `tone_mapping` holds several arrays of floats: of the 24 million pixels of a photo they had 4 GB.
_STRIP_PIXELS: Final = 1 << 18


def deinterlaced(stream: Any, pictures: SourcePictures) -> Any:
    """The frames of an ffmpeg stream, those that are interlaced without combs. It must have its original size."""
    if pictures.interlacing == "none":
        return stream
    return stream.filter("bwdif", mode="send_frame", deint="interlaced" if pictures.interlacing == "flagged" else "all")


def to_bt709(stream: Any, pictures: SourcePictures, width: int, height: int, folder: Path) -> Any:
    """An ffmpeg stream in `width` × `height`, yuv420p, BT.709, limited range. May write a table to `folder`."""
    colors = pictures.colors
    into = {"out_color_matrix": "bt709", "out_range": "tv"}
    if colors.matrix != "bt709":
        into["flags"] = _EXACT
    out_of = {"in_range": "pc" if colors.full_range else "tv"}
    if colors.matrix in _SCALE_MATRICES:
        out_of["in_color_matrix"] = _SCALE_MATRICES[colors.matrix]
    # Primaries and transfer are declared alike on both sides, because newer versions of `scale` would convert them too,
    # without a tone curve.
    stream = stream.filter("setparams", **BT709 | {"colorspace": colors.matrix, "range": out_of["in_range"]})
    if colors.needs_mapping:
        table = folder / f"{colors.transfer}_{colors.primaries}.cube"
        if not table.exists():  # each look of a reel needs the same one
            tone_mapping.write_table(table, colors.transfer, colors.primaries)
        stream = (
            stream.filter("scale", width, height, **out_of, out_range="pc")
            .filter("format", "gbrp12")
            .filter("lut3d", table.name)
            .filter("scale", in_range="pc", **into)
        )
    else:
        stream = stream.filter("scale", width, height, **out_of, **into)
    return stream.filter("format", "yuv420p").filter("setsar", 1).filter("setparams", **BT709)


def rgb(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.generic]:
    """A frame in that size, as an array of rows of RGB, eight bits each."""
    colors = color_coding(frame)
    # The frame is scaled during the color conversion, which costs a seventh of converting all pixels first.
    pixels = frame.to_ndarray(
        format="rgb48le" if colors.needs_mapping else "rgb24",
        width=width,
        height=height,
        interpolation="AREA",
        src_colorspace=_PYAV_MATRICES.get(colors.matrix),
        src_color_range=ColorRange.JPEG if colors.full_range else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    if not colors.needs_mapping:
        return pixels
    mapped = np.empty(pixels.shape, np.uint8)
    lines = max(_STRIP_PIXELS // width, 1)
    for top in range(0, height, lines):
        strip = pixels[top : top + lines] / 65_535
        mapped[top : top + lines] = tone_mapping.to_bt709(strip, colors.transfer, colors.primaries) * 255 + 0.5
    return mapped
