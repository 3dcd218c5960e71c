"""Maps the Graph API's error codes and subcodes to our errors."""

import re
from collections.abc import Collection
from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.platforms.base import (
    Ambiguous,
    Disconnected,
    Expired,
    NotPermitted,
    PreparationLost,
    Refused,
)
from content_pipeline.core.platforms.response_json import json_object

_RECONNECT: Final = "Connect the account again."
_RECONNECT_WITH_ALL: Final = "Connect the account again, and allow everything that is asked for."
_LATER: Final = "Nothing to do: it is retried automatically."


class _Reason(NamedTuple):
    code: str
    remedy: str


_UNREADABLE: Final = _Reason("instagram_video_unsupported", "Send an MP4 with H.264 video and AAC sound.")
_ASPECT: Final = _Reason("instagram_aspect_ratio", "Send a video in 9:16.")
_TOO_LONG: Final = _Reason("instagram_caption_too_long", "Shorten the text to 2,200 characters, hashtags included.")
_UNREACHABLE: Final = _Reason(
    "instagram_media_unreachable",
    "Instagram must be able to fetch the video: check CONTENT_PIPELINE_S3_PUBLIC_ENDPOINT, then retry.",
)
_OTHER: Final = _Reason("platform_refused", "Change what Instagram names, then retry.")

# The keys are subcodes, or codes where these are specific enough.
_REFUSALS: Final[dict[int, _Reason]] = {
    2207026: _UNREADABLE,
    352: _UNREADABLE,
    2207009: _ASPECT,
    36003: _ASPECT,
    2207010: _TOO_LONG,
    36004: _TOO_LONG,
    2207040: _Reason("instagram_too_many_tags", "Leave at most 30 hashtags and 20 mentions in the text."),
    2207052: _UNREACHABLE,
    9004: _UNREACHABLE,
    2207001: _Reason("instagram_spam", "Change the post: Instagram takes it for spam."),
    2207050: _Reason("instagram_account_restricted", "Open the Instagram app and do what it asks, then retry."),
}
_RATE_LIMITS: Final = frozenset({4, 17, 32, 613, *range(80000, 80010), 80014})
_RATE_LIMIT_SECONDS: Final = 300.0
_DAILY_LIMIT: Final = 2207042
DAILY_LIMIT_SECONDS: Final = 3600.0
_NOT_READY: Final = 2207027
_TRANSIENT: Final = frozenset({2207003, 2207032, 2207082})
_GONE: Final = frozenset({2207008, 2207020})
# Instagram calls it a rate limit or a blocked action, but the post may be live: clients that retried posted twice.
_MAYBE_LIVE: Final = 2207051
# "An unknown error occurred", "service temporarily unavailable": the outcome is not known.
_UNKNOWN: Final = frozenset({-1, 1, 2})
_PERMISSIONS: Final = frozenset({3, 10, *range(200, 300)})
_BAD_TOKEN: Final = 190
# The owner revoked the grant, changed the password, or has to sign in there first: no refresh helps.
_GRANT_ENDED: Final = frozenset({458, 459, 460, 464})
_INVISIBLE: Final = 33
_BAD_PARAMETER: Final = 100
# "metric[2] must be one of the following values: …"; other refusals of a metric name it in a sentence.
_ALLOWED: Final = re.compile(r"metric\[\d+\] must be one of the following values:(.*)", re.DOTALL)
_NOT_ENOUGH: Final = re.compile(r"not enough", re.IGNORECASE)
_NO_PERMISSION: Final = 10
# The media is older than the account's change to a professional one.
_BEFORE_CONVERSION: Final = 2108006


class Invisible(Disconnected):
    """The object does not exist, or is not visible to this account."""


class _Fault(NamedTuple):
    """The fields of an error body; zeros where the body is no error."""

    code: int
    subcode: int
    text: str
    transient: bool


def failure(response: httpx.Response) -> Error:
    """The error for a refused call that may be repeated."""
    return _meaning(_fault(response), response)


def commit_failure(response: httpx.Response) -> Error:
    """The error for a refused `media_publish`; Ambiguous where the post may be live."""
    fault = _fault(response)
    # A response without a code is from a proxy, which may have forwarded the request.
    if response.is_server_error or not fault.code or fault.code in _UNKNOWN or fault.subcode == _MAYBE_LIVE:
        return Ambiguous(_sentence(fault, response), remedy="Nothing to do: it is looked into.")
    return _meaning(fault, response)


def refused_metrics(response: httpx.Response, metrics: Collection[str]) -> frozenset[str]:
    """Which of the metrics of a request for insights are the reason of its refusal: one fails the whole call."""
    fault = _fault(response)
    if fault.code != _BAD_PARAMETER:
        return frozenset()
    if allowed := _ALLOWED.search(fault.text):
        return frozenset(metrics) - frozenset(re.findall(r"\w+", allowed[1]))
    return frozenset(metrics) & frozenset(re.findall(r"\w+", fault.text))


def has_no_insights(response: httpx.Response) -> bool:
    """Whether a request for insights is refused because there are none: too few people, or too old a media."""
    fault = _fault(response)
    too_few = fault.code == _NO_PERMISSION and bool(_NOT_ENOUGH.search(fault.text))
    return too_few or fault.subcode == _BEFORE_CONVERSION


def failed_container(status: str) -> Error:
    """The error for a failed container, by the subcode in its status; PreparationLost where a new one may succeed."""
    subcode = next((int(number) for number in re.findall(r"\b2207\d{3}\b", status)), 0)
    if subcode in _TRANSIENT or subcode in _GONE:
        return PreparationLost(f"Instagram could not process the video. {platform_message(status)}", remedy=_LATER)
    return _refusal(
        _Fault(0, subcode, status, transient=False), f"Instagram cannot use the video. {platform_message(status)}"
    )


def _meaning(fault: _Fault, response: httpx.Response) -> Error:
    sentence = _sentence(fault, response)
    if fault.code == _BAD_TOKEN and fault.subcode not in _GRANT_ENDED:
        return Expired(sentence, remedy=_RECONNECT)
    if fault.subcode == _INVISIBLE:
        return Invisible(sentence, remedy=_RECONNECT)
    if fault.code == _BAD_TOKEN:
        return Disconnected(sentence, remedy=_RECONNECT)
    if fault.code in _PERMISSIONS:
        return NotPermitted(sentence, remedy=_RECONNECT_WITH_ALL)
    if fault.subcode == _DAILY_LIMIT:
        return TooManyRequests(sentence, code="instagram_daily_limit", remedy=_LATER, retry_after=DAILY_LIMIT_SECONDS)
    if fault.subcode in _GONE:
        return PreparationLost(sentence, remedy=_LATER)
    if fault.code in _RATE_LIMITS or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequests(sentence, remedy=_LATER, retry_after=_RATE_LIMIT_SECONDS)
    if fault.subcode == _NOT_READY:
        return UpstreamError(sentence, code="instagram_not_ready", remedy=_LATER, retryable=True, retry_after=5.0)
    if _may_pass(fault, response):
        return UpstreamError(sentence, remedy=_LATER, retryable=True)
    return _refusal(fault, sentence)


def _may_pass(fault: _Fault, response: httpx.Response) -> bool:
    """Whether the same call may succeed later. A response without an error body came from a proxy."""
    known = fault.code in _UNKNOWN or fault.subcode in _TRANSIENT or fault.transient
    return known or response.is_server_error or not fault.code or "unknown error" in fault.text.lower()


def _refusal(fault: _Fault, sentence: str) -> Refused:
    reason = _REFUSALS.get(fault.subcode) or _REFUSALS.get(fault.code) or _OTHER
    return Refused(sentence, code=reason.code, remedy=reason.remedy)


def _fault(response: httpx.Response) -> _Fault:
    error = json_object(response).get("error")
    if not isinstance(error, dict):
        return _Fault(0, 0, "", transient=False)
    text = error.get("error_user_msg") or error.get("message") or ""
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    return _Fault(code, subcode, str(text), bool(error.get("is_transient")))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _sentence(fault: _Fault, response: httpx.Response) -> str:
    return (
        f"Instagram says: {platform_message(fault.text)}"
        if fault.text
        else f"Instagram answered {response.status_code}."
    )
