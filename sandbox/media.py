"""Media files: uploads, downloads by URL, and probing with FFmpeg."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

import av
import httpx
import imageio_ffmpeg
from fastapi import Request
from starlette.requests import ClientDisconnect

_FETCH_SECONDS: Final = 30.0
_FORMATS: Final = "mov,matroska,webm,avi,flv,mpegts,mpeg,asf"


class FetchFailed(Exception):
    """The media could not be downloaded."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Properties of a video file. `container` is the first of FFmpeg's format names, `mov` for MP4 too; `faststart`:
    whether an MP4 has its index first. Audio fields are empty or 0 without audio."""

    bytes: int
    container: str
    faststart: bool
    seconds: float
    width: int
    height: int
    frames_per_second: float
    bits_per_second: float
    video_codec: str
    pixel_format: str
    audio_codec: str
    audio_rate: int
    audio_channels: int


def probe(path: Path) -> Probe | None:
    """Probe a file and decode its first frame; None if it is not a playable video."""
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
    try:
        with av.open(str(path.absolute()), container_options=options, metadata_errors="ignore") as container:
            video = container.streams.video[0]
            audio = next(iter(container.streams.audio), None)
            next(container.decode(video))
            seconds = (container.duration or 0) / av.time_base
            return Probe(
                bytes=path.stat().st_size,
                container=container.format.name.partition(",")[0],
                faststart=_has_faststart(path),
                seconds=seconds,
                width=video.width,
                height=video.height,
                frames_per_second=float(video.average_rate or 0),
                bits_per_second=8 * path.stat().st_size / seconds if seconds else 0.0,
                video_codec=video.codec_context.name,
                pixel_format=video.codec_context.pix_fmt or "",
                audio_codec=audio.codec_context.name if audio else "",
                audio_rate=audio.sample_rate if audio else 0,
                audio_channels=audio.channels if audio else 0,
            )
    except (av.FFmpegError, IndexError, StopIteration, ValueError):
        return None


def _has_faststart(path: Path) -> bool:
    """Whether the index (moov) of an MP4 precedes its media data (mdat)."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, name = int.from_bytes(head[:4], "big"), head[4:]
            if name in (b"moov", b"mdat"):
                return name == b"moov"
            if size == 1:  # the size follows as 64 bits
                size = int.from_bytes(file.read(8), "big") - 8
            file.seek(max(size - 8, 0), 1)
    return False


def image_extension(image: bytes) -> Literal["jpg", "png"] | None:
    """The file extension of a JPEG or PNG; None for anything else."""
    if image.startswith(b"\xff\xd8\xff"):
        return "jpg"
    return "png" if image.startswith(b"\x89PNG\r\n\x1a\n") else None


def fetch(url: str, target: Path, *, max_bytes: int) -> None:
    """Download `url` into `target`. Raises FetchFailed."""
    try:
        with httpx.stream("GET", url, timeout=_FETCH_SECONDS, follow_redirects=True, trust_env=False) as response:
            response.raise_for_status()
            with target.open("wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    if file.tell() > max_bytes:
                        raise FetchFailed("too large")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchFailed(str(error)) from error


async def request_body(request: Request) -> AsyncIterator[Path]:
    """FastAPI dependency: the request body as a temporary file, deleted after the response. If the client disconnects,
    the file holds the bytes received so far."""
    path: Path = request.app.state.store.media_path(f"incoming-{uuid4().hex}")
    try:
        with path.open("wb") as file:
            try:
                async for chunk in request.stream():
                    file.write(chunk)
            except ClientDisconnect:
                pass
        yield path
    finally:
        path.unlink(missing_ok=True)


def run_ffmpeg(*arguments: str) -> None:
    """Run FFmpeg; it overwrites its output. Raises CalledProcessError."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y", *arguments]
    subprocess.run(command, check=True)


def write_at(offset: int, source: Path, target: Path) -> None:
    """Write the bytes of one file into another at `offset`, and truncate after them. Creates the target if missing.

    Bytes after the offset are discarded: a server that was killed may have written more than the store recorded.
    """
    target.touch()
    with source.open("rb") as reader, target.open("r+b") as writer:
        writer.seek(offset)
        writer.truncate()
        shutil.copyfileobj(reader, writer)
