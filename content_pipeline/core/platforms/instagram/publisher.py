"""Publishes Reels: a container fetches and processes the video, then one call publishes the container.

A container is published at most once, and its status tells whether it was: that makes a lost response recoverable.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from content_pipeline.core.errors import Error, TooManyRequests
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms import base, transport
from content_pipeline.core.platforms.instagram import errors, graph, limits
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.response_json import json_object

# A short Reel is processed within seconds: a new container is polled for 2 s before its run ends. With 8 s, the last of
# twenty posts that were due at once began 24 s later.
_FIRST_POLLS: Final = 3
POLL_PAUSE_SECONDS: Final = 1.0
# Later polls: Meta advises once a minute; a container that is young is polled sooner.
_SHORTEST_WAIT_SECONDS: Final = 5.0
_LONGEST_WAIT_SECONDS: Final = 60.0
# Instagram's clock may be this far behind ours.
_CLOCK_SLACK: Final = timedelta(minutes=1)
_NEWEST: Final = 50


class _ContainerStatus(NamedTuple):
    """State of a container, and the cooldown that the response demands."""

    state: str  # IN_PROGRESS, FINISHED, PUBLISHED, ERROR or EXPIRED
    status: str
    cooldown: float


class InstagramPublisher:
    """`prepared`: the `container`'s id, its `created_at`, and the `caption` by which the post is found."""

    def check(self, access: base.Access | None, post: base.Post) -> list[base.Problem]:
        """Raises TooManyRequests when only the account's quota is used up."""
        found = limits.problems(post)
        if access and not found:
            _ensure_quota(access)
        return found

    def needs_post(self, prepared: base.Prepared) -> bool:
        return not prepared

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
        polls = _FIRST_POLLS if patient and not prepared else 1
        if not prepared:
            assert post
            prepared = _create(access, post)
            keep(prepared)
            progress(0.5)
        for number in range(polls):
            if number:
                time.sleep(POLL_PAUSE_SECONDS)
            status = _fetch_status(access, prepared)
            if status.state in ("FINISHED", "PUBLISHED"):
                return base.Ready()
            _raise_if_failed(status)
            if status.cooldown:
                return base.Processing(status.cooldown)
        return base.Processing(_poll_delay(prepared))

    def commit(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing:
        _ensure_quota(access)
        response = graph.post(
            transport.send, access, f"{access.user_id}/media_publish", creation_id=prepared["container"]
        )
        media_id = json_object(response).get("id")
        if response.is_success and media_id:
            permalink = _permalink(access, str(media_id))
            return base.Published(str(media_id), permalink, is_shown=permalink is not None)
        failure = errors.commit_failure(response)
        # An earlier attempt whose response was lost may be the reason. (Token and rate limit are checked first: these
        # refusals say nothing about it.)
        if not isinstance(failure, base.Expired | base.Disconnected | TooManyRequests) and _is_published(
            access, prepared
        ):
            return _find_post(access, prepared)
        raise failure

    def is_processing(self, access: base.Access, prepared: base.Prepared) -> bool:
        with suppress(base.PreparationLost):
            return _fetch_status(access, prepared).state == "IN_PROGRESS"
        return False

    def confirm(self, access: base.Access, prepared: base.Prepared) -> base.Published | base.Processing:
        status = _fetch_committed_status(access, prepared)
        return (
            _find_post(access, prepared)
            if status.state == "PUBLISHED"
            else base.Processing(status.cooldown or _SHORTEST_WAIT_SECONDS)
        )

    def reconcile(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing | base.NotCommitted:
        status = _fetch_committed_status(access, prepared)
        if status.state == "PUBLISHED":
            return _find_post(access, prepared)
        if status.state == "FINISHED":
            return base.NotCommitted()
        # EXPIRED is documented as: not published within 24 hours.
        _raise_if_failed(status)
        return base.Processing(status.cooldown or _SHORTEST_WAIT_SECONDS)


def _create(access: base.Access, post: base.Post) -> base.Prepared:
    """Create a container. One whose response is lost is never published, and expires."""
    response = graph.post(transport.read, access, f"{access.user_id}/media", **_parameters(post))
    container = json_object(response).get("id")
    if not response.is_success or not container:
        raise errors.failure(response)
    return {"container": str(container), "created_at": now().isoformat(), "caption": post.text}


def _parameters(post: base.Post) -> dict[str, Any]:
    options = post.options
    assert isinstance(options, InstagramOptions)
    cover: dict[str, Any] = {}
    if post.cover:
        cover = {"cover_url": post.cover[1]}
    elif options.cover_seconds is not None:
        cover = {"thumb_offset": round(options.cover_seconds * 1000)}
    chosen = {
        "share_to_feed": options.share_to_feed,
        "is_paid_partnership": options.paid_partnership,
        "is_ai_generated": options.ai_generated,
    }
    return {
        "media_type": "REELS",
        "video_url": post.video.link,
        "caption": post.text,
        **cover,
        **{name: value for name, value in chosen.items() if value is not None},
    }


def _ensure_quota(access: base.Access) -> None:
    """Raises TooManyRequests when the account may not publish now.

    Meta's pages name 25, 50 and 100 posts a day; the API's answer counts.
    """
    answer, _ = graph.get(access, f"{access.user_id}/content_publishing_limit", fields="config,quota_usage")
    (usage,) = answer["data"]
    if usage["quota_usage"] >= usage["config"]["quota_total"]:
        raise TooManyRequests(
            "The account has used up its posts of 24 hours on Instagram.",
            code="instagram_daily_limit",
            remedy="Nothing to do: it is retried automatically.",
            retry_after=errors.DAILY_LIMIT_SECONDS,
        )


def _fetch_status(access: base.Access, prepared: base.Prepared) -> _ContainerStatus:
    """Raises PreparationLost when Instagram does not find the container: that refuses the read, not the post."""
    try:
        found, cooldown = graph.get(access, prepared["container"], fields="status_code,status")
    except (errors.Invisible, base.Refused) as error:
        raise base.PreparationLost(error.detail, remedy="Nothing to do: it is made again.") from error
    return _ContainerStatus(str(found.get("status_code")), str(found.get("status", "")), cooldown)


def _fetch_committed_status(access: base.Access, prepared: base.Prepared) -> _ContainerStatus:
    """The container of a post that may be live. Raises OutcomeUnknown when it is not found, which proves nothing."""
    try:
        return _fetch_status(access, prepared)
    except base.PreparationLost as error:
        raise base.OutcomeUnknown(error.detail, remedy="See in the Instagram app whether the post is there.") from error


def _raise_if_failed(status: _ContainerStatus) -> None:
    """Raises Refused or PreparationLost for a container that can never be published."""
    if status.state == "EXPIRED":
        raise base.PreparationLost(
            "The video lay at Instagram for a day without being published.", remedy="Nothing to do."
        )
    if status.state == "ERROR":
        raise errors.failed_container(status.status)


def _is_published(access: base.Access, prepared: base.Prepared) -> bool:
    try:
        return _fetch_committed_status(access, prepared).state == "PUBLISHED"
    except Error as error:
        raise base.Ambiguous(
            "Instagram refused to publish, and does not say whether it did so before.",
            remedy="Nothing to do: it is looked into.",
        ) from error


def _poll_delay(prepared: base.Prepared) -> float:
    """Seconds until the next poll of a container: half of its age."""
    age = (now() - datetime.fromisoformat(prepared["created_at"])).total_seconds()
    return min(max(age / 2, _SHORTEST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)


def _permalink(access: base.Access, media_id: str) -> str | None:
    """The URL of a post; None when it cannot be read now, because a live post must not fail for that."""
    with suppress(Error):
        found, _ = graph.get(access, media_id, fields="permalink")
        return found.get("permalink")
    return None


def _find_post(access: base.Access, prepared: base.Prepared) -> base.Published:
    """Find the post of a published container by its caption: Instagram does not link the two.

    Of two posts with the same caption neither is returned, because a wrong id is worse than none.
    """
    with suppress(Error):
        answer, _ = graph.get(access, f"{access.user_id}/media", fields="id,caption,permalink,timestamp", limit=_NEWEST)
        found = [media for media in answer["data"] if _matches(media, prepared)]
        if len(found) == 1:
            return base.Published(str(found[0]["id"]), found[0].get("permalink"), is_shown=True)
    return base.Published(None, None)


def _matches(media: dict[str, Any], prepared: base.Prepared) -> bool:
    earliest = datetime.fromisoformat(prepared["created_at"]) - _CLOCK_SLACK
    same_words = str(media.get("caption", "")).split() == prepared["caption"].split()
    return same_words and datetime.fromisoformat(media["timestamp"]) >= earliest
