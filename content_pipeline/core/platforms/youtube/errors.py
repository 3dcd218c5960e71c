"""Maps YouTube's HTTP statuses and error reasons to our errors."""

import re
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.infrastructure.net.retry_after import retry_after
from content_pipeline.core.platforms.base import Ambiguous, Disconnected, Expired, NotPermitted, Refused
from content_pipeline.core.platforms.response_json import json_object

_LATER: Final = "Nothing to do: it is retried automatically."
_RECONNECT: Final = "Connect the account again, and allow everything that is asked for."
# Google's messages contain links.
_TAG: Final = re.compile(r"</?[a-z][^>]*>")
_QUOTA_DAY: Final = ZoneInfo("America/Los_Angeles")
# The channel's limit in any 24 hours. It comes as a 400 and would look permanent.
_CHANNEL_LIMIT: Final = "uploadLimitExceeded"
_CHANNEL_LIMIT_SECONDS: Final = 3600.0
_RATE_LIMITS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_RATE_LIMIT_SECONDS: Final = 60.0
_APP_REFUSED: Final = "accessNotConfigured"
# Refusals that a new consent ends. Other 403s are about the video (forbiddenPrivacySetting) or the account.
_SCOPE_MISSING: Final = frozenset({"forbidden", "insufficientPermissions"})
_INVALID: Final[dict[str, str]] = {
    "invalidTitle": "youtube_invalid_title",
    "invalidDescription": "youtube_invalid_description",
    "invalidTags": "youtube_invalid_tags",
    "invalidCategoryId": "youtube_invalid_category",
    "invalidPublishAt": "youtube_invalid_publish_time",
    "mediaBodyRequired": "youtube_video_missing",
}
# Reasons for a video that was uploaded and then rejected.
_FAILED: Final[dict[str, str]] = {
    "conversion": "it cannot be converted",
    "invalidFile": "it is in no format that YouTube knows",
    "emptyFile": "it is empty",
    "tooSmall": "it is too small",
    "codec": "its codec is not supported",
    "uploadAborted": "it did not arrive as a whole",
    "copyright": "a third party holds the rights to it",
    "inappropriate": "YouTube finds it inappropriate",
    "duplicate": "the channel has it already",
    "termsOfUse": "it is against the terms of use",
    "uploaderAccountSuspended": "the account is suspended",
    "uploaderAccountClosed": "the account is closed",
    "length": "it is too long for this channel",
    "claim": "a third party claims it",
    "trademark": "it violates a trademark",
    "legal": "there is a legal objection to it",
}


class Missing(Refused):
    """What was asked for does not exist, like the list of uploads of a channel that never had one."""


def checked(response: httpx.Response) -> httpx.Response:
    """The response, if it is a success. Raises what `failure` makes of any other."""
    if response.is_success:
        return response
    raise failure(response)


def failure(response: httpx.Response) -> Error:
    """The error for a refused call that may be repeated.

    Expired, Disconnected and NotPermitted; TooManyRequests with `youtube_quota` until midnight in California and
    `youtube_upload_limit` for an hour; UpstreamError `remote_failed` (5xx, and a 403 that is not YouTube's), retryable;
    Refused `app_refused`, `youtube_invalid_…`, `youtube_video_missing`, `platform_refused`; Missing (404).
    """
    status, reason, sentence = response.status_code, _reason(response), _sentence(response)
    if reason == "youtubeSignupRequired":
        return Disconnected(sentence, remedy="Make a YouTube channel for the account, then connect it again.")
    if status == HTTPStatus.UNAUTHORIZED:
        return Expired(sentence, remedy="Connect the account again.")
    if reason == "quotaExceeded":
        return TooManyRequests(sentence, code="youtube_quota", remedy=_LATER, retry_after=_seconds_of_the_quota_day())
    if reason == _CHANNEL_LIMIT:
        return TooManyRequests(sentence, code="youtube_upload_limit", remedy=_LATER, retry_after=_CHANNEL_LIMIT_SECONDS)
    if status == HTTPStatus.TOO_MANY_REQUESTS or reason in _RATE_LIMITS:
        seconds = retry_after(response)
        return TooManyRequests(sentence, remedy=_LATER, retry_after=_RATE_LIMIT_SECONDS if seconds is None else seconds)
    if _is_inconclusive(response):
        return UpstreamError(sentence, remedy=_LATER, retryable=True, retry_after=retry_after(response))
    if reason == _APP_REFUSED:
        return Refused(
            sentence,
            code="app_refused",
            remedy="Enable the YouTube Data API v3 and the YouTube Analytics API for the app's project in the Google "
            "Cloud console, then retry.",
        )
    if status == HTTPStatus.FORBIDDEN and reason in _SCOPE_MISSING:
        return NotPermitted(sentence, remedy=_RECONNECT)
    if status == HTTPStatus.NOT_FOUND:
        return Missing(sentence, remedy="Look in YouTube Studio whether it is there.")
    return Refused(sentence, code=_INVALID.get(reason, Refused.code), remedy="Change what YouTube names, then retry.")


def commit_failure(response: httpx.Response) -> Error:
    """The error for a refused last chunk; Ambiguous where the video may be live."""
    if _is_inconclusive(response):
        return Ambiguous(_sentence(response), remedy="Nothing to do: it is looked into.")
    return failure(response)


def rejected(status: dict[str, Any]) -> Refused:
    """The error for a rejected video, by its `status` part."""
    reason = str(status.get("rejectionReason") or status.get("failureReason") or "")
    sentence = _FAILED.get(reason, "it gives no reason")
    return Refused(
        f"YouTube did not take the video: {sentence}.",
        code="youtube_video_rejected",
        remedy="See in YouTube Studio what is wrong, then retry with another video.",
    )


def _is_inconclusive(response: httpx.Response) -> bool:
    """Whether a response does not tell what YouTube did.

    Includes a proxy's success and a firewall's 403: that one hits all accounts at once, and none of them has to be
    connected again.
    """
    if response.status_code == HTTPStatus.FORBIDDEN:
        return not _reason(response)
    return response.is_server_error or response.is_success or response.status_code == HTTPStatus.REQUEST_TIMEOUT


def _seconds_of_the_quota_day() -> float:
    """Seconds until Google's quota day ends."""
    present = now()
    day = present.astimezone(_QUOTA_DAY).date() + timedelta(days=1)
    return (datetime.combine(day, time(), _QUOTA_DAY) - present).total_seconds()


def _sentence(response: httpx.Response) -> str:
    message = platform_message(_TAG.sub("", str(_error(response).get("message") or "")))
    return f"YouTube says: {message}" if message else f"YouTube answered {response.status_code}."


def _reason(response: httpx.Response) -> str:
    """The reason of a refusal, `error.errors[0].reason`; empty where there is none."""
    reasons = _error(response).get("errors") or [{}]
    return str(reasons[0].get("reason") or "")


def _error(response: httpx.Response) -> dict[str, Any]:
    error = json_object(response).get("error")  # none from the upload server, which answers in plain text
    return error if isinstance(error, dict) else {}
