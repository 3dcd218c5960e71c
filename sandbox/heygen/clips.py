"""Renders the clip of a finished video, and signs the addresses at which it is downloaded."""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

from PIL import Image, ImageDraw

from sandbox.media import run_ffmpeg
from sandbox.store import Document, Store

HOST: Final = "resource2.heygen.ai"

_URL_SECONDS: Final = 7 * 86_400
_SHORT_SIDES: Final = {"720p": 720, "1080p": 1080, "4k": 2160}
_LOOP_SECONDS: Final = 2
# The mouth is at this share of the height.
_MOUTH: Final = 0.4
# Ellipses: center, half width and half height, in shares of the height from the middle of the frame's top.
_PERSON: Final = (
    (0, 1.0, 0.26, 0.46, "#39424e"),  # torso
    (0, 0.46, 0.055, 0.11, "#c99a78"),  # neck
    (0, 0.3, 0.13, 0.17, "#3a2a22"),  # hair
    (0, 0.33, 0.11, 0.15, "#dcae8b"),  # face
    (-0.042, 0.31, 0.013, 0.008, "#2b2b2b"),
    (0.042, 0.31, 0.013, 0.008, "#2b2b2b"),
)


def render(store: Store, video: Document) -> str:
    """The name of the video's media file: head and shoulders, a mouth that moves, a tone. Rendered at first use."""
    name = f"heygen-{video['id']}.mp4"
    target = store.media_path(name)
    if not target.exists():
        loop, part = (store.media_path(f"{uuid4().hex}.mp4") for _ in range(2))
        _render_picture(video, loop)
        # The picture is repeated, because encoding all of it would take longer than clients wait for a first byte.
        inputs = ("-stream_loop", "-1", "-i", str(loop), "-f", "lavfi", "-i", "sine=220:sample_rate=48000")
        codecs = ("-c:v", "copy", "-c:a", "aac", "-movflags", "+faststart")
        run_ffmpeg(*inputs, *codecs, "-t", str(video["seconds"]), str(part))
        loop.unlink()
        part.replace(target)
    return name


def _render_picture(video: Document, target: Path) -> None:
    size = _size(video["resolution"], video["aspect_ratio"])
    still, mouth = target.with_suffix(".png"), f"{size[1] // 24 * 2}x{size[1] // 100 * 2}"
    _draw_person(size, f"#{hashlib.sha256(video['id'].encode()).hexdigest()[:6]}").save(still)
    inputs = ("-loop", "1", "-framerate", "25", "-t", str(_LOOP_SECONDS), "-i", str(still))
    lips = ("-f", "lavfi", "-i", f"color=0x7a2f2f:s={mouth}:r=25:d={_LOOP_SECONDS}")
    moving = f"overlay=x=(W-w)/2:y='H*{_MOUTH}+h/2*sin(PI*3*t)',format=yuv420p"
    run_ffmpeg(*inputs, *lips, "-filter_complex", moving, "-c:v", "libx264", "-preset", "ultrafast", str(target))
    still.unlink()


def _draw_person(size: tuple[int, int], background: str) -> Image.Image:
    """Head and shoulders, placed as HeyGen's avatars are: the chin above the middle of the frame."""
    picture, (width, height) = Image.new("RGB", size, background), size
    draw = ImageDraw.Draw(picture)
    for x, y, across, down, color in _PERSON:
        left, top = width / 2 + (x - across) * height, (y - down) * height
        draw.ellipse((left, top, left + 2 * across * height, top + 2 * down * height), fill=color)
    return picture


def _size(resolution: str, aspect_ratio: str) -> tuple[int, int]:
    """Width and height in pixels; the resolution names the short side."""
    wide, high = map(int, aspect_ratio.split(":"))
    scale = _SHORT_SIDES[resolution] / min(wide, high)
    return round(wide * scale / 2) * 2, round(high * scale / 2) * 2


def signed_url(store: Store, video: Document) -> str:
    """A presigned URL of the video's file."""
    expires = int(store.timestamp() + _URL_SECONDS)
    query = f"Expires={expires}&Signature={_signature(video, str(expires))}"
    return f"{video['base_url']}{HOST}/video/{video['id']}.mp4?{query}"


def is_valid(store: Store, video: Document, query: Mapping[str, str]) -> bool:
    """Whether the query of a presigned URL is signed and has not expired."""
    expires = query.get("Expires", "")
    is_signed = hmac.compare_digest(_signature(video, expires), query.get("Signature", ""))
    return is_signed and store.timestamp() < int(expires)


def _signature(video: Document, expires: str) -> str:
    return hmac.new(video["file_secret"].encode(), expires.encode(), hashlib.sha256).hexdigest()
