"""Instagram's containers: what is fetched or uploaded, judged, and kept ready for a day."""

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


def status(world: Store, container: Document) -> Status:
    """How a container stands. It is ready when its media is there and some time of processing has passed."""
    if container["media_id"]:
        return "PUBLISHED"
    if world.seconds() - container["created_at"] > _EXPIRY_SECONDS:
        return "EXPIRED"
    if container["problem"]:
        return "ERROR"
    processed = world.seconds() - container["created_at"] >= read_settings(world).instagram_processing_seconds
    return "FINISHED" if container["state"] == "stored" and processed else "IN_PROGRESS"


def status_text(container: Document, status: Status) -> str:
    """The status in a sentence; of a failed one with the subcode of its error."""
    if status != "ERROR":
        return _STATUS_TEXTS[status]
    problem = container["problem"]
    return f"Error: Media upload has failed with error code {problem['subcode']}: {problem['text']}"


class MediaProcessor:
    """Fetches and judges media in the background, as the platform does. What a killed server left is taken up again."""

    def __init__(self, world: Store) -> None:
        self._world = world
        self._workers = ThreadPoolExecutor(4, thread_name_prefix="instagram-intake")
        for container in world.all(KIND, state="new"):
            self.begin(container["id"])

    def begin(self, id: str) -> None:
        self._workers.submit(self._take_in, id)

    def _take_in(self, id: str) -> None:
        container = self._world.get(KIND, id)
        if container is None:
            return
        try:
            if container["video_url"]:
                container["media"] = self._fetched(container["video_url"], "mp4", MAX_BYTES)
            if container["cover_url"]:
                container["cover"] = self._fetched(container["cover_url"], "jpg", _COVER_BYTES)
        except FetchFailed:
            problem: Document | None = _problem(9004, 2207052, "The media could not be fetched from this URI.")
        else:
            problem = self._ordered() or self._judge_video(container) or self._judge_cover(container)
        with self._world.transaction():
            if self._world.get(KIND, id):  # else it was reset meanwhile
                self._world.put(KIND, id, {**container, "problem": problem, "state": "failed" if problem else "stored"})

    def _fetched(self, url: str, ending: str, max_bytes: int) -> str:
        name = f"{uuid4().hex}.{ending}"
        fetch(url, self._world.media(name), max_bytes=max_bytes)
        return name

    def _ordered(self) -> Document | None:
        subcode = read_settings(self._world).instagram_container_error
        return None if subcode is None else _problem(-1, subcode, "This was ordered.")

    def _judge_video(self, container: Document) -> Document | None:
        return _check_video(probe(self._world.media(container["media"])))

    def _judge_cover(self, container: Document) -> Document | None:
        if not container["cover"]:
            return None
        try:
            with Image.open(self._world.media(container["cover"])) as picture:
                picture.verify()
        except (UnidentifiedImageError, OSError):
            return _problem(9004, 2207052, "The cover is not an image.")
        return None


def _check_video(video: Probe | None) -> Document | None:
    """The documented limits of a Reel."""
    if video is None or video.container != "mov":
        return _unsupported("The video is not MOV or MP4.")
    if not 0.01 <= video.width / video.height <= 10:
        return _problem(36003, 2207009, "The aspect ratio is not between 0.01:1 and 10:1.")
    rules = {
        "The moov atom is not at the front of the file.": video.index_first,
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
    return next((_unsupported(rule) for rule, holds in rules.items() if not holds), None)


def _unsupported(text: str) -> Document:
    return _problem(352, 2207026, text)


def _problem(code: int, subcode: int, text: str) -> Document:
    return {"code": code, "subcode": subcode, "text": text}
