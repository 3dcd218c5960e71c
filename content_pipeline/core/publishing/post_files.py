"""Files of a post: video, cover and subtitles, validated and linked for the platform."""

from io import BytesIO
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from content_pipeline.core.captions import captions
from content_pipeline.core.errors import Error, MediaUnusable, NotFound, NotMedia
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.library import sources
from content_pipeline.core.media import cue_segmentation, mp4_boxes, rendered_video, srt_vtt, untrusted
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.video import frame_size, remux_faststart
from content_pipeline.core.models import AvatarVideo, BurnIn, Caption, MadeVideo, Publication, Upload
from content_pipeline.core.platforms.base import Captions, Video
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.publishing.post_video import existing_video, made_video
from content_pipeline.core.tasks import cached_fetch
from content_pipeline.core.tasks.run_context import RunContext

log = structlog.get_logger()

_VIDEO: Final = "video"
_COVER: Final = "cover"
_THUMBNAIL: Final = "thumbnail"
# Pillow's names of the formats of a cover, and their media types.
_PICTURES: Final = ("JPEG", "PNG")
COVER_TYPES: Final = ("image/jpeg", "image/png")
_WEB_CODECS: Final = ("h264", "hevc")


def fetch_video(run: RunContext, publication: Publication, folder: Path) -> Video:
    """The video, in `folder`: one stored here, or a cached copy of `reel_url`.

    Raises what `copy_video` raises, NotFound `source_deleted`, and, for what was rendered here, InternalError
    `render_unplayable`, `render_size_wrong` and `render_rate_wrong`.
    """
    workspace_id, copy_id = publication.workspace_id, copy_id_of(publication)
    if publication.reel_url:
        return copy_video(run, publication.reel_url, folder, workspace_id=workspace_id, copy_id=copy_id)
    with run.write() as session:
        stored = existing_video(session, publication)
    location = storage.uri(sources.object_key(stored))
    if isinstance(stored, Upload):  # as a client's file comes from elsewhere
        return copy_video(run, location, folder, workspace_id=workspace_id, copy_id=copy_id)
    key, path = sources.object_key(stored), folder / _VIDEO
    run.fetch_stored(key, path)
    return Video(path, storage.signed_url(key), _check_rendered(run, stored, path))


def copy_id_of(publication: Publication) -> UUID:
    """The id of the copy of a post's video that was not made here: of its calendar item, else of its request."""
    return publication.copy_id or publication.request_id


def _check_rendered(run: RunContext, stored: BurnIn | MadeVideo, path: Path) -> MediaInfo:
    """The media info of a rendered file: it may be from a release that checked less, or damaged since.

    A burn-in has the size of its recording (that of another video is not stored), and its rate is made of that of the
    client's; HeyGen's videos have HeyGen's rate.
    """
    is_foreign = isinstance(stored, AvatarVideo) and stored.provider == "heygen"
    with rendered_video.examined():
        media = untrusted.probe(path) if is_foreign else probe(path)
    rendered_video.check_playable(media, may_be_silent=isinstance(stored, BurnIn))
    if isinstance(stored, BurnIn):
        with run.write() as session:
            recording = session.scalar(select(Caption.media).where(Caption.id == stored.caption_id))
        if recording and stored.source_url is None:
            rendered_video.check_size(media, *frame_size(recording))
        return media
    if stored.media:
        rendered_video.check_size(media, stored.media.width, stored.media.height)
    if not is_foreign:
        rendered_video.check_rate(media)
    return media


def copy_video(run: RunContext, location: str, folder: Path, *, workspace_id: UUID, copy_id: UUID) -> Video:
    """The video of a URL or URI, in `folder`: the copy that there is under `copy_id`, or one that is made now.

    Raises what `inspect_video` and `cached_fetch.fetch_cached` raise.
    """
    path, key = folder / _VIDEO, _object_key(workspace_id, copy_id, _VIDEO)
    thumbnail_key = _object_key(workspace_id, copy_id, _THUMBNAIL)
    media = cached_fetch.fetch_cached(
        run,
        location,
        path,
        workspace_id=workspace_id,
        object_key=key,
        content_type="video/mp4",
        inspect=inspect_video,
        accept=lambda path: _accept_video(path, thumbnail_key),
    )
    return Video(path, storage.signed_url(key), media)


def _accept_video(path: Path, thumbnail_key: str) -> MediaInfo:
    """`inspect_video`, after a remux to faststart where the file needs it. Its thumbnail is stored.

    Cameras and phones write the moov box last, which Instagram rejects (2207026) only after it has fetched it all.
    """
    media = inspect_video(path)
    _store_thumbnail(path, thumbnail_key)
    if media.video_codec not in _WEB_CODECS or media.audio_codec not in (None, "aac"):
        return media
    if media.container != "mov" or mp4_boxes.is_faststart(path):
        return media
    remux_faststart(path, media)
    return untrusted.probe(path)


def _store_thumbnail(path: Path, key: str) -> None:
    """Once for each copy: it takes 0.12 s. Without it, which only Dagster's pages show, the video is as good."""
    try:
        storage.put(key, BytesIO(untrusted.thumbnail(path)), content_type="image/jpeg")
    except Error:
        log.warning("thumbnail_not_made", exc_info=True)


def load_thumbnail(workspace_id: UUID, copy_id: UUID) -> bytes:
    """The JPEG of a copied video's first frame; empty without one."""
    try:
        return storage.load(_object_key(workspace_id, copy_id, _THUMBNAIL))
    except NotFound:
        return b""


def inspect_video(path: Path, workspace_id: UUID | None = None) -> MediaInfo:
    """Probe a video. Raises NotMedia, and MediaUnusable `no_video` for a file without pictures."""
    media = untrusted.probe(path, workspace_id)
    if media.container == "gif":
        raise NotMedia("A GIF is not a video that platforms take.", remedy="Send an MP4.")
    if not media.has_video:
        raise MediaUnusable("This file has no pictures.", code="no_video", remedy="Send a video.")
    return media


def fetch_cover(
    run: RunContext, publication: Publication, options: PostOptions, folder: Path
) -> tuple[Path, str] | None:
    """The cover from `options`, as a file in `folder` and as a signed link; None without one."""
    if not options.cover:
        return None
    key = _object_key(publication.workspace_id, publication.request_id, f"{_COVER}-{publication.platform}")
    location = options.cover
    if not storage.exists(key):  # the copy is used also when the upload was deleted
        with run.write() as session:
            own = sources.find_own(session, publication.workspace_id, location, kinds=sources.PICTURE)
        location = own.location if own else location
    path = folder / _COVER
    cached_fetch.fetch_cached(
        run,
        location,
        path,
        workspace_id=publication.workspace_id,
        object_key=key,
        content_type="image/jpeg",
        inspect=inspect_picture,
    )
    return path, storage.signed_url(key)


def inspect_picture(path: Path, workspace_id: UUID | None = None) -> None:
    """Raises NotMedia `cover_unusable` for anything but a JPEG or PNG, MediaUnusable as `untrusted.picture_size`."""
    try:
        untrusted.picture_size(path, _PICTURES, workspace_id)
    except NotMedia as error:
        raise cover_unusable() from error


def cover_unusable() -> NotMedia:
    """The error of a cover of another format."""
    return NotMedia("The cover is not a JPEG or PNG picture.", code="cover_unusable", remedy="Give a JPEG or PNG.")


def subtitles_of(run: RunContext, publication: Publication, options: PostOptions) -> Captions | None:
    """The subtitles to upload: those named in `options`, else the words of a video that was made here."""
    with run.write() as session:
        if options.subtitles:
            caption = captions.get(session, publication.workspace_id, options.subtitles)
            return Captions(captions.document(caption, "srt"), caption.text_language)
        made = made_video(session, publication)
    if made is None or not made.words or not made.narration_seconds:
        return None
    language = made.language or "en"
    segments = cue_segmentation.segment(made.words, language=language, duration=made.narration_seconds)
    return Captions(srt_vtt.srt(segments), language)


def _object_key(workspace_id: UUID, request_id: UUID, name: str) -> str:
    return f"{workspace_id}/publications/{request_id}/{name}"
