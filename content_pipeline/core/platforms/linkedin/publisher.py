"""Publishes videos on LinkedIn: upload, wait for processing, then one call posts.

LinkedIn has no idempotency key, but it refuses a duplicate and names the original. So the body of a post is stored and
sent again unchanged when its outcome is not known. LinkedIn detects duplicates for some minutes only; after that the
outcome stays unknown.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import httpx

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.platforms import base, transport
from content_pipeline.core.platforms.linkedin import limits, uploads
from content_pipeline.core.platforms.linkedin.errors import commit_failure, duplicate_of
from content_pipeline.core.platforms.linkedin.options import LinkedInOptions
from content_pipeline.core.platforms.linkedin.requests import call, member_urn

# A short video is processed within seconds; for longer ones a later run polls, so that they hold no worker slot.
PATIENCE_SECONDS: Final = 2.0
# LinkedIn certainly refuses a duplicate for this long. Sources say ten minutes to two days; this is the shortest, less
# the time of the request.
_REMEMBERED: Final = timedelta(minutes=9)
_VISIBILITY: Final = {"public": "PUBLIC", "connections": "CONNECTIONS"}


class LinkedInPublisher:
    """`prepared`: `upload` (see uploads.py), `body` (the post's JSON), and `ready_at`, when processing had ended."""

    def check(self, access: base.Access | None, post: base.Post) -> list[base.Problem]:
        """Checks limits of the video; LinkedIn has no API for limits of an account."""
        return limits.problems(post.video.media)

    def needs_post(self, prepared: base.Prepared) -> bool:
        return not prepared or not prepared["upload"]["finalized"]

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
        if not prepared:
            assert post
            upload = uploads.begin(access, post)
            prepared = {"upload": upload, "body": _body(access, post, upload["video"])}
            keep(prepared)
        patience = 0.0
        if not prepared["upload"]["finalized"]:
            assert post
            begun = prepared
            upload = uploads.finish(
                access, post, begun["upload"], keep=lambda sent: keep({**begun, "upload": sent}), progress=progress
            )
            prepared = {**prepared, "upload": upload}
            keep(prepared)
            patience = PATIENCE_SECONDS if patient else 0.0
        outcome = uploads.wait_until_processed(access, prepared["upload"], patience=patience)
        if isinstance(outcome, base.Ready):
            keep({**prepared, "ready_at": now().isoformat()})
        return outcome

    def is_processing(self, access: base.Access, prepared: base.Prepared) -> bool:
        try:
            return isinstance(uploads.wait_until_processed(access, prepared["upload"], patience=0.0), base.Processing)
        except (base.PreparationLost, base.Refused):
            return False

    def commit(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing:
        response = _publish(access, prepared)
        if response.status_code == HTTPStatus.CREATED:
            return _published(response.headers.get("x-restli-id"))
        raise commit_failure(response)

    def confirm(self, access: base.Access, prepared: base.Prepared) -> base.Published | base.Processing:
        """A commit that was answered is live; reading a post back needs a permission that apps do not get."""
        return _published(None)

    def reconcile(
        self, access: base.Access, post: base.Post | None, prepared: base.Prepared
    ) -> base.Published | base.Processing | base.NotCommitted:
        """Sends the same post again: it is made now, or refused with the URN of the earlier one."""
        if now() - datetime.fromisoformat(prepared["ready_at"]) > _REMEMBERED:
            raise _outcome_unknown("LinkedIn remembers a post only for a short time, which has passed.")
        response = _publish(access, prepared)
        if response.status_code == HTTPStatus.CREATED:
            return _published(response.headers.get("x-restli-id"))
        if urn := duplicate_of(response):
            return base.Duplicate(urn, _url(urn))
        failure = commit_failure(response)
        raise _outcome_unknown(failure.detail) if isinstance(failure, base.Refused) else failure


def _outcome_unknown(reason: str) -> base.OutcomeUnknown:
    return base.OutcomeUnknown(
        f"It is not known whether the post is live: the response was lost. {reason}",
        remedy="Look at the profile on LinkedIn; if the post is not there, publish it as a new one.",
    )


def _publish(access: base.Access, prepared: base.Prepared) -> httpx.Response:
    return call(transport.send, "POST", "/rest/posts", access, content=prepared["body"])


def _body(access: base.Access, post: base.Post, video: str) -> str:
    assert isinstance(post.options, LinkedInOptions)
    distribution = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}
    return json.dumps(
        {
            "author": member_urn(access),
            "commentary": post.text,
            "visibility": _VISIBILITY[post.options.privacy or "public"],
            "distribution": distribution,
            "content": {"media": {"id": video, **({"title": post.title} if post.title else {})}},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
    )


def _published(urn: str | None) -> base.Published:
    return base.Published(urn, _url(urn) if urn else None)


def _url(urn: str) -> str:
    return transport.url("www.linkedin.com", f"/feed/update/{urn}")
