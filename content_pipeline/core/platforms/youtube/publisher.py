"""Publishes videos on YouTube by a resumable upload session: the last chunk is the commit.

The session's URL is stored before the first byte is sent. It tells the outcome of the upload, so that no video is
uploaded twice.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.platforms import base, transport
from content_pipeline.core.platforms.youtube import channels, extras, limits, sessions
from content_pipeline.core.platforms.youtube.errors import rejected
from content_pipeline.core.platforms.youtube.options import YouTubeOptions
from content_pipeline.core.platforms.youtube.sessions import Session, Video

# People & Blogs, YouTube's own default.
_CATEGORY: Final = "22"
_TAG_CHARACTERS: Final = 500
_LONGEST_SHORT_SECONDS: Final = 180.0
_REJECTED: Final = frozenset({"failed", "rejected"})
_ASK_AGAIN_SECONDS: Final = 15.0
_LOOK: Final = "Look at the channel in YouTube Studio; if the video is not there, publish it as a new one."


class YouTubePublisher:
    """`prepared`: `session` (the URL of the upload), `size` in bytes, `opened_at`, `title`, and whether the video is a
    `short`."""

    def check(self, access: base.Access | None, post: base.Post) -> list[base.Problem]:
        """Checks limits of the video and its cover; YouTube has no API for limits of a channel."""
        return limits.problems(post)

    def needs_post(self, prepared: base.Prepared) -> bool:
        return True

    def prepare(
        self,
        access: base.Access,
        post: base.Post | None,
        prepared: base.Prepared,
        *,
        keep: Callable[[base.Prepared], None],
        progress: Callable[[float], None],
        patient: bool = True,
    ) -> base.Ready | base.Processing:
        assert post
        if not prepared:
            prepared = _open_session(access, post)
            keep(prepared)
        sessions.fill(access, _session(prepared), post.video.path, progress)
        return base.Ready()

    def is_processing(self, access: base.Access, prepared: base.Prepared) -> bool:
        session = _session(prepared)
        try:
            return sessions.stored(access, session) == session.size
        except base.PreparationLost:
            return False

    def commit(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing:
        assert post
        session, path = _session(prepared), post.video.path
        received = sessions.fill(access, session, path, progress=lambda _: None)
        if isinstance(received, int) and received < session.size:
            received = sessions.send(access, session, path, received, session.size)
        if received == session.size:
            return base.Processing(_ASK_AGAIN_SECONDS)
        if isinstance(received, int):
            raise UpstreamError(
                "YouTube lost a part of the video.", remedy="Nothing to do: it is sent again.", retryable=True
            )
        return _published(access, post, prepared, received)

    def confirm(self, access: base.Access, prepared: base.Prepared) -> base.Published | base.Processing:
        received = _upload_result(access, prepared)
        if isinstance(received, int):
            return base.Processing(_ASK_AGAIN_SECONDS)
        status = channels.status(access, received["id"])
        if status is None:
            raise base.OutcomeUnknown("The video is not on the channel any more.", remedy=_LOOK)
        if status["uploadStatus"] in _REJECTED:
            raise rejected(status)
        if status["uploadStatus"] == "processed":
            return base.Published(received["id"], _url(prepared, received["id"]))
        return base.Processing(_ASK_AGAIN_SECONDS)

    def reconcile(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing | base.NotCommitted:
        received = _upload_result(access, prepared)
        if isinstance(received, int):
            return base.NotCommitted() if received < prepared["size"] else base.Processing(_ASK_AGAIN_SECONDS)
        assert post
        return _published(access, post, prepared, received)


def _open_session(access: base.Access, post: base.Post) -> base.Prepared:
    media = post.video.media
    opened_at = now().replace(microsecond=0)  # the precision of YouTube's publishedAt
    return {
        "session": sessions.begin(access, _parts(post), media.bytes).address,
        "size": media.bytes,
        "opened_at": opened_at.isoformat(),
        "title": post.title,
        "short": _is_short(media),
    }


def _session(prepared: base.Prepared) -> Session:
    return Session(prepared["session"], prepared["size"])


def _parts(post: base.Post) -> dict[str, Any]:
    """The parts of the video resource that are set at the upload."""
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
    """As many of the hashtags as fit: YouTube counts the commas between them too."""
    tags: list[str] = []
    left = _TAG_CHARACTERS
    for tag in hashtags:
        left -= len(tag) + bool(tags)
        if left < 0:
            break
        tags.append(tag)
    return tags


def _upload_result(access: base.Access, prepared: base.Prepared) -> int | Video:
    """The video, or how many bytes YouTube has while it is incomplete.

    Raises OutcomeUnknown when YouTube refuses the read, which says nothing about the video.
    """
    try:
        return _find_upload(access, prepared)
    except base.Refused as error:
        raise base.OutcomeUnknown(
            f"YouTube does not tell what became of the upload. {error.detail}", remedy=_LOOK
        ) from error


def _find_upload(access: base.Access, prepared: base.Prepared) -> int | Video:
    """The session's state; for a session that YouTube has forgotten (after about a week), the only video of the same
    title that was uploaded since. Raises OutcomeUnknown when there is none, or more than one."""
    try:
        return sessions.stored(access, _session(prepared))
    except base.PreparationLost as error:
        found = channels.uploaded(access, prepared["title"], datetime.fromisoformat(prepared["opened_at"]))
        if len(found) != 1:
            raise base.OutcomeUnknown(
                f"YouTube has forgotten the upload, and {len(found)} videos of that title came since it began.",
                remedy=_LOOK,
            ) from error
        return {"id": found[0]}


def _published(access: base.Access, post: base.Post, prepared: base.Prepared, video: Video) -> base.Published:
    if video.get("status", {}).get("uploadStatus") in _REJECTED:
        raise rejected(video["status"])
    extras.try_add(access, post, video["id"])
    return base.Published(video["id"], _url(prepared, video["id"]))


def _is_short(video: MediaInfo) -> bool:
    """Whether YouTube shows it as a Short."""
    return video.height >= video.width and video.seconds <= _LONGEST_SHORT_SECONDS


def _url(prepared: base.Prepared, video_id: str) -> str:
    return transport.url("www.youtube.com", f"/{'shorts/' if prepared['short'] else 'watch?v='}{video_id}")
