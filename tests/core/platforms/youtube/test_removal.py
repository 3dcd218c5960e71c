"""Removal of videos on YouTube, over a scripted transport."""

import pytest

from content_pipeline.core.errors import TooManyRequests, UpstreamError
from content_pipeline.core.platforms.base import Expired, NotPermitted
from content_pipeline.core.platforms.youtube.removal import remove_post
from tests.core.platforms.network import network
from tests.core.platforms.wire import ACCESS, DROPPED, UNREACHABLE, Answer, Wire

VIDEO = "dQw4w9WgXcQ"


def refusal(status: int, reason: str) -> Answer:
    return Answer(status, {"error": {"code": status, "message": "No.", "errors": [{"reason": reason}]}})


def remove(*answers: Answer | Exception) -> Wire:
    wire = Wire().on("/youtube/v3/videos", *answers)  # type: ignore[arg-type]
    with network(wire):
        remove_post(ACCESS, VIDEO)
    return wire


def test_a_video_is_deleted_by_its_id() -> None:
    (request,) = remove(Answer(204)).requests
    assert (request.method, dict(request.url.params)) == ("DELETE", {"id": VIDEO})
    assert request.headers["authorization"] == f"Bearer {ACCESS.token}"


def test_a_video_that_is_gone_is_removed() -> None:
    remove(refusal(404, "videoNotFound"))


def test_a_lost_answer_is_asked_for_again() -> None:
    assert len(remove(DROPPED, refusal(404, "videoNotFound")).requests) == 2


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (refusal(401, "authError"), Expired, "token_expired"),
        (refusal(403, "insufficientPermissions"), NotPermitted, "needs_reconnect"),
        (refusal(403, "quotaExceeded"), TooManyRequests, "youtube_quota"),
        (Answer(503), UpstreamError, "remote_failed"),
        (UNREACHABLE, UpstreamError, "platform_unreachable"),
    ],
)
def test_a_refusal_is_named(answer: Answer | Exception, error: type[Exception], code: str) -> None:
    with pytest.raises(error) as raised:
        remove(answer)
    assert raised.value.code == code  # type: ignore[attr-defined]
