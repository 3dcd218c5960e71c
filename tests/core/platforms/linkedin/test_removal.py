"""Removal of posts on LinkedIn, over a scripted transport."""

import pytest

from content_pipeline.core.errors import TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import Expired, NotPermitted
from content_pipeline.core.platforms.linkedin.removal import remove_post
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS, DROPPED, Answer, Wire

URN = "urn:li:ugcPost:7141138937766391808"


def remove(*answers: Answer | Exception) -> Wire:
    wire = Wire().on(URN, *answers)  # type: ignore[arg-type]
    with network(wire):
        remove_post(ACCESS, URN)
    return wire


def test_a_post_is_deleted_by_its_encoded_urn() -> None:
    (request,) = remove(Answer(204)).requests
    assert (request.method, request.url.raw_path) == ("DELETE", b"/rest/posts/urn%3Ali%3AugcPost%3A7141138937766391808")
    assert request.headers["linkedin-version"]


def test_a_post_that_is_gone_is_removed() -> None:
    remove(Answer(404, {"code": "NOT_FOUND", "message": "Could not find entity"}))


def test_a_lost_answer_is_asked_for_again() -> None:
    assert len(remove(DROPPED, Answer(204)).requests) == 2


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (Answer(401, {"code": "EXPIRED_ACCESS_TOKEN"}), Expired, "token_expired"),
        (Answer(403, {"code": "ACCESS_DENIED", "serviceErrorCode": 100}), NotPermitted, "needs_reconnect"),
        (Answer(429, {"code": "TOO_MANY_REQUESTS"}), TooManyRequests, "too_many_requests"),
        (Answer(500), UpstreamError, "remote_failed"),
    ],
)
def test_a_refusal_is_named(answer: Answer, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as raised:
        remove(answer)
    assert raised.value.code == code  # type: ignore[attr-defined]
