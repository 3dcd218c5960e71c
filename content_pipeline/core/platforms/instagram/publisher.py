"""Reels on Instagram: a container that fetches the video and processes it, then the one call that publishes it.

A container is published once at most, whatever is lost on the way: its own status says whether that happened.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error, TooManyRequests
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import (
    Access,
    Ambiguous,
    Disconnected,
    Expired,
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
from content_pipeline.core.platforms.instagram import errors, graph, limits
from content_pipeline.core.platforms.instagram.options import InstagramOptions
from content_pipeline.core.platforms.response_json import json_object

# A short Reel is processed within seconds: a fresh container is looked at for 2 s before its run ends. For 8 s, as it
# was at first, twenty posts that were due at once had the last of them begin 24 s later.
_FIRST_LOOKS: Final = 3
LOOK_PAUSE_SECONDS: Final = 1.0
# After that Meta advises to ask once a minute; for what just began, sooner.
_SHORTEST_WAIT_SECONDS: Final = 5.0
_LONGEST_WAIT_SECONDS: Final = 60.0
# How far Instagram's clock may be behind ours.
_CLOCK_SLACK: Final = timedelta(minutes=1)
_NEWEST: Final = 50


class _Look(NamedTuple):
    """A container as it stands, and the seconds for which nothing more should be asked."""

    state: str  # IN_PROGRESS, FINISHED, PUBLISHED, ERROR or EXPIRED
    status: str
    rest: float


class InstagramPublisher:
    """`prepared`: the `container`'s id, when it was made (`created_at`), and the `caption` by which a post is found."""

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        """Raises TooManyRequests when the post is fine, and only the account's quota is used up: that passes."""
        found = limits.problems(post)
        if access and not found:
            _insist_on_quota(access)
        return found

    def prepare(
        self,
        access: Access,
        post: Post,
        prepared: Prepared,
        *,
        keep: Callable[[Prepared], None],
        progress: Callable[[float], None],
    ) -> Ready | Processing:
        looks = 1 if prepared else _FIRST_LOOKS
        if not prepared:
            prepared = _create(access, post)
            keep(prepared)
        progress(0.5)
        for number in range(looks):
            if number:
                time.sleep(LOOK_PAUSE_SECONDS)
            look = _look(access, prepared)
            if look.state in ("FINISHED", "PUBLISHED"):
                progress(1.0)
                return Ready()
            _insist_on_hope(look)
            if look.rest:
                return Processing(look.rest)
        return Processing(_wait(prepared))

    def commit(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing:
        _insist_on_quota(access)
        response = graph.post(
            transport.send, access, f"{access.user_id}/media_publish", creation_id=prepared["container"]
        )
        media_id = json_object(response).get("id")
        if response.is_success and media_id:
            return Published(str(media_id), _permalink(access, str(media_id)))
        failure = errors.commit_failure(response)
        # An earlier attempt, whose answer was lost, may be why this one is refused. (A token that is not good, or a
        # limit, is asked about before anything else, and says nothing of it.)
        if not isinstance(failure, Expired | Disconnected | TooManyRequests) and _is_published(access, prepared):
            return _find(access, prepared)
        raise failure

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        with suppress(PreparationLost):
            return _look(access, prepared).state == "IN_PROGRESS"
        return False

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        look = _committed(access, prepared)
        return _find(access, prepared) if look.state == "PUBLISHED" else Processing(look.rest or _SHORTEST_WAIT_SECONDS)

    def reconcile(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing | NotCommitted:
        look = _committed(access, prepared)
        if look.state == "PUBLISHED":
            return _find(access, prepared)
        if look.state == "FINISHED":
            return NotCommitted()
        # EXPIRED is documented as: not published within 24 hours.
        _insist_on_hope(look)
        return Processing(look.rest or _SHORTEST_WAIT_SECONDS)


def _create(access: Access, post: Post) -> Prepared:
    """A new container. One whose answer is lost is never published, and expires: another is made without a thought."""
    response = graph.post(transport.read, access, f"{access.user_id}/media", **_parameters(post))
    container = json_object(response).get("id")
    if not response.is_success or not container:
        raise errors.failure(response)
    return {"container": str(container), "created_at": now().isoformat(), "caption": post.text}


def _parameters(post: Post) -> dict[str, Any]:
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


def _insist_on_quota(access: Access) -> None:
    """Raises TooManyRequests when the account may not publish now.

    Meta's pages name 25, 50 and 100 posts a day; what is answered here is the truth.
    """
    answer, _ = graph.get(access, f"{access.user_id}/content_publishing_limit", fields="config,quota_usage")
    (usage,) = answer["data"]
    if usage["quota_usage"] >= usage["config"]["quota_total"]:
        raise TooManyRequests(
            "The account has used up its posts of 24 hours on Instagram.",
            code="instagram_daily_limit",
            remedy="Nothing to do: it is tried again.",
            retry_after=errors.DAILY_LIMIT_SECONDS,
        )


def _look(access: Access, prepared: Prepared) -> _Look:
    """Raises Lost when Instagram does not answer for the container: it refuses the question then, not the post."""
    try:
        found, rest = graph.get(access, prepared["container"], fields="status_code,status")
    except (errors.Invisible, Refused) as error:
        raise PreparationLost(error.detail, remedy="Nothing to do: it is made again.") from error
    return _Look(str(found.get("status_code")), str(found.get("status", "")), rest)


def _committed(access: Access, prepared: Prepared) -> _Look:
    """The container of a post that may be live. Raises Unknown when there is none, for that says nothing."""
    try:
        return _look(access, prepared)
    except PreparationLost as error:
        raise OutcomeUnknown(error.detail, remedy="See in the Instagram app whether the post is there.") from error


def _insist_on_hope(look: _Look) -> None:
    """Raises Refused or Lost for a container that will never be published."""
    if look.state == "EXPIRED":
        raise PreparationLost("The video lay at Instagram for a day without being published.", remedy="Nothing to do.")
    if look.state == "ERROR":
        raise errors.failed_container(look.status)


def _is_published(access: Access, prepared: Prepared) -> bool:
    try:
        return _committed(access, prepared).state == "PUBLISHED"
    except Error as error:
        raise Ambiguous(
            "Instagram refused to publish, and does not say whether it did so before.",
            remedy="Nothing to do: it is looked into.",
        ) from error


def _wait(prepared: Prepared) -> float:
    """Seconds until the next look at a container: half of its age."""
    age = (now() - datetime.fromisoformat(prepared["created_at"])).total_seconds()
    return min(max(age / 2, _SHORTEST_WAIT_SECONDS), _LONGEST_WAIT_SECONDS)


def _permalink(access: Access, media_id: str) -> str | None:
    """The address of a post; None when Instagram does not say it now. A live post never fails over that."""
    with suppress(Error):
        found, _ = graph.get(access, media_id, fields="permalink")
        return found.get("permalink")
    return None


def _find(access: Access, prepared: Prepared) -> Published:
    """The post that a container became: Instagram does not name it, but lists it, with its caption.

    Two of the same caption cannot be told apart: then none is named, for a wrong name is worse.
    """
    with suppress(Error):
        answer, _ = graph.get(access, f"{access.user_id}/media", fields="id,caption,permalink,timestamp", limit=_NEWEST)
        found = [media for media in answer["data"] if _may_be(media, prepared)]
        if len(found) == 1:
            return Published(str(found[0]["id"]), found[0].get("permalink"))
    return Published(None, None)


def _may_be(media: dict[str, Any], prepared: Prepared) -> bool:
    earliest = datetime.fromisoformat(prepared["created_at"]) - _CLOCK_SLACK
    same_words = str(media.get("caption", "")).split() == prepared["caption"].split()
    return same_words and datetime.fromisoformat(media["timestamp"]) >= earliest
