"""Instagram media containers: download, validation and status; a container expires after a day."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal
from uuid import uuid4

from PIL import Image, UnidentifiedImageError

from sandbox.media import FetchFailed, Probe, fetch, probe
from sandbox.settings import read_settings
from sandbox.store import Document, Store

KIND: Final = "instagram_container"
MAX_BYTES: Final = 300_000_000

Status = Literal["IN_PROGRESS", "FINISHED", "PUBLISHED", "ERROR", "EXPIRED"]

_STATUS_TEXTS: Final[dict[Status, str]] = {
    "IN_PROGRESS": "In Progress: Media is still being processed.",
    "FINISHED": "Finished: Media has been uploaded and it is ready to be published.",
    "PUBLISHED": "Published: Media has been published.",
    "EXPIRED": "Expired: Media was not published within 24 hours.",
}
_EXPIRY_SECONDS: Final = 86_400
_COVER_BYTES: Final = 8_000_000


def status(store: Store, container: Document) -> Status:
    """Status of a container: FINISHED once its media is stored and the processing time has passed."""
    if container["media_id"]:
        return "PUBLISHED"
    if store.timestamp() - container["created_at"] > _EXPIRY_SECONDS:
        return "EXPIRED"
    if container["problem"]:
        return "ERROR"
    processed = store.timestamp() - container["created_at"] >= read_settings(store).instagram_processing_seconds
    return "FINISHED" if container["state"] == "stored" and processed else "IN_PROGRESS"


def status_text(container: Document, status: Status) -> str:
    """The status as a sentence, with the error subcode if it failed."""
    if status != "ERROR":
        return _STATUS_TEXTS[status]
    problem = container["problem"]
    return f"Error: Media upload has failed with error code {problem['subcode']}: {problem['text']}"


class MediaProcessor:
    """Downloads and validates media in a thread pool. Resubmits what a killed server left unprocessed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="instagram-media")
        for container in store.find(KIND, state="new"):
            self.submit(container["id"])

    def close(self) -> None:
        """Finish the containers at work; the rest is resubmitted at the next start."""
        self._workers.shutdown(cancel_futures=True)

    def submit(self, id: str) -> None:
        self._workers.submit(self._process, id)

    def _process(self, id: str) -> None:
        container = self._store.get(KIND, id)
        if container is None:
            return
        try:
            if container["video_url"]:
                container["media"] = self._download(container["video_url"], "mp4", MAX_BYTES)
            if container["cover_url"]:
                container["cover"] = self._download(container["cover_url"], "jpg", _COVER_BYTES)
        except FetchFailed:
            problem: Document | None = _problem(9004, 2207052, "The media could not be fetched from this URI.")
        else:
            video = probe(self._store.media_path(container["media"]))
            container["seconds"] = video.seconds if video else None
            problem = self._configured_error() or _check_video(video) or self._check_cover(container)
        with self._store.transaction():
            if self._store.get(KIND, id):  # it is gone after a reset
                self._store.put(KIND, id, {**container, "problem": problem, "state": "failed" if problem else "stored"})

    def _download(self, url: str, extension: str, max_bytes: int) -> str:
        name = f"{uuid4().hex}.{extension}"
        fetch(url, self._store.media_path(name), max_bytes=max_bytes)
        return name

    def _configured_error(self) -> Document | None:
        subcode = read_settings(self._store).instagram_container_error
        return None if subcode is None else _problem(-1, subcode, "This error was configured.")

    def _judge_video(self, container: Document) -> Document | None:
        return _check_video(probe(self._store.media_path(container["media"])))

    def _check_cover(self, container: Document) -> Document | None:
        if not container["cover"]:
            return None
        try:
            with Image.open(self._store.media_path(container["cover"])) as picture:
                picture.verify()
        except (UnidentifiedImageError, OSError):
            return _problem(9004, 2207052, "The cover is not an image.")
        return None


def _check_video(video: Probe | None) -> Document | None:
    """Check the documented limits of a Reel; returns the error, if any."""
    if video is None or video.container != "mov":
        return _unsupported("The video is not MOV or MP4.")
    if not 0.01 <= video.width / video.height <= 10:
        return _problem(36003, 2207009, "The aspect ratio is not between 0.01:1 and 10:1.")
    checks = {
        "The moov atom is not at the front of the file.": video.faststart,
        "The video codec is not H264 or HEVC.": video.video_codec in ("h264", "hevc"),
        "The chroma subsampling is not 4:2:0.": "420p" in video.pixel_format,
        "The frame rate is not between 23 and 60.": 23 <= video.frames_per_second <= 60,
        "The video has more than 25 Mbps.": video.bits_per_second <= 25_000_000,
        "The video is wider than 1920 pixels.": video.width <= 1920,
        "The video is not between 3 seconds and 15 minutes long.": 3 <= video.seconds <= 900,
        "The audio codec is not AAC.": video.audio_codec in ("aac", ""),
        "The audio has more than 48 kHz.": video.audio_rate <= 48_000,
        "The audio has more than 2 channels.": video.audio_channels <= 2,
    }
    return next((_unsupported(message) for message, passed in checks.items() if not passed), None)


def _unsupported(text: str) -> Document:
    return _problem(352, 2207026, text)


def _problem(code: int, subcode: int, text: str) -> Document:
    return {"code": code, "subcode": subcode, "text": text}
