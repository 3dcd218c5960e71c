"""Mapping of LinkedIn's errors."""

from typing import Any

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import Ambiguous, Expired, NotPermitted, Refused
from content_pipeline.core.platforms.linkedin.errors import commit_failure, duplicate_of, failure

THROTTLED = {"status": 429, "serviceErrorCode": 101, "message": "Resource level throttle limit of the member"}
# The Posts API sends this form: the code is nested deep, and the URN is in a sentence.
DUPLICATE = {
    "errorDetailType": "com.linkedin.common.error.BadRequest",
    "message": "com.linkedin.content.common.exception.BadRequestResponseException: "
    "Content is a duplicate of urn:li:share:7141138937766391808",
    "errorDetails": {"inputErrors": [{"description": "Duplicate", "input": {}, "code": "DUPLICATE_POST"}]},
    "status": 422,
}


def coded(code: str, message: str = "No.") -> dict[str, str]:
    return {"code": code, "message": message}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "retryable"),
    [
        (401, {"serviceErrorCode": 65601, "message": "revoked"}, Expired, "token_expired", True),
        (401, coded("EXPIRED_ACCESS_TOKEN"), Expired, "token_expired", True),
        (403, coded("ACCESS_DENIED"), NotPermitted, "needs_reconnect", False),
        (
            403,
            {"serviceErrorCode": 100, "message": "Not enough permissions", "status": 403},
            NotPermitted,
            "needs_reconnect",
            False,
        ),
        (403, coded("SOMETHING_ELSE"), Refused, "platform_refused", False),
        (403, {"serviceErrorCode": 7, "message": "No.", "status": 403}, Refused, "platform_refused", False),
        (426, coded("NONEXISTENT_VERSION"), Refused, "linkedin_version_retired", False),
        (400, coded("NONEXISTENT_VERSION"), Refused, "linkedin_version_retired", False),
        (429, THROTTLED, TooManyRequests, "too_many_requests", True),
        (400, coded("MEDIA_ASSET_WAITING_UPLOAD"), UpstreamError, "linkedin_media_waiting", True),
        (400, coded("MEDIA_ASSET_PROCESSING_FAILED"), Refused, "linkedin_media_failed", False),
        (422, DUPLICATE, Refused, "duplicate_post", False),
        (422, coded("DUPLICATE_POST"), Refused, "duplicate_post", False),
        (422, coded("INVALID_URN"), Refused, "platform_refused", False),
        (400, ["not", "an", "object"], Refused, "platform_refused", False),
        (408, None, UpstreamError, "remote_failed", True),
        (500, None, UpstreamError, "remote_failed", True),
        (503, coded("SERVICE_UNAVAILABLE"), UpstreamError, "remote_failed", True),
    ],
)
def test_a_refusal_has_one_meaning(status: int, body: Any, kind: type[Error], code: str, retryable: bool) -> None:
    error = failure(httpx.Response(status, json=body))
    assert (type(error), error.code, error.retryable) == (kind, code, retryable)
    assert error.remedy


@pytest.mark.parametrize("body", [b"<html>Access denied</html>", b"{}", b'{"message": "Forbidden"}'])
def test_a_403_of_something_in_between_disconnects_nobody_and_says_nothing_of_a_post(body: bytes) -> None:
    error = failure(httpx.Response(403, content=body))
    assert (type(error), error.code, error.retryable) == (UpstreamError, "remote_failed", True)
    assert isinstance(commit_failure(httpx.Response(403, content=body)), Ambiguous)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_post_that_broke_off_at_linkedin_may_be_live(status: int) -> None:
    assert isinstance(commit_failure(httpx.Response(status)), Ambiguous)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 426, 429])
def test_a_post_that_linkedin_refused_is_not_live(status: int) -> None:
    error = commit_failure(httpx.Response(status, json=coded("ANY")))
    assert not isinstance(error, Ambiguous)


def test_a_duplicate_names_the_post_that_is_live() -> None:
    assert duplicate_of(httpx.Response(422, json=DUPLICATE)) == "urn:li:share:7141138937766391808"
    assert "urn:li:share:7141138937766391808" in failure(httpx.Response(422, json=DUPLICATE)).detail


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (422, "Content is a duplicate of urn:li:activity:7141138937766391808"),
        (422, "Content is a duplicate of urn:li:comment:(urn:li:activity:1,2)"),
        (422, "Content is a duplicate"),
        (400, "Content is a duplicate of urn:li:share:7141138937766391808"),
    ],
)
def test_only_a_post_that_a_422_names_is_one(status: int, message: str) -> None:
    assert duplicate_of(httpx.Response(status, json={"message": message})) is None


def test_a_throttle_waits_as_long_as_linkedin_says_and_an_hour_where_it_says_nothing() -> None:
    assert failure(httpx.Response(429, json=THROTTLED)).retry_after == 3600
    for seconds in (0, 90):
        headers = {"Retry-After": str(seconds)}
        assert failure(httpx.Response(429, json=THROTTLED, headers=headers)).retry_after == seconds


def test_a_retired_version_says_which_setting_to_change() -> None:
    assert "CONTENT_PIPELINE_LINKEDIN_VERSION" in failure(httpx.Response(426)).remedy


def test_no_token_gets_into_a_sentence() -> None:
    token = "AQX-" + "k7Jq2" * 30
    error = failure(httpx.Response(400, json={"message": f"The token {token} does not fit."}))
    assert "k7Jq2" not in error.detail
    assert "does not fit" in error.detail
