"""Mapping of Instagram's errors: each row of its table, with our code and remedy."""

from typing import Any

import httpx
import pytest

from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import (
    Ambiguous,
    Disconnected,
    Expired,
    NotPermitted,
    PreparationLost,
    Refused,
)
from content_pipeline.core.platforms.instagram.errors import Invisible, commit_failure, failed_container, failure
from tests.core.platforms.wire import ACCESS


def refusal(code: int, subcode: int | None = None, status: int = 400, **fields: Any) -> httpx.Response:
    error = {"message": "It did not work", "type": "OAuthException", "code": code, "error_subcode": subcode, **fields}
    return httpx.Response(status, json={"error": error})


@pytest.mark.parametrize(
    ("code", "subcode", "kind", "stable"),
    [
        (190, None, Expired, "token_expired"),
        (190, 463, Expired, "token_expired"),
        (190, 467, Expired, "token_expired"),
        (190, 460, Disconnected, "needs_reconnect"),
        (100, 33, Invisible, "needs_reconnect"),
        (10, None, NotPermitted, "needs_reconnect"),
        (200, None, NotPermitted, "needs_reconnect"),
        (4, None, TooManyRequests, "too_many_requests"),
        (17, None, TooManyRequests, "too_many_requests"),
        (32, None, TooManyRequests, "too_many_requests"),
        (613, None, TooManyRequests, "too_many_requests"),
        (80002, None, TooManyRequests, "too_many_requests"),
        (4, 2207051, TooManyRequests, "too_many_requests"),
        (9, 2207042, TooManyRequests, "instagram_daily_limit"),
        (9004, 2207052, Refused, "instagram_media_unreachable"),
        (100, 2207052, Refused, "instagram_media_unreachable"),
        (9007, 2207027, UpstreamError, "instagram_not_ready"),
        (-1, 2207032, UpstreamError, "remote_failed"),
        (1, 2207082, UpstreamError, "remote_failed"),
        (100, 2207003, UpstreamError, "remote_failed"),
        (24, 2207008, PreparationLost, "preparation_lost"),
        (24, 2207020, PreparationLost, "preparation_lost"),
        (352, 2207026, Refused, "instagram_video_unsupported"),
        (36003, 2207009, Refused, "instagram_aspect_ratio"),
        (36004, 2207010, Refused, "instagram_caption_too_long"),
        (25, 2207050, Refused, "instagram_account_restricted"),
        (4, 2207001, TooManyRequests, "too_many_requests"),
        (100, 2207001, Refused, "instagram_spam"),
        (100, None, Refused, "platform_refused"),
    ],
)
def test_each_code_means_one_thing(code: int, subcode: int | None, kind: type[Error], stable: str) -> None:
    error = failure(refusal(code, subcode))
    assert type(error) is kind
    assert error.code == stable
    assert error.remedy


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, text="<html>"),
        httpx.Response(502, json=["not an object"]),
        httpx.Response(403, text="a proxy's word"),
        refusal(2, status=503),
        refusal(100, is_transient=True),
        refusal(100, message="An unknown error has occurred."),
    ],
)
def test_what_is_nobodys_fault_is_tried_again(response: httpx.Response) -> None:
    error = failure(response)
    assert type(error) is UpstreamError
    assert error.retryable


def test_the_person_reads_instagrams_own_sentence_without_the_token_in_it() -> None:
    error = failure(refusal(352, 2207026, error_user_msg=f"The codec is wrong (asked by {ACCESS.token})"))
    assert error.detail == "Instagram says: The codec is wrong (asked by …)."


@pytest.mark.parametrize(
    "response",
    [
        refusal(4, 2207051, 403),
        refusal(-1, status=400),
        refusal(2, status=500),
        httpx.Response(503, text="down"),
        httpx.Response(408, text="slow"),
        httpx.Response(403, text="<html>"),
        httpx.Response(200, text="<html>"),
    ],
)
def test_a_commit_that_was_answered_with_nothing_certain_may_have_happened(response: httpx.Response) -> None:
    assert type(commit_failure(response)) is Ambiguous


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (refusal(190, 463), Expired),
        (refusal(9007, 2207027), UpstreamError),
        (refusal(9, 2207042), TooManyRequests),
        (refusal(4), TooManyRequests),
        (refusal(24, 2207008), PreparationLost),
        (refusal(100, 2207001), Refused),
    ],
)
def test_a_commit_that_was_refused_did_not_happen(response: httpx.Response, kind: type[Error]) -> None:
    assert type(commit_failure(response)) is kind


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("Error: Media upload has failed with error code 2207026", Refused, "instagram_video_unsupported"),
        ("Error: 2207009", Refused, "instagram_aspect_ratio"),
        ("Error: Media upload has failed with error code 2207052", Refused, "instagram_media_unreachable"),
        ("Error: Media upload has failed with error code 2207003", PreparationLost, "preparation_lost"),
        ("Error: Media upload has failed with error code 2207082", PreparationLost, "preparation_lost"),
        ("", Refused, "platform_refused"),
    ],
)
def test_a_failed_container_is_told_by_the_subcode_in_its_status(status: str, kind: type[Error], code: str) -> None:
    error = failed_container(status)
    assert type(error) is kind
    assert error.code == code
