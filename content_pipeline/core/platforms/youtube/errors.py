"""What YouTube's refusals mean: Google's statuses and reasons, as our errors."""

import re
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

import httpx

from content_pipeline.core.clock import now
from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.net.retry_after import retry_after
from content_pipeline.core.platforms.base import Ambiguous, Disconnected, Expired, Refused
from content_pipeline.core.platforms.error_text import platform_message
from content_pipeline.core.platforms.response_json import json_object

_LATER: Final = "Nothing to do: it is tried again."
_RECONNECT: Final = "Connect the account again, and allow everything that is asked for."
# Google links its sentences to its pages.
_TAG: Final = re.compile(r"</?[a-z][^>]*>")
_QUOTA_DAY: Final = ZoneInfo("America/Los_Angeles")
# The channel's own limit is over some unnamed 24 hours; it comes as a 400, and who does not know it tries for ever.
_CHANNEL_LIMIT: Final = "uploadLimitExceeded"
_CHANNEL_LIMIT_SECONDS: Final = 3600.0
_RATE_LIMITS: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_RATE_LIMIT_SECONDS: Final = 60.0
_APP_REFUSED: Final = "accessNotConfigured"
# What a person helps by consenting again. Other 403s are about the video (forbiddenPrivacySetting) or the account.
_GRANT_REFUSED: Final = frozenset({"forbidden", "insufficientPermissions"})
_INVALID: Final[dict[str, str]] = {
    "invalidTitle": "youtube_invalid_title",
    "invalidDescription": "youtube_invalid_description",
    "invalidTags": "youtube_invalid_tags",
    "invalidCategoryId": "youtube_invalid_category",
    "invalidPublishAt": "youtube_invalid_publish_time",
    "mediaBodyRequired": "youtube_video_missing",
}
# Of a video that was taken and then not wanted.
_FAILED: Final[dict[str, str]] = {
    "conversion": "it cannot be converted",
    "invalidFile": "it is in no format that YouTube knows",
    "emptyFile": "it is empty",
    "tooSmall": "it is too small",
    "codec": "its codec is not supported",
    "uploadAborted": "it did not arrive as a whole",
    "copyright": "somebody else has the rights to it",
    "inappropriate": "YouTube finds it inappropriate",
    "duplicate": "the channel has it already",
    "termsOfUse": "it is against the terms of use",
    "uploaderAccountSuspended": "the account is suspended",
    "uploaderAccountClosed": "the account is closed",
    "length": "it is too long for this channel",
    "claim": "somebody else claims it",
    "trademark": "it violates a trademark",
    "legal": "there is a legal objection to it",
}


def checked(response: httpx.Response) -> httpx.Response:
    """The answer, if it is a good one. Raises what `failure` makes of any other."""
    if response.is_success:
        return response
    raise failure(response)


def failure(response: httpx.Response) -> Error:
    """Why a call was refused, for calls that may be repeated.

    Expired and Disconnected; TooManyRequests with `youtube_quota` until midnight in California and
    `youtube_upload_limit` for an hour; UpstreamError `remote_failed` (5xx, and a 403 that is not YouTube's), retryable;
    Refused `app_refused`, `youtube_invalid_…`, `youtube_video_missing`, `platform_refused`.
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
    if _is_broken(response):
        return UpstreamError(sentence, remedy=_LATER, retryable=True, retry_after=retry_after(response))
    if reason == _APP_REFUSED:
        return Refused(
            sentence,
            code="app_refused",
            remedy="Enable the YouTube Data API v3 for the app's project in the Google Cloud console, then retry.",
        )
    if status == HTTPStatus.FORBIDDEN and reason in _GRANT_REFUSED:
        return Disconnected(sentence, remedy=_RECONNECT)
    return Refused(sentence, code=_INVALID.get(reason, Refused.code), remedy="Change what YouTube names, then retry.")


def commit_failure(response: httpx.Response) -> Error:
    """Why the last bytes of a video were refused; Ambiguous where it may be live all the same."""
    if _is_broken(response):
        return Ambiguous(_sentence(response), remedy="Nothing to do: it is looked into.")
    return failure(response)


def unwanted(status: dict[str, Any]) -> Refused:
    """Why a video came to nothing, by the `status` part of it."""
    reason = str(status.get("rejectionReason") or status.get("failureReason") or "")
    sentence = _FAILED.get(reason, "it gives no reason")
    return Refused(
        f"YouTube did not take the video: {sentence}.",
        code="youtube_video_rejected",
        remedy="See in YouTube Studio what is wrong, then retry with another video.",
    )


def _is_broken(response: httpx.Response) -> bool:
    """Whether an answer says nothing of what YouTube did.

    So does a good one that came from something in between, and a firewall's 403: it is met by all accounts at once, and
    none of them is to be connected again for it.
    """
    if response.status_code == HTTPStatus.FORBIDDEN:
        return not _reason(response)
    return response.is_server_error or response.is_success or response.status_code == HTTPStatus.REQUEST_TIMEOUT


def _seconds_of_the_quota_day() -> float:
    """How long the day lasts over which Google counts."""
    present = now()
    day = present.astimezone(_QUOTA_DAY).date() + timedelta(days=1)
    return (datetime.combine(day, time(), _QUOTA_DAY) - present).total_seconds()


def _sentence(response: httpx.Response) -> str:
    message = platform_message(_TAG.sub("", str(_error(response).get("message") or "")))
    return f"YouTube says: {message}" if message else f"YouTube answered {response.status_code}."


def _reason(response: httpx.Response) -> str:
    """The machine's word for a refusal: `error.errors[0].reason`; empty where there is none."""
    reasons = _error(response).get("errors") or [{}]
    return str(reasons[0].get("reason") or "")


def _error(response: httpx.Response) -> dict[str, Any]:
    error = json_object(response).get("error")  # none from the upload server, which answers in plain text
    return error if isinstance(error, dict) else {}
