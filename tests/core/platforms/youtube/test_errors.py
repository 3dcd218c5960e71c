"""Mapping of YouTube's errors."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import Ambiguous, Disconnected, Expired, NotPermitted, Refused
from content_pipeline.core.platforms.youtube import errors
from content_pipeline.core.platforms.youtube.errors import Missing, commit_failure, failure, rejected


def answer(status: int, reason: str, message: str = "No.") -> httpx.Response:
    problem = {"message": message, "domain": "youtube.video", "reason": reason}
    return httpx.Response(status, json={"error": {"code": status, "message": message, "errors": [problem]}})


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code", "retryable"),
    [
        (400, "uploadLimitExceeded", TooManyRequests, "youtube_upload_limit", True),
        (400, "invalidTitle", Refused, "youtube_invalid_title", False),
        (400, "invalidDescription", Refused, "youtube_invalid_description", False),
        (400, "invalidTags", Refused, "youtube_invalid_tags", False),
        (400, "invalidCategoryId", Refused, "youtube_invalid_category", False),
        (400, "invalidPublishAt", Refused, "youtube_invalid_publish_time", False),
        (400, "mediaBodyRequired", Refused, "youtube_video_missing", False),
        (404, "playlistNotFound", Missing, "platform_refused", False),
        (400, "somethingNew", Refused, "platform_refused", False),
        (401, "authError", Expired, "token_expired", True),
        (401, "youtubeSignupRequired", Disconnected, "needs_reconnect", False),
        (403, "quotaExceeded", TooManyRequests, "youtube_quota", True),
        (403, "rateLimitExceeded", TooManyRequests, "too_many_requests", True),
        (429, "userRateLimitExceeded", TooManyRequests, "too_many_requests", True),
        (403, "forbidden", NotPermitted, "needs_reconnect", False),
        (403, "insufficientPermissions", NotPermitted, "needs_reconnect", False),
        (403, "accessNotConfigured", Refused, "app_refused", False),
        (403, "forbiddenPrivacySetting", Refused, "platform_refused", False),
        (503, "backendError", UpstreamError, "remote_failed", True),
    ],
)
def test_a_refusal_has_one_meaning(status: int, reason: str, kind: type[Error], code: str, retryable: bool) -> None:
    error = failure(answer(status, reason))
    assert (type(error), error.code, error.retryable) == (kind, code, retryable)
    assert error.remedy


@pytest.mark.parametrize("body", [b"", b"Invalid request.", b"[]", b'{"error": "invalid_grant"}'])
def test_an_answer_without_an_error_of_googles_is_judged_by_its_status(body: bytes) -> None:
    assert isinstance(failure(httpx.Response(400, content=body)), Refused)
    assert isinstance(failure(httpx.Response(500, content=body)), UpstreamError)
    assert isinstance(failure(httpx.Response(401, content=body)), Expired)


@pytest.mark.parametrize("body", [b"<html>Access denied</html>", b"{}", b'{"error": "Forbidden"}'])
def test_a_403_of_something_in_between_disconnects_nobody_and_says_nothing_of_a_video(body: bytes) -> None:
    error = failure(httpx.Response(403, content=body))
    assert (type(error), error.code, error.retryable) == (UpstreamError, "remote_failed", True)
    assert isinstance(commit_failure(httpx.Response(403, content=body)), Ambiguous)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_last_bytes_that_broke_off_at_youtube_may_have_made_the_video(status: int) -> None:
    assert isinstance(commit_failure(httpx.Response(status)), Ambiguous)


@pytest.mark.parametrize(
    ("status", "reason"), [(400, "uploadLimitExceeded"), (403, "quotaExceeded"), (401, "authError")]
)
def test_last_bytes_that_youtube_refused_made_no_video(status: int, reason: str) -> None:
    assert not isinstance(commit_failure(answer(status, reason)), Ambiguous)


@pytest.mark.parametrize(
    ("present", "seconds"),
    [
        (datetime(2026, 7, 1, 6, 59, 0, tzinfo=UTC), 60),  # 23:59 in California in summer
        (datetime(2026, 12, 1, 7, 0, 0, tzinfo=UTC), 3600),  # 23:00 in winter
        (datetime(2026, 12, 1, 8, 0, 0, tzinfo=UTC), 86400),  # midnight itself
        (datetime(2026, 3, 8, 8, 0, 0, tzinfo=UTC), 23 * 3600),  # the day on which an hour is missing
        (datetime(2026, 11, 1, 7, 0, 0, tzinfo=UTC), 25 * 3600),  # the day on which one comes twice
    ],
)
def test_a_used_up_quota_is_there_again_at_midnight_in_california(
    monkeypatch: pytest.MonkeyPatch, present: datetime, seconds: float
) -> None:
    monkeypatch.setattr(errors, "now", lambda: present)
    assert failure(answer(403, "quotaExceeded")).retry_after == seconds


def test_a_channel_at_its_limit_is_asked_again_in_an_hour() -> None:
    assert failure(answer(400, "uploadLimitExceeded")).retry_after == 3600


def test_a_sentence_of_googles_has_no_markup() -> None:
    message = 'You have exceeded your <a href="/youtube/v3/getting-started#quota">quota</a>.'
    assert failure(answer(403, "quotaExceeded", message)).detail == "YouTube says: You have exceeded your quota."


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({"uploadStatus": "failed", "failureReason": "codec"}, "codec"),
        ({"uploadStatus": "rejected", "rejectionReason": "copyright"}, "rights"),
        ({"uploadStatus": "rejected", "rejectionReason": "somethingNew"}, "no reason"),
        ({"uploadStatus": "failed"}, "no reason"),
    ],
)
def test_a_video_that_came_to_nothing_says_why(status: dict[str, Any], words: str) -> None:
    assert words in rejected(status).detail
