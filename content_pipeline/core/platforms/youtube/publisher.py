"""Videos on YouTube, by a resumable session: its address is kept before the first byte is sent, and the last piece is
the commit. Whoever has the address can ask what became of the video, so that none is ever made twice."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from content_pipeline.core.clock import now
from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import (
    Access,
    NotCommitted,
    OutcomeUnknown,
    Post,
    PreparationLost,
    Prepared,
    Problem,
    Processing,
    Published,
    Ready,
    Refused,
)
from content_pipeline.core.platforms.youtube import channels, extras, limits, sessions
from content_pipeline.core.platforms.youtube.errors import unwanted
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.platforms.youtube.sessions import Session, Video

# People & Blogs, what YouTube takes for a video that names none.
_CATEGORY: Final = "22"
_TAG_CHARACTERS: Final = 500
_LONGEST_SHORT_SECONDS: Final = 180.0
_UNWANTED: Final = frozenset({"failed", "rejected"})
_ASK_AGAIN_SECONDS: Final = 15.0
_LOOK: Final = "Look at the channel in YouTube Studio; if the video is not there, publish it as a new one."


class YouTubePublisher:
    """Keeps `session` (the address of the upload), `size` in bytes, `opened_at`, the `title`, and whether the video is
    a `short`."""

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        """The limits of the video and its cover: of a channel, YouTube says nothing beforehand."""
        return limits.problems(post)

    def prepare(
        self,
        access: Access,
        post: Post,
        prepared: Prepared,
        *,
        keep: Callable[[Prepared], None],
        progress: Callable[[float], None],
    ) -> Ready | Processing:
        if not prepared:
            prepared = _opened(access, post)
            keep(prepared)
        sessions.fill(access, _session(prepared), post.video.path, progress)
        return Ready()

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        session = _session(prepared)
        try:
            return sessions.stored(access, session) == session.size
        except PreparationLost:
            return False

    def commit(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing:
        session, path = _session(prepared), post.video.path
        have = sessions.fill(access, session, path, progress=lambda _: None)
        if isinstance(have, int) and have < session.size:
            have = sessions.send(access, session, path, have, session.size)
        if have == session.size:
            return Processing(_ASK_AGAIN_SECONDS)
        if isinstance(have, int):
            raise UpstreamError(
                "YouTube lost a part of the video.", remedy="Nothing to do: it is sent again.", retryable=True
            )
        return _live(access, post, prepared, have)

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        have = _made(access, prepared)
        if isinstance(have, int):
            return Processing(_ASK_AGAIN_SECONDS)
        status = channels.status(access, have["id"])
        if status is None:
            raise OutcomeUnknown("The video is not on the channel any more.", remedy=_LOOK)
        if status["uploadStatus"] in _UNWANTED:
            raise unwanted(status)
        if status["uploadStatus"] == "processed":
            return Published(have["id"], _url(prepared, have["id"]))
        return Processing(_ASK_AGAIN_SECONDS)

    def reconcile(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing | NotCommitted:
        have = _made(access, prepared)
        if isinstance(have, int):
            return NotCommitted() if have < prepared["size"] else Processing(_ASK_AGAIN_SECONDS)
        return _live(access, post, prepared, have)


def _opened(access: Access, post: Post) -> Prepared:
    media = post.video.media
    opened_at = now().replace(microsecond=0)  # as exact as YouTube says when a video was uploaded
    return {
        "session": sessions.begin(access, _parts(post), media.bytes).address,
        "size": media.bytes,
        "opened_at": opened_at.isoformat(),
        "title": post.title,
        "short": _is_short(media),
    }


def _session(prepared: Prepared) -> Session:
    return Session(prepared["session"], prepared["size"])


def _parts(post: Post) -> dict[str, Any]:
    """The parts of the video's resource that are set when it is uploaded."""
    options = post.options
    assert isinstance(options, YouTubeOptions)
    parts: dict[str, Any] = {
        "snippet": {
            "title": post.title,
            "description": post.text,
            "tags": fitting_tags(post.hashtags),
            "categoryId": _CATEGORY,
        },
        "status": {
            "privacyStatus": options.privacy or "public",
            "selfDeclaredMadeForKids": bool(options.made_for_kids),
            "containsSyntheticMedia": bool(options.ai_generated),
        },
    }
    if post.captions:
        parts["snippet"]["defaultLanguage"] = post.captions.language
    if options.paid_partnership:
        parts["paidProductPlacementDetails"] = {"hasPaidProductPlacement": True}
    return parts


def fitting_tags(hashtags: Sequence[str]) -> list[str]:
    """As many of the hashtags as YouTube takes: it counts the commas between them too."""
    tags: list[str] = []
    left = _TAG_CHARACTERS
    for tag in hashtags:
        left -= len(tag) + bool(tags)
        if left < 0:
            break
        tags.append(tag)
    return tags


def _made(access: Access, prepared: Prepared) -> int | Video:
    """What has become of the last piece: the video, or how many bytes YouTube has instead.

    Raises Unknown when YouTube does not tell: that it refuses the question says nothing of the video.
    """
    try:
        return _found(access, prepared)
    except Refused as error:
        raise OutcomeUnknown(
            f"YouTube does not tell what became of the upload. {error.detail}", remedy=_LOOK
        ) from error


def _found(access: Access, prepared: Prepared) -> int | Video:
    """What the session says; it is forgotten after about a week, then the video that was uploaded since with the same
    title. Raises Unknown when that is none, or not one alone."""
    try:
        return sessions.stored(access, _session(prepared))
    except PreparationLost as error:
        found = channels.uploaded(access, prepared["title"], datetime.fromisoformat(prepared["opened_at"]))
        if len(found) != 1:
            raise OutcomeUnknown(
                f"YouTube has forgotten the upload, and {len(found)} videos of that title came since it began.",
                remedy=_LOOK,
            ) from error
        return {"id": found[0]}


def _live(access: Access, post: Post, prepared: Prepared, video: Video) -> Published:
    if video.get("status", {}).get("uploadStatus") in _UNWANTED:
        raise unwanted(video["status"])
    extras.add(access, post, video["id"])
    return Published(video["id"], _url(prepared, video["id"]))


def _is_short(video: MediaInfo) -> bool:
    """Whether YouTube shows it among the Shorts."""
    return video.height >= video.width and video.seconds <= _LONGEST_SHORT_SECONDS


def _url(prepared: Prepared, video_id: str) -> str:
    return transport.url("www.youtube.com", f"/{'shorts/' if prepared['short'] else 'watch?v='}{video_id}")
