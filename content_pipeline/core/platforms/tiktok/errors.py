"""Maps TikTok's error codes, and its reasons for failed posts, to our errors."""

from http import HTTPStatus
from typing import Final, NamedTuple

import httpx

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.net.error_text import platform_message
from content_pipeline.core.platforms.base import Disconnected, Expired, NotPermitted, PreparationLost, Refused
from content_pipeline.core.platforms.response_json import json_object

_RECONNECT: Final = "Connect the account again, and allow everything that is asked for."
_LATER: Final = "Nothing to do: it is retried automatically."
OK: Final = "ok"


class _Reason(NamedTuple):
    code: str
    sentence: str
    remedy: str


_RESTRICTED: Final = _Reason(
    "tiktok_account_restricted", "TikTok does not let this account post.", "See in the TikTok app what it asks for."
)
_SPAM: Final = _Reason("tiktok_spam", "TikTok takes the post for spam.", "Change its text, or post less often.")
_REFUSALS: Final[dict[str, _Reason]] = {
    "unaudited_client_can_only_post_to_private_accounts": _Reason(
        "tiktok_unaudited",
        "TikTok has not audited this app yet: it may only post privately, to private accounts.",
        "Set the account to private and the post's privacy to 'private', or have the app audited.",
    ),
    "privacy_level_option_mismatch": _Reason(
        "tiktok_privacy_not_allowed",
        "TikTok does not allow this privacy for the account.",
        "Choose another privacy, or change the account's in the TikTok app.",
    ),
    "spam_risk_user_banned_from_posting": _RESTRICTED,
    "spam_risk_too_many_posts": _Reason(
        "tiktok_daily_limit", "The account has posted as often as TikTok allows in a day.", "Retry it tomorrow."
    ),
    "spam_risk_text": _SPAM,
    "spam_risk": _SPAM,
    "file_format_check_failed": _Reason(
        "tiktok_video_unsupported", "TikTok cannot read the video.", "Send an MP4 with H.264 video."
    ),
    "duration_check_failed": _Reason(
        "tiktok_duration", "The video is too short or too long for this account.", "Send one of at most 10 minutes."
    ),
    "frame_rate_check_failed": _Reason(
        "tiktok_frame_rate", "TikTok does not take the video's frame rate.", "Send one of 23 to 60 frames a second."
    ),
    "picture_size_check_failed": _Reason(
        "tiktok_picture_size", "TikTok does not take the video's size.", "Send one of 360 to 4096 pixels a side."
    ),
    "auth_removed": _Reason(
        "tiktok_permission_removed", "The account took its permission back while TikTok had the post.", _RECONNECT
    ),
    "publish_cancelled": _Reason(
        "tiktok_canceled", "The post was taken back before it was out.", "Retry it if that was a mistake."
    ),
}
# Daily limits of the creator and of the app: retried hourly, because the end of the day is not told.
_DAILY_LIMITS: Final = frozenset(
    {"spam_risk_too_many_posts", "spam_risk_too_many_pending_share", "reached_active_user_cap"}
)
_DAILY_LIMIT_SECONDS: Final = 3600.0
# TikTok gives no Retry-After; its windows are of a minute.
_RATE_LIMIT_SECONDS: Final = 60.0
_SCOPE_MISSING: Final = frozenset({"scope_not_authorized", "scope_permission_missed"})


def failure(response: httpx.Response) -> Error:
    """The error for a refused call."""
    code, message = _fault(response)
    sentence = (
        f"TikTok says: {platform_message(message or code)}" if code else f"TikTok answered {response.status_code}."
    )
    if code == "access_token_invalid" or (not code and response.status_code == HTTPStatus.UNAUTHORIZED):
        return Expired(sentence, remedy=_RECONNECT)
    if code in _SCOPE_MISSING:
        return NotPermitted(sentence, remedy=_RECONNECT)
    if code == "invalid_grant":
        return Disconnected(sentence, remedy=_RECONNECT)
    if code in _DAILY_LIMITS:
        return TooManyRequests(sentence, code="tiktok_daily_limit", remedy=_LATER, retry_after=_DAILY_LIMIT_SECONDS)
    if code == "rate_limit_exceeded" or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return TooManyRequests(sentence, remedy=_LATER, retry_after=_RATE_LIMIT_SECONDS)
    # A response without an error body came from a proxy.
    if not code or code == "internal_error" or response.is_server_error:
        return UpstreamError(sentence, remedy=_LATER, retryable=True)
    return _refusal(code, sentence)


def failed_post(reason: str) -> Error:
    """The error for a post that TikTok failed to process; PreparationLost where another attempt may succeed."""
    if reason == "internal":
        return PreparationLost("TikTok failed to process the video by a fault of its own.", remedy=_LATER)
    return _refusal(reason, f"TikTok could not post the video: {platform_message(reason) or 'it gives no reason.'}")


def _refusal(code: str, sentence: str) -> Refused:
    """Known codes have a sentence of ours: TikTok's own messages only repeat the code."""
    if reason := _REFUSALS.get(code):
        return Refused(reason.sentence, code=reason.code, remedy=reason.remedy)
    return Refused(sentence, remedy="Change what TikTok names, then retry.")


def _fault(response: httpx.Response) -> tuple[str, str]:
    """The code and message of an error body; empty where the body is no error."""
    body = json_object(response)
    error = body.get("error")
    if isinstance(error, str):  # the OAuth endpoints' flat form
        return error, str(body.get("error_description") or "")
    if not isinstance(error, dict) or error.get("code") == OK:
        return "", ""
    return str(error.get("code") or ""), str(error.get("message") or "")
