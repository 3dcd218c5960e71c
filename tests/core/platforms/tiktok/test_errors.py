"""Mapping of TikTok's errors: each row of its tables, with our code and remedy."""

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import Disconnected, Expired, NotPermitted, PreparationLost, Refused
from content_pipeline.core.platforms.tiktok.errors import failed_post, failure


def refusal(code: str, status: int, message: str = "It did not work") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": message, "log_id": "2026"}})


@pytest.mark.parametrize(
    ("code", "status", "kind", "stable"),
    [
        ("invalid_param", 400, Refused, "platform_refused"),
        ("invalid_params", 400, Refused, "platform_refused"),
        ("access_token_invalid", 401, Expired, "token_expired"),
        ("scope_not_authorized", 401, NotPermitted, "needs_reconnect"),
        ("scope_permission_missed", 403, NotPermitted, "needs_reconnect"),
        ("spam_risk_too_many_posts", 403, TooManyRequests, "tiktok_daily_limit"),
        ("spam_risk_too_many_pending_share", 403, TooManyRequests, "tiktok_daily_limit"),
        ("reached_active_user_cap", 403, TooManyRequests, "tiktok_daily_limit"),
        ("spam_risk_user_banned_from_posting", 403, Refused, "tiktok_account_restricted"),
        ("spam_risk_text", 403, Refused, "tiktok_spam"),
        ("spam_risk", 403, Refused, "tiktok_spam"),
        ("unaudited_client_can_only_post_to_private_accounts", 403, Refused, "tiktok_unaudited"),
        ("url_ownership_unverified", 403, Refused, "platform_refused"),
        ("privacy_level_option_mismatch", 403, Refused, "tiktok_privacy_not_allowed"),
        ("rate_limit_exceeded", 429, TooManyRequests, "too_many_requests"),
        ("internal_error", 500, UpstreamError, "remote_failed"),
        ("invalid_publish_id", 400, Refused, "platform_refused"),
    ],
)
@pytest.mark.parametrize("with_200", [False, True])
def test_each_code_means_one_thing_whatever_its_status(
    code: str, status: int, kind: type[Error], stable: str, with_200: bool
) -> None:
    error = failure(refusal(code, 200 if with_200 else status))
    assert type(error) is kind
    assert error.code == stable
    assert error.remedy


def test_a_limit_without_retry_after_is_waited_for_by_its_window() -> None:
    assert failure(refusal("rate_limit_exceeded", 429)).retry_after == 60
    assert failure(refusal("spam_risk_too_many_posts", 403)).retry_after == 3600


def test_an_oauth_error_is_flat() -> None:
    response = httpx.Response(200, json={"error": "invalid_grant", "error_description": "Refresh token is expired"})
    error = failure(response)
    assert type(error) is Disconnected
    assert error.detail == "TikTok says: Refresh token is expired."


@pytest.mark.parametrize(
    "response", [httpx.Response(502, text="<html>"), httpx.Response(200, json={"error": {"code": "ok"}})]
)
def test_an_answer_that_says_nothing_is_asked_for_again(response: httpx.Response) -> None:
    error = failure(response)
    assert type(error) is UpstreamError
    assert error.retryable


@pytest.mark.parametrize(
    ("reason", "kind", "code"),
    [
        ("file_format_check_failed", Refused, "tiktok_video_unsupported"),
        ("duration_check_failed", Refused, "tiktok_duration"),
        ("frame_rate_check_failed", Refused, "tiktok_frame_rate"),
        ("picture_size_check_failed", Refused, "tiktok_picture_size"),
        ("publish_cancelled", Refused, "tiktok_canceled"),
        ("auth_removed", Refused, "tiktok_permission_removed"),
        ("spam_risk_text", Refused, "tiktok_spam"),
        ("spam_risk_too_many_posts", Refused, "tiktok_daily_limit"),
        ("video_pull_failed", Refused, "platform_refused"),
        ("", Refused, "platform_refused"),
        ("internal", PreparationLost, "preparation_lost"),
    ],
)
def test_each_reason_to_fail_a_post_has_a_sentence(reason: str, kind: type[Error], code: str) -> None:
    error = failed_post(reason)
    assert type(error) is kind
    assert error.code == code
    assert error.detail.endswith(".")
