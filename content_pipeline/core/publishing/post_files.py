"""Files of a post: video, cover and subtitles, validated and linked for the platform."""

from pathlib import Path
from typing import Final
from uuid import UUID

from content_pipeline.core import storage
from content_pipeline.core.captions import captions
from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media import cue_segmentation, mp4_boxes, srt_vtt, untrusted
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.video import remux_faststart
from content_pipeline.core.models import Publication
from content_pipeline.core.platforms.base import Captions, Video
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.publishing.post_video import made_video
from content_pipeline.core.tasks import cached_fetch
from content_pipeline.core.tasks.run_context import RunContext

_VIDEO: Final = "video"
_COVER: Final = "cover"
_PICTURES: Final = ("JPEG", "PNG")
_WEB_CODECS: Final = ("h264", "hevc")


def fetch_video(run: RunContext, publication: Publication, folder: Path) -> Video:
    """The video, in `folder`: one made here, or a cached copy of `reel_url`. Raises what `inspect_video` and
    `cached_fetch.fetch_cached` raise."""
    path = folder / _VIDEO
    if publication.reel_url:
        key = _object_key(publication, _VIDEO)
        media = cached_fetch.fetch_cached(
            run,
            publication.reel_url,
            path,
            workspace_id=publication.workspace_id,
            object_key=key,
            content_type="video/mp4",
            inspect=_inspect_and_remux,
        )
        return Video(path, storage.signed_url(key), media)
    with run.write() as session:
        made = made_video(session, publication)
    assert made
    key = made.output_key or ""
    storage.fetch(key, path)
    return Video(path, storage.signed_url(key), probe(path))


def _inspect_and_remux(path: Path) -> MediaInfo:
    """`inspect_video`, after a remux to faststart where the file needs it.

    Cameras and phones write the moov box last, which Instagram rejects (2207026) only after it has fetched it all.
    """
    media = inspect_video(path)
    if media.video_codec not in _WEB_CODECS or media.audio_codec not in (None, "aac"):
        return media
    if media.container != "mov" or mp4_boxes.is_faststart(path):
        return media
    remux_faststart(path, media)
    return untrusted.probe(path)


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
    url = options.cover
    if not url:
        return None
    path, key = folder / _COVER, _object_key(publication, f"{_COVER}-{publication.platform}")
    cached_fetch.fetch_cached(
        run,
        url,
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
        raise NotMedia(
            "The cover is not a JPEG or PNG picture.", code="cover_unusable", remedy="Give a JPEG or PNG."
        ) from error


def subtitles_of(run: RunContext, publication: Publication, options: PostOptions) -> Captions | None:
    """The subtitles to upload: those named in `options`, else the words of a video that was made here."""
    with run.write() as session:
        caption = captions.get(session, publication.workspace_id, options.subtitles) if options.subtitles else None
        made = made_video(session, publication)
    if caption:
        return Captions(captions.document(caption, "srt"), caption.text_language)
    if made is None or not made.words or not made.narration_seconds:
        return None
    language = made.language or "en"
    segments = cue_segmentation.segment(made.words, language=language, duration=made.narration_seconds)
    return Captions(srt_vtt.srt(segments), language)


def _object_key(publication: Publication, name: str) -> str:
    return f"{publication.workspace_id}/publications/{publication.request_id}/{name}"
