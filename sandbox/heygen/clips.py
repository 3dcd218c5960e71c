"""Renders the clip of a finished video, and signs the addresses at which it is downloaded."""

import hashlib
import hmac
import subprocess
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import uuid4

import imageio_ffmpeg

from sandbox.store import Document, Store

HOST: Final = "resource2.heygen.ai"

_URL_SECONDS: Final = 7 * 86_400
_SHORT_SIDES: Final = {"720p": 720, "1080p": 1080, "4k": 2160}
_LOOP_SECONDS: Final = 2


def render(store: Store, video: Document) -> str:
    """The name of the video's media file: a coloured background, a mouth that moves, a tone. Rendered at first use."""
    name = f"heygen-{video['id']}.mp4"
    target = store.media_path(name)
    if not target.exists():
        loop, part = (str(store.media_path(f"{uuid4().hex}.mp4")) for _ in range(2))
        _render_picture(video, loop)
        # The picture is repeated, because encoding all of it would take longer than clients wait for a first byte.
        inputs = ("-stream_loop", "-1", "-i", loop, "-f", "lavfi", "-i", "sine=220:sample_rate=48000")
        codecs = ("-c:v", "copy", "-c:a", "aac", "-movflags", "+faststart")
        _ffmpeg(*inputs, *codecs, "-t", str(video["seconds"]), part)
        Path(loop).unlink()
        Path(part).replace(target)
    return name


def _render_picture(video: Document, target: str) -> None:
    width, height = _size(video["resolution"], video["aspect_ratio"])
    color = f"0x{hashlib.sha256(video['id'].encode()).hexdigest()[:6]}"
    mouth = f"{width // 4 * 2}x{height // 24 * 2}"
    sources = ((color, f"{width}x{height}"), ("white", mouth))
    inputs = [("-f", "lavfi", "-i", f"color={fill}:s={size}:r=25:d={_LOOP_SECONDS}") for fill, size in sources]
    moving = "overlay=x=(W-w)/2:y='H*0.6+h/2*sin(PI*3*t)',format=yuv420p"
    _ffmpeg(*chain(*inputs), "-filter_complex", moving, "-c:v", "libx264", "-preset", "ultrafast", target)


def _ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True)


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
