"""The client against the fake HeyGen, faults included."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.avatars import heygen
from content_pipeline.core.avatars.heygen import SubmissionUnknown, VideoStatus
from content_pipeline.core.errors import Error, Invalid, TooManyRequests, UpstreamError
from content_pipeline.core.media.probe import probe
from content_pipeline.core.settings import settings
from tests.polling import until
from tests.sandbox.heygen import customer
from tests.sandbox.heygen.customer import LONGEST
from tests.sandbox_client import Sandbox

AVATAR = "Abigail_standing_front"
# 2.4 seconds, at five cents each.
SCRIPT = "Bread needs time, and nothing else."
PAYMENT_FAILED = "MOVIO_PAYMENT_INSUFFICIENT_CREDIT"


def submit(render_id: str = "7f9c-1", script: str = SCRIPT, **fields: Any) -> str:
    voice = heygen.choose_voice(None, script)
    return heygen.submit(
        **{"render_id": render_id, "script": script, "avatar_id": AVATAR, "voice_id": voice.id, **fields}
    )


def videos(sandbox: Sandbox) -> list[dict[str, object]]:
    found: list[dict[str, object]] = customer.read(sandbox, "/videos", limit=100)["data"]
    return found


@pytest.fixture(autouse=True)
def resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fastest to render."""
    monkeypatch.setattr(settings(), "heygen_resolution", "720p")


@pytest.mark.slow
def test_a_video_is_submitted_polled_and_downloaded(sandbox: Sandbox, tmp_path: Path) -> None:
    video_id = submit()
    assert heygen.get(video_id) == VideoStatus(state="processing")
    sandbox.advance(LONGEST)
    assert heygen.statuses([video_id]).by_id[video_id].has_ended
    status = heygen.get(video_id)
    assert (status.state, status.duration_seconds) == ("completed", 2.4)
    (tmp_path / "video.mp4").write_bytes(httpx.get(str(status.video_url)).content)
    info = probe(tmp_path / "video.mp4")
    assert (info.width, info.height, info.has_audio) == (720, 1280, True)


@pytest.mark.slow
def test_an_expired_address_is_replaced_by_asking_again(sandbox: Sandbox) -> None:
    video_id = submit()
    sandbox.advance(LONGEST)
    stale = heygen.get(video_id).video_url
    sandbox.advance(8 * 86_400)
    assert httpx.get(str(stale)).status_code == 403
    assert httpx.get(str(heygen.get(video_id).video_url)).status_code == 200


def test_a_submission_whose_answer_is_lost_is_found_by_its_title(sandbox: Sandbox) -> None:
    submit("7f9c-10")
    sandbox.fail("heygen", "commit", "accept_then_drop")
    with pytest.raises(SubmissionUnknown) as raised:
        submit("7f9c-1")
    assert (raised.value.code, raised.value.retryable) == ("avatar_submission_unknown", True)
    found = heygen.find("7f9c-1")
    assert found is not None
    assert [video["id"] for video in videos(sandbox) if video["title"] == "content-pipeline 7f9c-1"] == [found]


def test_a_submission_that_never_arrived_is_not_found(sandbox: Sandbox) -> None:
    sandbox.fail("heygen", "commit", "drop")
    with pytest.raises(SubmissionUnknown):
        submit()
    assert heygen.find("7f9c-1") is None


@pytest.mark.parametrize("status", [500, 502, 504, 408, 409])
def test_an_error_that_may_hide_an_accepted_submission_says_so(sandbox: Sandbox, status: int) -> None:
    sandbox.fail("heygen", "commit", "status", status=status, after_work=True)
    with pytest.raises(SubmissionUnknown):
        submit()
    assert heygen.find("7f9c-1") == videos(sandbox)[0]["id"]


def test_repeating_a_submission_without_looking_costs_twice(sandbox: Sandbox) -> None:
    """Why `find` has to come before another `submit`."""
    assert submit() != submit()
    sandbox.set(heygen_honors_idempotency=True)
    assert submit("other") == submit("other")


def test_an_empty_wallet_is_told_at_the_submission(sandbox: Sandbox) -> None:
    sandbox.set(heygen_wallet_usd=0)
    with pytest.raises(UpstreamError) as raised:
        submit()
    assert (raised.value.code, raised.value.retryable) == ("avatar_credits", False)
    assert "insufficient_credit" in raised.value.detail
    assert not isinstance(raised.value, SubmissionUnknown)


def test_an_empty_wallet_is_told_after_the_submission(sandbox: Sandbox) -> None:
    sandbox.set(heygen_failure_code=PAYMENT_FAILED)
    video_id = submit()
    sandbox.advance(LONGEST)
    assert heygen.statuses([video_id]).by_id[video_id].failure_code == PAYMENT_FAILED
    status = heygen.get(video_id)
    assert status.state == "failed"
    error = heygen.failure(status)
    assert (error.code, error.retryable) == ("avatar_credits", False)
    assert PAYMENT_FAILED in error.detail


def test_a_watermarked_video_counts_as_completed(sandbox: Sandbox) -> None:
    sandbox.set(heygen_failure_code=PAYMENT_FAILED, heygen_watermarks_failures=True)
    video_id = submit()
    sandbox.advance(LONGEST)
    status = heygen.get(video_id)
    assert (status.state, status.failure_code) == ("completed", None)
    assert status.video_url


def test_any_other_failure_has_heygens_code_in_its_sentence(sandbox: Sandbox) -> None:
    sandbox.set(heygen_failure_code="MODERATION_BLOCKED")
    video_id = submit()
    sandbox.advance(LONGEST)
    error = heygen.failure(heygen.get(video_id))
    assert error.code == "avatar_failed"
    assert "MODERATION_BLOCKED" in error.detail


def test_the_address_may_come_after_the_end(sandbox: Sandbox) -> None:
    sandbox.set(heygen_url_lag_seconds=2000)
    video_id = submit()
    sandbox.advance(LONGEST)
    assert heygen.get(video_id) == VideoStatus(state="completed", duration_seconds=2.4)


def test_hundreds_of_states_are_read_by_the_hundred(sandbox: Sandbox) -> None:
    ids = [submit(str(number)) for number in range(12)]
    unknown = [f"unknown-{number}" for number in range(240)]
    found = heygen.statuses([*unknown, *ids]).by_id
    assert [found[id].state for id in ids] == ["processing"] * 10 + ["waiting"] * 2
    assert {found[id].state for id in unknown} == {"missing"}
    assert [entry["path"].rpartition("/")[2] for entry in sandbox.requests()].count("statuses") == 3


def test_a_deleted_video_is_missing(sandbox: Sandbox) -> None:
    video_id = submit()
    customer.call(sandbox, "DELETE", f"/videos/{video_id}").raise_for_status()
    status = heygen.get(video_id)
    assert (status.state, status.has_ended) == ("missing", False)
    assert heygen.failure(status).code == "avatar_missing"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ({"avatar_id": "nobody"}, "avatar_not_found"),
        ({"voice_id": "nothing"}, "voice_not_found"),
        ({"script": "a" * 5001, "voice_id": ""}, "invalid_parameter"),
    ],
)
def test_what_heygen_refuses_is_told_with_its_code(sandbox: Sandbox, field: dict[str, str], told: str) -> None:
    with pytest.raises(Invalid) as raised:
        heygen.submit(**{"render_id": "1", "script": SCRIPT, "avatar_id": AVATAR, "voice_id": "", **field})
    assert (raised.value.code, raised.value.retryable) == ("heygen_refused", False)
    assert told in raised.value.detail


def test_a_refusal_for_pace_says_how_long_to_wait(sandbox: Sandbox) -> None:
    body = {"error": {"code": "rate_limit_exceeded", "message": "Slow down"}}
    sandbox.fail("heygen", "commit", "status", status=429, body=body, headers={"Retry-After": "40"})
    with pytest.raises(TooManyRequests) as raised:
        submit()
    assert (raised.value.code, raised.value.retry_after) == ("heygen_limited", 40.0)


def test_the_balance_falls_with_each_video(sandbox: Sandbox) -> None:
    assert heygen.balance() == heygen.Balance(100.0, "usd")
    submit()
    assert heygen.balance() == heygen.Balance(99.88, "usd")


def test_the_engine_decides_the_price(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_engine", "avatar_iii")
    submit()
    assert heygen.balance().remaining == pytest.approx(100 - 2.4 * 0.0167, abs=1e-4)


def test_a_faster_voice_makes_a_shorter_video(sandbox: Sandbox) -> None:
    submit(speed=1.2)
    assert heygen.balance().remaining == pytest.approx(100 - 2.4 / 1.2 * 0.05, abs=1e-4)


def test_only_avatars_of_the_engine_are_listed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [avatar.name for avatar in heygen.avatars()] == ["Abigail", "Brent", "Daisy"]
    monkeypatch.setattr(settings(), "heygen_engine", "avatar_v")
    assert [avatar.name for avatar in heygen.avatars()] == ["Abigail", "Brent"]


@pytest.mark.parametrize(
    ("voice_id", "script", "name"),
    [
        (None, "Bread needs time, and you should let it rest.", "Ivy"),
        ("en-US-Neural2-A", "Bread needs time, and you should let it rest.", "Ivy"),
        ("es", "El pan necesita tiempo, y hay que dejarlo reposar.", "Lucía"),
        ("pt_BR-Standard-A", "O pão precisa de tempo, e você deve deixá-lo descansar.", "Beatriz"),
        ("en", "Das Brot braucht Zeit, und man muss es ruhen lassen, bevor man es backt.", "Jonas"),
        ("pl", "Chleb potrzebuje czasu i trzeba pozwolić mu odpocząć przed pieczeniem.", "Aria"),
    ],
)
def test_a_voice_speaks_the_language_of_the_script(
    sandbox: Sandbox, voice_id: str | None, script: str, name: str
) -> None:
    assert heygen.choose_voice(voice_id, script).name == name


def test_a_voice_that_is_named_is_taken(sandbox: Sandbox) -> None:
    marcus = next(voice for voice in heygen.voices() if voice.name == "Marcus")
    assert (marcus.language, marcus.gender) == ("en", "male")
    assert heygen.choose_voice(marcus.id, "El pan necesita tiempo.") == marcus


@pytest.mark.parametrize(("voice_id", "code"), [("hibari-heart", "unknown_voice"), ("xx-YY", "unknown_language")])
def test_an_unknown_voice_is_refused(sandbox: Sandbox, voice_id: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        heygen.choose_voice(voice_id, SCRIPT)
    assert raised.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "accepted"), [("good", True), ("doubled", True), ("bad_signature", False), ("old_timestamp", False)]
)
def test_webhooks_are_verified_as_they_come(
    sandbox: Sandbox, httpserver: HTTPServer, kind: str, accepted: bool
) -> None:
    results: list[heygen.HeyGenEvent | Error] = []

    def receive(request: Request) -> Response:
        now = datetime.fromisoformat(sandbox.http.post("/_sandbox/clock", json={"advance_seconds": 0}).json()["now"])
        try:
            results.append(heygen.verify(request.get_data(), request.headers, now.astimezone(UTC)))
        except Error as error:
            results.append(error)
        return Response(status=200)

    httpserver.expect_request("/hook").respond_with_handler(receive)
    sandbox.set(heygen_webhooks=kind)
    video_id = submit(callback_url=httpserver.url_for("/hook"))
    sandbox.advance(LONGEST)
    expected = 2 if kind == "doubled" else 1
    until(lambda: len(results) == expected, seconds=10, what="the webhook", pause=0.01)
    if not accepted:
        assert isinstance(results[0], Error)
        assert results[0].code == "webhook_unverified"
        return
    for event in results:
        assert isinstance(event, heygen.HeyGenEvent)
        assert event.video_id == video_id
    assert len({event.id for event in results if isinstance(event, heygen.HeyGenEvent)}) == 1
