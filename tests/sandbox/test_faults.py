"""Fault injection over a real connection."""

import time
from pathlib import Path

import httpx
import pytest

from tests.sandbox.tiktok.creator import connect, init, publish
from tests.sandbox_client import Sandbox


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    return connect(sandbox)["access_token"]


@pytest.mark.slow
def test_accept_then_drop_does_the_work_and_answers_nothing(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("tiktok", "prepare", "accept_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        init(sandbox, token)
    assert init(sandbox, token).status_code == 200
    dropped, answered = sandbox.requests()[-2:]
    assert (dropped["status"], dropped["mutation"]) == ("dropped", True)
    assert (answered["status"], answered["mutation"]) == (200, True)


def test_drop_keeps_the_work_from_being_done(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("tiktok", "prepare", "drop", times=2)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            init(sandbox, token)
    assert init(sandbox, token).status_code == 200
    assert [entry["mutation"] for entry in sandbox.requests()[-3:]] == [False, False, True]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "live"), [("accept_then_drop", 1), ("drop", 0)])
def test_the_chunk_that_publishes_can_be_lost_on_either_way(
    sandbox: Sandbox, token: str, reel: Path, kind: str, live: int
) -> None:
    sandbox.fail("tiktok", "commit", kind)
    with pytest.raises(httpx.TransportError):
        publish(sandbox, token, reel)
    assert len(sandbox.posts()) == live


def test_a_status_is_answered_as_it_was_ordered(sandbox: Sandbox, token: str) -> None:
    body = {"error": {"code": "rate_limit_exceeded"}}
    sandbox.fail("tiktok", "prepare", "status", status=429, body=body, headers={"Retry-After": "3"})
    refused = init(sandbox, token)
    assert (refused.status_code, refused.headers["retry-after"], refused.json()) == (429, "3", body)
    assert sandbox.requests()[-1]["mutation"] is False


def test_a_status_can_hide_that_the_work_was_done(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("tiktok", "prepare", "status", status=502, after_work=True)
    assert init(sandbox, token).status_code == 502
    assert sandbox.requests()[-1]["mutation"] is True


@pytest.mark.slow
def test_a_delay_holds_the_answer_up(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("tiktok", "prepare", "delay", seconds=0.3)
    began = time.monotonic()
    assert init(sandbox, token).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_a_fault_is_for_its_platform_and_step_alone(sandbox: Sandbox, token: str) -> None:
    sandbox.fail("instagram", "prepare", "drop")
    sandbox.fail("tiktok", "commit", "drop")
    assert init(sandbox, token).status_code == 200


def test_an_order_that_makes_no_sense_is_refused(sandbox: Sandbox) -> None:
    for wrong in ({"kind": "explode"}, {"step": "later"}, {"platform": "myspace"}, {"times": 0}):
        order = {"platform": "tiktok", "step": "commit", "kind": "drop", **wrong}
        assert sandbox.http.post("/_sandbox/faults", json=order).status_code == 422


def test_the_log_holds_no_secrets(sandbox: Sandbox, token: str) -> None:
    upload = init(sandbox, token).json()["data"]["upload_url"]
    sandbox.http.put(upload, content=b"")
    log = sandbox.http.get("/_sandbox/requests").text
    assert "open-upload.tiktokapis.com/video/" in log
    assert token not in log
    assert httpx.URL(upload).params["upload_token"] not in log
