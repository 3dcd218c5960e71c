"""Publishes videos on TikTok by a chunked upload: the last chunk is the commit.

An upload (`publish_id`) becomes at most one post, and its status can be read. So the last chunk may be sent again when
TikTok does not have it, and no new upload is opened while it may have it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import httpx

from content_pipeline.core.errors import Error, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms import base, transport
from content_pipeline.core.platforms.file_ranges import file_range
from content_pipeline.core.platforms.tiktok import api, creators, errors, limits
from content_pipeline.core.platforms.tiktok.chunks import Chunks
from content_pipeline.core.platforms.tiktok.creators import Creator
from content_pipeline.core.platforms.tiktok.options import TikTokOptions

# The URL of an upload is valid for this long.
_UPLOAD_LIFE: Final = timedelta(hours=1)
_MEDIA_TYPES: Final = {"mov": "video/mp4", "matroska": "video/webm"}
_ASK_AGAIN_SECONDS: Final = 3.0
_AGAIN: Final = "Nothing to do: it is sent again."

Status = dict[str, Any]


class TikTokPublisher:
    """`prepared`: the `publish_id` and `upload_url` of an upload, its `opened_at`, the `size` of the video, how many
    chunks are `sent`; and of the post, its `username` and privacy `level`."""

    def check(self, access: base.Access | None, post: base.Post) -> list[base.Problem]:
        found = list(limits.problems(post))
        if access:
            found.extend(creators.fetch(access).problems(post))
        return found

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
        chunks = Chunks(post.video.media.bytes)
        if prepared:
            sent = _resume(access, prepared, chunks)
        else:
            sent, prepared = 0, _open_upload(access, post, chunks)
            keep(prepared)
        for number in range(sent, chunks.last):
            _upload_chunk(post, prepared, chunks, number)
            keep({**prepared, "sent": number + 1})
            progress((number + 1) / chunks.count)
        return base.Ready()

    def is_processing(self, access: base.Access, prepared: base.Prepared) -> bool:
        try:
            status = _fetch_status(access, prepared)
        except base.PreparationLost:
            return False
        return status.get("status") not in ("PUBLISH_COMPLETE", "FAILED") and not _lacks_bytes(status, prepared)

    def commit(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing:
        assert post
        chunks = Chunks(prepared["size"])
        response = _put_chunk(post, prepared, chunks, chunks.last)
        if response.is_success:  # 201, though 200 has been seen
            return base.Processing(_ASK_AGAIN_SECONDS)
        if _is_inconclusive(response):
            raise base.Ambiguous(f"TikTok answered {response.status_code}.", remedy="Nothing to do: it is looked into.")
        # It may be refused because an earlier attempt, whose response was lost, has sent it.
        try:
            status = _fetch_status(access, prepared)
        except Error as error:
            raise base.Ambiguous(
                "TikTok refused the end of the video, and does not say whether it has it.",
                remedy="Nothing to do: it is looked into.",
            ) from error
        if not _lacks_bytes(status, prepared):
            return _outcome(status, prepared)
        if _has_expired(prepared):
            raise _upload_lost()
        raise UpstreamError(
            f"TikTok refused the end of the video ({response.status_code}).", remedy=_AGAIN, retryable=True
        )

    def confirm(self, access: base.Access, prepared: base.Prepared) -> base.Published | base.Processing:
        return _outcome(_fetch_committed_status(access, prepared), prepared)

    def reconcile(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing | base.NotCommitted:
        status = _fetch_committed_status(access, prepared)
        return base.NotCommitted() if _lacks_bytes(status, prepared) else _outcome(status, prepared)


# ── upload ───────────────────────────────────────────────────────────────────────────────────────────────


def _open_upload(access: base.Access, post: base.Post, chunks: Chunks) -> base.Prepared:
    """Open an upload. One whose response is lost never gets its bytes, and expires."""
    creator = creators.fetch(access)
    if problem := next(creator.problems(post), None):
        raise base.Refused(problem.detail, code=problem.code, remedy=problem.remedy)
    source = {
        "source": "FILE_UPLOAD",
        "video_size": chunks.size,
        "chunk_size": chunks.chunk,
        "total_chunk_count": chunks.count,
    }
    about = _post_info(post, creator)
    opened = api.call(access, api.INIT, {"post_info": about, "source_info": source})
    return {
        "publish_id": opened["publish_id"],
        "upload_url": opened["upload_url"],
        "opened_at": now().isoformat(),
        "size": chunks.size,
        "sent": 0,
        "username": creator.username,
        "level": about["privacy_level"],
    }


def _post_info(post: base.Post, creator: Creator) -> dict[str, Any]:
    options = post.options
    assert isinstance(options, TikTokOptions)
    cover = options.cover_seconds
    return {
        "title": post.text,
        "privacy_level": creator.level(options),
        "disable_comment": creator.no_comments or options.allow_comments is False,
        "disable_duet": creator.no_duets or options.allow_duets is False,
        "disable_stitch": creator.no_stitches or options.allow_stitches is False,
        "brand_content_toggle": bool(options.paid_partnership),
        "brand_organic_toggle": bool(options.own_brand),
        "is_aigc": bool(options.ai_generated),
        **({} if cover is None else {"video_cover_timestamp_ms": round(cover * 1000)}),
    }


def _resume(access: base.Access, prepared: base.Prepared, chunks: Chunks) -> int:
    """How many chunks TikTok has: one more than is stored here, where a response was lost."""
    if prepared["size"] != chunks.size or _has_expired(prepared):
        raise _upload_lost()
    if prepared["sent"] >= chunks.last:
        return chunks.last
    status = _fetch_status(access, prepared)
    if status.get("status") == "FAILED":
        raise errors.failed_post(str(status.get("fail_reason")))
    return max(int(prepared["sent"]), chunks.whole(_uploaded(status)))


def _upload_chunk(post: base.Post, prepared: base.Prepared, chunks: Chunks, number: int) -> None:
    """Upload a chunk that is not the last."""
    try:
        response = _put_chunk(post, prepared, chunks, number)
    except base.Ambiguous as error:  # chunks must arrive in order: the next attempt reads first how many have
        raise UpstreamError(error.detail, remedy=_AGAIN, retryable=True) from error
    if _is_inconclusive(response):
        raise UpstreamError(f"TikTok answered {response.status_code}.", remedy=_AGAIN, retryable=True)
    if not response.is_success:
        raise _upload_lost()


def _put_chunk(post: base.Post, prepared: base.Prepared, chunks: Chunks, number: int) -> httpx.Response:
    start, end = chunks.bounds(number)
    return transport.send(
        "PUT",
        prepared["upload_url"],
        content=file_range(post.video.path, start, end),
        headers={
            "Content-Type": _MEDIA_TYPES.get(post.video.media.container, "video/mp4"),
            "Content-Length": str(end - start),
            "Content-Range": f"bytes {start}-{end - 1}/{chunks.size}",
        },
    )


def _is_inconclusive(response: httpx.Response) -> bool:
    passing = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return response.is_server_error or response.status_code in passing


def _has_expired(prepared: base.Prepared) -> bool:
    return now() - datetime.fromisoformat(prepared["opened_at"]) >= _UPLOAD_LIFE


def _upload_lost() -> base.PreparationLost:
    return base.PreparationLost("TikTok takes no more of this upload.", remedy=_AGAIN)


# ── status ───────────────────────────────────────────────────────────────────────────────────────────────


def _fetch_status(access: base.Access, prepared: base.Prepared) -> Status:
    """Raises PreparationLost when TikTok does not know the upload: that refuses the read, not the post."""
    try:
        return api.call(access, api.STATUS, {"publish_id": prepared["publish_id"]})
    except base.Refused as error:
        raise base.PreparationLost(error.detail, remedy=_AGAIN) from error


def _fetch_committed_status(access: base.Access, prepared: base.Prepared) -> Status:
    """The status of a post that may be live. Raises OutcomeUnknown when there is none, which proves nothing."""
    try:
        return _fetch_status(access, prepared)
    except base.PreparationLost as error:
        raise base.OutcomeUnknown(error.detail, remedy="See in the TikTok app whether the post is there.") from error


def _uploaded(status: Status) -> int:
    return int(status.get("uploaded_bytes") or 0)


def _lacks_bytes(status: Status, prepared: base.Prepared) -> bool:
    """Whether TikTok still waits for bytes. (While it processes a complete video, the status is the same.)"""
    return status.get("status") == "PROCESSING_UPLOAD" and _uploaded(status) < prepared["size"]


def _outcome(status: Status, prepared: base.Prepared) -> base.Published | base.Processing:
    """The outcome of a post. Raises Refused or PreparationLost for one that failed."""
    if status.get("status") == "FAILED":
        raise errors.failed_post(str(status.get("fail_reason") or ""))
    if status.get("status") != "PUBLISH_COMPLETE":
        return base.Processing(_ASK_AGAIN_SECONDS)
    profile = transport.url("www.tiktok.com", f"/@{prepared['username']}")
    if ids := status.get("publicaly_available_post_id"):  # the misspelling is TikTok's; numbers of 64 bits
        return base.Published(str(ids[0]), f"{profile}/video/{ids[0]}")
    # A public post gets its id after moderation; a private one never gets any, and is found in the profile.
    return base.Published(None, profile if prepared["level"] == "SELF_ONLY" else None)
