"""Examines an uploaded file: whether its bytes are a video, a picture or sound, and which. Its name says nothing."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from content_pipeline.core.errors import NotMedia
from content_pipeline.core.media import heif, limits, untrusted
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import HEIF_PICTURE
from content_pipeline.core.models.uploads import UploadKind

# The name of a format for `untrusted.picture_size`, and its media type, by the bytes that its files begin with.
_PICTURES: Final = {
    re.compile(rb"\xff\xd8\xff"): ("JPEG", "image/jpeg"),
    re.compile(rb"\x89PNG\r\n\x1a\n"): ("PNG", "image/png"),
    re.compile(rb"RIFF.{4}WEBP", re.DOTALL): ("WEBP", "image/webp"),
    re.compile(rb"GIF8"): ("GIF", "image/gif"),
}
# The media subtypes of containers that are not named like their subtype. SVG, HTML and other text are not media, so a
# browser that opens one of these runs nothing.
_SUBTYPES: Final = {
    "mov": "mp4",
    "matroska": "x-matroska",
    "avi": "x-msvideo",
    "flv": "x-flv",
    "mpegts": "mp2t",
    "asf": "x-ms-asf",
    "mp3": "mpeg",
    "w64": "x-w64",
    "caf": "x-caf",
    "amrnb": "amr",
    "amrwb": "amr-wb",
    "au": "basic",
}
_WEBM_CODECS: Final = {"vp8", "vp9", "av1", "opus", "vorbis", None}


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file is. `media` is None for a picture; width and height, as shown, are None for sound."""

    kind: UploadKind
    content_type: str
    media: MediaInfo | None
    width: int | None
    height: int | None


def examine(path: Path, *, workspace_id: UUID, media_seconds: int) -> Examined:
    """Examine an untrusted file of a workspace in a child process.

    Raises NotMedia, MediaUnusable `media_too_long` beyond `media_seconds`, and as `untrusted.probe` and
    `untrusted.picture_size` do.
    """
    with path.open("rb") as stream:
        head = stream.read(12)
    if picture := _picture(path, head, workspace_id):
        return picture
    media = _probe(path, workspace_id)
    limits.check_allowed(media.seconds, media_seconds)
    if not media.has_video:
        return Examined("sound", _content_type(media, head), media, None, None)
    return Examined("video", _content_type(media, head), media, media.width, media.height)


def _picture(path: Path, head: bytes, workspace_id: UUID) -> Examined | None:
    """None for what is no picture, and for one that moves, which is a video."""
    form, content_type = _picture_format(path, head)
    if not form:
        return None
    try:
        width, height = untrusted.picture_size(path, [form], workspace_id)
    except NotMedia:
        if form == "GIF":
            return None
        raise
    return Examined("picture", content_type, None, width, height)


def _picture_format(path: Path, head: bytes) -> tuple[str, str]:
    """The name of a format and its media type; empty for what is no picture."""
    if heif.is_photo(path):
        return heif.FORMAT, "image/heic"
    brands = heif.brands(path)
    if b"avif" in brands and b"avis" not in brands:  # `avis` is a sequence of pictures
        return "AVIF", "image/avif"
    return next((found for beginning, found in _PICTURES.items() if beginning.match(head)), ("", ""))


def _probe(path: Path, workspace_id: UUID) -> MediaInfo:
    try:
        return untrusted.probe(path, workspace_id)
    except NotMedia as error:
        if error.code in {"empty_file", HEIF_PICTURE}:
            raise
        raise NotMedia(
            "The file is neither a video, nor a picture, nor sound.",
            remedy="Send for example MP4, MOV, JPEG, PNG, MP3 or WAV.",
        ) from error


def _content_type(media: MediaInfo, head: bytes) -> str:
    if media.container == "gif":
        return "image/gif"
    subtype = _SUBTYPES.get(media.container, media.container)
    if media.container == "mov" and head[4:12] == b"ftypqt  ":
        subtype = "quicktime"
    if media.container == "matroska" and {media.video_codec, media.audio_codec} <= _WEBM_CODECS:
        subtype = "webm"
    return f"{'video' if media.has_video else 'audio'}/{subtype}"
