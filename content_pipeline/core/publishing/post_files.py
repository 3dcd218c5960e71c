"""The files of a post: its video, its cover, its captions."""

from pathlib import Path
from typing import Final

import PIL.Image

from content_pipeline.core import storage
from content_pipeline.core.captions import captions
from content_pipeline.core.errors import MediaUnusable, NotMedia
from content_pipeline.core.media import cue_segmentation, mp4_boxes, srt_vtt
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.probe import probe
from content_pipeline.core.media.video import remux_faststart
from content_pipeline.core.models import Publication, Reel
from content_pipeline.core.platforms.base import Captions, Video
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.tasks import cached_fetch
from content_pipeline.core.tasks.run_context import RunContext

_VIDEO: Final = "video"
_COVER: Final = "cover"
_PICTURES: Final = ("JPEG", "PNG")
_WEB_CODECS: Final = ("h264", "hevc")


def fetch_video(run: RunContext, publication: Publication, folder: Path) -> Video:
    """The video, in `folder`: the reel, or a copy of somebody's own. Raises as `inspect_video` and `bring` do."""
    path = folder / _VIDEO
    if publication.reel_url:
        key = _key(publication, _VIDEO)
        media = cached_fetch.fetch_cached(
            run,
            publication.reel_url,
            path,
            workspace_id=publication.workspace_id,
            object_key=key,
            content_type="video/mp4",
            inspect=_playable,
        )
        return Video(path, storage.signed_url(key), media)
    with run.write() as session:
        key = session.get_one(Reel, publication.reel_id).output_key or ""
    storage.fetch(key, path)
    return Video(path, storage.signed_url(key), probe(path))


def _playable(path: Path) -> MediaInfo:
    """`inspect_video`, once the file can be played while it arrives.

    Cameras and phones write the index last, and Instagram refuses that (2207026) only after it has fetched it all.
    """
    media = inspect_video(path)
    if media.video_codec not in _WEB_CODECS or media.audio_codec not in (None, "aac"):
        return media
    if media.container != "mov" or mp4_boxes.is_faststart(path):
        return media
    remux_faststart(path, media)
    return probe(path)


def inspect_video(path: Path) -> MediaInfo:
    """The facts of a file that is to be posted. Raises NotMedia, MediaUnusable."""
    media = probe(path)
    if not media.has_video:
        raise MediaUnusable("This file has no pictures.", code="no_video", remedy="Send a video.")
    return media


def fetch_cover(
    run: RunContext, publication: Publication, options: PostOptions, folder: Path
) -> tuple[Path, str] | None:
    """The picture that is asked for as the cover, as a file and as a link."""
    url = options.cover
    if not url:
        return None
    path, key = folder / _COVER, _key(publication, f"{_COVER}-{publication.platform}")
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


def inspect_picture(path: Path) -> None:
    """Raises NotMedia `cover_unusable` for what is no JPEG or PNG."""
    try:
        with PIL.Image.open(path, formats=_PICTURES) as picture:
            picture.verify()
    except (OSError, SyntaxError, PIL.Image.DecompressionBombError) as error:
        raise NotMedia("The cover is no picture.", code="cover_unusable", remedy="Give a JPEG or PNG.") from error


def subtitles_of(run: RunContext, publication: Publication, options: PostOptions) -> Captions | None:
    """The subtitles that go with it: those asked for, else the words of our own reel."""
    with run.write() as session:
        caption = captions.get(session, publication.workspace_id, options.subtitles) if options.subtitles else None
        reel = session.get(Reel, publication.reel_id) if publication.reel_id else None
    if caption:
        return Captions(captions.document(caption, "srt"), caption.spoken_language or caption.language)
    if reel is None or not reel.words or not reel.narration_seconds:
        return None
    language = reel.language or "en"
    segments = cue_segmentation.segment(reel.words, language=language, duration=reel.narration_seconds)
    return Captions(srt_vtt.srt(segments), language)


def _key(publication: Publication, name: str) -> str:
    return f"{publication.workspace_id}/publications/{publication.request_id}/{name}"
