"""Maps LinkedIn's HTTP statuses and error codes to our errors."""

import re
from http import HTTPStatus
from typing import Final

import httpx

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.infrastructure.net.retry_after import retry_after
from content_pipeline.core.platforms.base import Ambiguous, Expired, NotPermitted, Refused
from content_pipeline.core.platforms.response_json import json_object

_LATER: Final = "Nothing to do: it is retried automatically."
# Among the URNs in the message of a duplicate, only these are posts. Activities and comments have URNs too.
_POST: Final = re.compile(r"\burn:li:(?:share|ugcPost):\d+")
# "Not enough permissions to access": new responses have the code, old ones the number only.
_DENIED: Final = "ACCESS_DENIED"
_DENIED_NUMBER: Final = 100
# Throttles are per app and member and UTC day, and their end is not told: retry after an hour.
_THROTTLED_SECONDS: Final = 3600.0
_WAITING_SECONDS: Final = 15.0


def checked(response: httpx.Response) -> httpx.Response:
    """The response, if it is a success. Raises what `failure` makes of any other."""
    if response.is_success:
        return response
    raise failure(response)


def failure(response: httpx.Response) -> Error:
    """The error for a refused call that may be repeated.

    Expired (401), NotPermitted (403), TooManyRequests (429), UpstreamError `remote_failed` (5xx, and a 403 that is not
    LinkedIn's) and `linkedin_media_waiting`, both retryable; Refused `linkedin_version_retired`,
    `linkedin_media_failed`, `duplicate_post`, `platform_refused`.
    """
    status, named, sentence = response.status_code, codes(response), _sentence(response)
    if status == HTTPStatus.UNAUTHORIZED:
        return Expired(sentence, remedy="Connect the account again.")
    if status == HTTPStatus.FORBIDDEN and (_DENIED in named or _number(response) == _DENIED_NUMBER):
        return NotPermitted(sentence, remedy="Connect the account again, and allow everything that is asked for.")
    if status == HTTPStatus.UPGRADE_REQUIRED or "NONEXISTENT_VERSION" in named:
        return Refused(
            "LinkedIn has retired the version of its API that is used here.",
            code="linkedin_version_retired",
            remedy="Set CONTENT_PIPELINE_LINKEDIN_VERSION to a version of the last twelve months, as YYYYMM.",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = retry_after(response)
        return TooManyRequests(sentence, remedy=_LATER, retry_after=_THROTTLED_SECONDS if seconds is None else seconds)
    if _is_inconclusive(response):
        return UpstreamError(sentence, remedy=_LATER, retryable=True, retry_after=retry_after(response))
    if "MEDIA_ASSET_WAITING_UPLOAD" in named:
        return UpstreamError(
            "LinkedIn is not done with the video yet.",
            code="linkedin_media_waiting",
            remedy=_LATER,
            retryable=True,
            retry_after=_WAITING_SECONDS,
        )
    if "MEDIA_ASSET_PROCESSING_FAILED" in named:
        return unusable_video(_message(response))
    if "DUPLICATE_POST" in named or duplicate_of(response):
        return Refused(
            f"LinkedIn has a post of the same content: {duplicate_of(response) or 'it does not say which'}.",
            code="duplicate_post",
            remedy="Look at that post; change the text if there is to be another one.",
        )
    return Refused(sentence, remedy="Change what LinkedIn names, then retry.")


def commit_failure(response: httpx.Response) -> Error:
    """The error for a refused post; Ambiguous where the post may be live."""
    if _is_inconclusive(response):
        return Ambiguous(_sentence(response), remedy="Nothing to do: it is looked into.")
    return failure(response)


def unusable_video(reason: str) -> Refused:
    """The error for a video that LinkedIn cannot process; `reason` is its own message."""
    return Refused(
        f"LinkedIn cannot use the video. {platform_message(reason)}".rstrip(),
        code="linkedin_media_failed",
        remedy="Send an MP4 with H.264 video and AAC sound.",
    )


def duplicate_of(response: httpx.Response) -> str | None:
    """The URN of the live post in a refused duplicate; None for every other response."""
    if response.status_code != HTTPStatus.UNPROCESSABLE_ENTITY:
        return None
    named = _POST.search(_message(response))
    return named[0] if named else None


def codes(response: httpx.Response) -> set[str]:
    """The codes of an error: in the body itself, or (Posts API) in each of its `errorDetails.inputErrors`."""
    body = json_object(response)
    details = body.get("errorDetails")
    inputs = details.get("inputErrors", []) if isinstance(details, dict) else []
    return {str(error["code"]) for error in [body, *inputs] if "code" in error}


def _is_inconclusive(response: httpx.Response) -> bool:
    """Whether a response does not tell what LinkedIn did.

    Includes a proxy's success and a firewall's 403: that one hits all accounts at once, and none of them has to be
    connected again.
    """
    if response.status_code == HTTPStatus.FORBIDDEN:
        return not codes(response) and _number(response) is None
    return response.is_server_error or response.is_success or response.status_code == HTTPStatus.REQUEST_TIMEOUT


def _number(response: httpx.Response) -> object:
    """LinkedIn's numeric error code; None where there is none."""
    return json_object(response).get("serviceErrorCode")


def _sentence(response: httpx.Response) -> str:
    message = platform_message(_message(response))
    return f"LinkedIn says: {message}" if message else f"LinkedIn answered {response.status_code}."


def _message(response: httpx.Response) -> str:
    return str(json_object(response).get("message") or "")
