"""Videos on LinkedIn: uploaded and processed there, then posted by one call.

LinkedIn has no idempotency key, but it refuses to say the same thing twice, and names the first one. So the body of a
post is written once, kept, and sent again byte by byte when nobody knows what became of it. It remembers the first one
for some minutes only, so that this has an end.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx

from content_pipeline.core.clock import now
from content_pipeline.core.platforms import transport
from content_pipeline.core.platforms.base import (
    Access,
    Duplicate,
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
from content_pipeline.core.platforms.linkedin import limits, uploads
from content_pipeline.core.platforms.linkedin.errors import commit_failure, duplicated
from content_pipeline.core.platforms.linkedin.options import LinkedInOptions
from content_pipeline.core.platforms.linkedin.requests import author, call

# A short video is processed within seconds; a later run asks for all others, so that those do not hold their slots.
PATIENCE_SECONDS: Final = 2.0
# For how long a second post of the same content is surely refused: told of as ten minutes up to two days, so the
# shortest counts, and what it takes to ask.
_REMEMBERED: Final = timedelta(minutes=9)
_VISIBILITY: Final = {"public": "PUBLIC", "connections": "CONNECTIONS"}


class LinkedInPublisher:
    """Keeps `upload` (see uploads.py), `body`, the post as it is sent, and when it was last `ready_at` LinkedIn."""

    def check(self, access: Access | None, post: Post) -> list[Problem]:
        """The limits of the video: of an account, LinkedIn says nothing beforehand."""
        return limits.problems(post.video.media)

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
            upload = uploads.begin(access, post)
            prepared = {"upload": upload, "body": _body(access, post, upload["video"])}
            keep(prepared)
        patience = 0.0
        if not prepared["upload"]["finalized"]:
            begun = prepared
            upload = uploads.finish(
                access, post, begun["upload"], keep=lambda sent: keep({**begun, "upload": sent}), progress=progress
            )
            prepared = {**prepared, "upload": upload}
            keep(prepared)
            patience = PATIENCE_SECONDS
        standing = uploads.standing(access, prepared["upload"], patience=patience)
        if isinstance(standing, Ready):
            keep({**prepared, "ready_at": now().isoformat()})
        return standing

    def is_processing(self, access: Access, prepared: Prepared) -> bool:
        try:
            return isinstance(uploads.standing(access, prepared["upload"], patience=0.0), Processing)
        except (PreparationLost, Refused):
            return False

    def commit(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing:
        response = _publish(access, prepared)
        if response.status_code == HTTPStatus.CREATED:
            return _live(response.headers.get("x-restli-id"))
        raise commit_failure(response)

    def confirm(self, access: Access, prepared: Prepared) -> Published | Processing:
        """A commit that was answered is live; to read a post back takes a permission that apps do not get."""
        return _live(None)

    def reconcile(self, access: Access, post: Post, prepared: Prepared) -> Published | Processing | NotCommitted:
        """Sends the same post again: it is made now, or refused with the URN of the one that was made before."""
        if now() - datetime.fromisoformat(prepared["ready_at"]) > _REMEMBERED:
            raise _unknown("LinkedIn remembers a post too shortly to ask it now.")
        response = _publish(access, prepared)
        if response.status_code == HTTPStatus.CREATED:
            return _live(response.headers.get("x-restli-id"))
        if urn := duplicated(response):
            return Duplicate(urn, _url(urn))
        failure = commit_failure(response)
        raise _unknown(failure.detail) if isinstance(failure, Refused) else failure


def _unknown(reason: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"Nobody knows whether the post is live: its answer was lost. {reason}",
        remedy="Look at the profile on LinkedIn; if the post is not there, publish it as a new one.",
    )


def _publish(access: Access, prepared: Prepared) -> httpx.Response:
    return call(transport.send, "POST", "/rest/posts", access, content=prepared["body"])


def _body(access: Access, post: Post, video: str) -> str:
    assert isinstance(post.options, LinkedInOptions)
    distribution = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}
    return json.dumps(
        {
            "author": author(access),
            "commentary": post.text,
            "visibility": _VISIBILITY[post.options.privacy or "public"],
            "distribution": distribution,
            "content": {"media": {"id": video, **({"title": post.title} if post.title else {})}},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
    )


def _live(urn: str | None) -> Published:
    return Published(urn, _url(urn) if urn else None)


def _url(urn: str) -> str:
    return transport.url("www.linkedin.com", f"/feed/update/{urn}")
