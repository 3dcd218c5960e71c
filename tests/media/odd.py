"""Small videos and recordings as the world sends them: HDR, RGB, interlaced, surround sound and the like."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.media import samples

Make = Callable[[Path], Path]

RED: Final = (190, 30, 30)

_HDR: Final = {"pq": "smpte2084", "hlg": "arib-std-b67"}
_X264: Final = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "4")


def _one_color(color: tuple[int, int, int], size: str = "160x90") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"color=0x{bytes(color).hex()}:s={size}:r=25:d=0.4,format=gbrp")


def _still(picture: Path) -> tuple[str, ...]:
    return ("-loop", "1", "-framerate", "25", "-t", "0.4", "-i", str(picture))


def hdr(path: Path, transfer: str, color: tuple[int, int, int] = RED, *, size: str = "160x90") -> Path:
    """A color of BT.709 as HDR10 or HLG, at the luminance that BT.2408 gives it, in ten bits."""
    return samples.make(path, *_one_color(color, size), *_in_hdr(transfer))


def still_in_hdr(path: Path, transfer: str, picture: Path) -> Path:
    """A picture that does not move, with the colors of `hdr`."""
    return samples.make(path, *_still(picture), *_in_hdr(transfer))


def _in_hdr(transfer: str) -> tuple[str, ...]:
    convert = (
        f"format=gbrp16,zscale=agamma=false:tin=bt709:pin=bt709:min=gbr:rin=full:t={_HDR[transfer]}:p=bt2020:"
        "m=2020_ncl:r=limited:npl=203,format=yuv420p10"
    )
    return "-vf", convert, *_X264


def rgb(path: Path, color: tuple[int, int, int] = RED) -> Path:
    """A color in the format of the file extension, as RGB."""
    return samples.make(path, *_one_color(color), "-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast")


def yuv(
    path: Path,
    matrix: str,
    *,
    size: str = "160x90",
    levels: str = "tv",
    tags: bool = True,
    color: tuple[int, int, int] = RED,
) -> Path:
    """A color in YUV of a matrix; without tags, as cameras and old programs write it."""
    return samples.make(path, *_one_color(color, size), *_in_yuv(matrix, levels, tags=tags))


def still_in_yuv(path: Path, picture: Path) -> Path:
    """A picture that does not move, in BT.709."""
    return samples.make(path, *_still(picture), *_in_yuv("bt709", "tv", tags=True))


def _in_yuv(matrix: str, levels: str, *, tags: bool) -> tuple[str, ...]:
    convert = f"scale=out_color_matrix={matrix}:out_range={levels},format=yuv420p"
    unknown = "setparams=colorspace=unknown:color_primaries=unknown:color_trc=unknown:range=unknown"
    known = f"setparams=colorspace={'bt709' if matrix == 'bt709' else 'smpte170m'}:range={levels}"
    return "-vf", f"{convert},{known if tags else unknown}", *_X264


def interlaced(path: Path, *, flagged: bool, speed: int = 3) -> Path:
    """A square that moves `speed` pixels a field of 1/50 s; without a flag, as capture cards and some editors write."""
    moving = (
        "color=black:s=192x576:r=50:d=0.9,format=yuv420p[g];color=white:s=40x400:r=50:d=0.9[b];"
        f"[g][b]overlay=n*{speed}:80"
    )
    flags = ("-flags", "+ilme+ildct", "-c:v", "mpeg2video", "-q:v", "2")
    return samples.make(
        path, "-f", "lavfi", "-i", f"{moving},tinterlace=interleave_top" + ("" if flagged else ",setfield=prog"),
        *(flags if flagged else _X264),
    )  # fmt: skip


def sized(path: Path, size: str) -> Path:
    """A color in a size that most codecs refuse."""
    return samples.make(path, *_one_color(RED, size), "-c:v", "ffv1")


def sound_outlasts_picture(path: Path) -> Path:
    """Half a second of pictures, two seconds of sound."""
    picture = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=0.5")
    return samples.make(path, *picture, "-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac")


def voice_in_center(path: Path, *options: str) -> Path:
    """5.1 with a tone in the center only."""
    silence = "|".join(["0"] * 2 + ["0.5*sin(2*PI*440*t)"] + ["0"] * 3)
    return samples.make(path, "-f", "lavfi", "-i", f"aevalsrc={silence}:c=5.1:s=48000:d=1", *options)


def antiphase(path: Path, *options: str) -> Path:
    """Stereo whose right side is the left one upside down: a cable with two wires swapped."""
    return samples.make(
        path, "-f", "lavfi", "-i", "aevalsrc=0.5*sin(2*PI*440*t)|-0.5*sin(2*PI*440*t):c=stereo:s=48000:d=1", *options
    )


def two_languages(path: Path, *options: str, german: str = "aac", english: str = "aac") -> Path:
    """A tone of 300 Hz in German, and one of 2,000 Hz in English, which is the default, each in a codec."""
    tones = [part for hertz in (300, 2000) for part in ("-f", "lavfi", "-i", f"sine=frequency={hertz}:duration=1")]
    return samples.make(
        path, *tones, *options, "-map", "0", "-map", "1", "-metadata:s:a:0", "language=ger",
        "-metadata:s:a:1", "language=eng", "-disposition:a:0", "0", "-disposition:a:1", "default", "-ar", "48000",
        "-c:a:0", german, "-c:a:1", english,
    )  # fmt: skip


def film_in_two_languages(path: Path, *, german: str = "aac", english: str = "aac") -> Path:
    """`two_languages` with pictures in H.264."""
    pictures = (*_one_color(RED), "-map", "2", *_X264, "-pix_fmt", "yuv420p")
    return two_languages(path, *pictures, german=german, english=english)


def gif(path: Path, *, frames: int = 10) -> Path:
    """A GIF of one color that turns to another."""
    source = f"color=0x{bytes(RED).hex()}:s=120x160:r=10,trim=end_frame={frames},format=rgb8"
    return samples.make(path, "-f", "lavfi", "-i", source)
