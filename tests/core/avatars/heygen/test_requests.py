"""Requests to HeyGen and its answers, at the level of HTTP."""

import traceback
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from content_pipeline.core.avatars import heygen
from content_pipeline.core.avatars.heygen import Balance, SubmissionUnknown, VideoStatus
from content_pipeline.core.errors import Error, Invalid, TooManyRequests, Unavailable, UpstreamError
from content_pipeline.core.settings import settings
from tests.core.avatars.heygen.conftest import KEY
from tests.core.platforms.wire import DROPPED, UNREACHABLE, Answer, Wire, body
from tests.sandbox_client import Sandbox

CREATED = Answer(body={"data": {"video_id": "v1", "status": "waiting"}})


def submit(**fields: Any) -> str:
    return heygen.submit(**{"render_id": "r1", "script": "Hello.", "avatar_id": "a1", "voice_id": "o1", **fields})


def refusal(status: int, code: str = "", **headers: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": f"not with {KEY}", "param": None}}, headers)


def video(**fields: Any) -> Answer:
    return Answer(body={"data": {"id": "v1", "status": "processing", **fields}})


def submission_failure() -> Error:
    """The error of a submission, which must not repeat the key anywhere."""
    with pytest.raises(Error) as raised:
        submit()
    assert KEY not in "".join(traceback.format_exception(raised.value)) + str(raised.value.to_dict())
    return raised.value


def test_a_submission_carries_our_id_wherever_heygen_may_keep_it(wire: Wire) -> None:
    wire.on("/v3/videos", CREATED)
    assert submit() == "v1"
    (request,) = wire.requests
    assert (request.headers["x-api-key"], request.headers["idempotency-key"]) == (KEY, "r1")
    assert request.extensions["timeout"]["read"] == 120
    assert body(request) == {
        "type": "avatar",
        "avatar_id": "a1",
        "voice_id": "o1",
        "script": "Hello.",
        "title": "content-pipeline r1",
        "callback_id": "r1",
        "aspect_ratio": "9:16",
        "resolution": "1080p",
        "engine": {"type": "avatar_iv"},
    }


def test_engine_resolution_background_and_callback_are_sent(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_engine", "avatar_iii")
    monkeypatch.setattr(settings(), "heygen_resolution", "720p")
    wire.on("/v3/videos", CREATED)
    submit(background_url="https://b.example/a.png", callback_url="https://c.example/hook")
    sent = body(wire.requests[0])
    assert (sent["engine"], sent["resolution"]) == ({"type": "avatar_iii"}, "720p")
    assert sent["background"] == {"type": "image", "url": "https://b.example/a.png"}
    assert sent["callback_url"] == "https://c.example/hook"


@pytest.mark.parametrize(
    "answer",
    [
        DROPPED,
        httpx.ReadTimeout("slow"),
        httpx.WriteError("gone"),
        refusal(500),
        refusal(503, **{"Retry-After": "3"}),
        refusal(408),
        refusal(409, "request_in_progress"),
        Answer(body={"data": {}}),
        Answer(body="a proxy's greeting"),
    ],
)
def test_a_submission_is_sent_once_and_its_outcome_may_be_unknown(wire: Wire, answer: Any) -> None:
    wire.on("/v3/videos", answer)
    assert isinstance(submission_failure(), SubmissionUnknown)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("error", [UNREACHABLE, httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full")])
def test_a_submission_that_was_not_sent_is_not_in_doubt(wire: Wire, error: httpx.TransportError) -> None:
    wire.on("/v3/videos", error)
    raised = submission_failure()
    assert not isinstance(raised, SubmissionUnknown)
    assert (raised.code, raised.retryable) == ("heygen_unreachable", True)


@pytest.mark.parametrize("url", ["not an address", "http://[", "ftp://heygen.example"])
def test_neither_is_one_to_an_address_that_is_none(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(settings(), "heygen_url", url)
    assert submission_failure().code == "heygen_unreachable"


@pytest.mark.parametrize(
    ("answer", "kind", "code", "retryable", "seconds"),
    [
        (refusal(402, "insufficient_credit"), UpstreamError, "avatar_credits", False, None),
        (Answer(402), UpstreamError, "avatar_credits", False, None),
        (refusal(401, "authentication_failed"), UpstreamError, "heygen_unauthorized", False, None),
        (refusal(403, "forbidden"), UpstreamError, "heygen_unauthorized", False, None),
        (refusal(403, "voice_not_usable"), Invalid, "heygen_refused", False, None),
        (refusal(400, "invalid_parameter"), Invalid, "heygen_refused", False, None),
        (refusal(413, "payload_too_large"), Invalid, "heygen_refused", False, None),
        (
            refusal(429, "rate_limit_exceeded", **{"Retry-After": "7"}),
            TooManyRequests, "heygen_limited", True, 7.0,
        ),
        (refusal(429, "quota_exceeded"), TooManyRequests, "heygen_limited", True, None),
    ],
)  # fmt: skip
def test_a_refusal_keeps_heygens_code_and_says_whether_to_try_again(
    wire: Wire, answer: Answer, kind: type[Error], code: str, retryable: bool, seconds: float | None
) -> None:
    wire.on("/v3/videos", answer)
    error = submission_failure()
    assert isinstance(error, kind)
    assert (error.code, error.retryable, error.retry_after) == (code, retryable, seconds)
    if answer.body:
        assert answer.body["error"]["code"] in error.detail


def test_a_code_of_heygens_is_told_as_it_can_be_stored(wire: Wire) -> None:
    wire.on("/v3/videos", refusal(400, "odd\0_code"))
    assert submission_failure().detail.endswith("(odd_code)")


@pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}é", f"{KEY}\x00"])
def test_a_key_that_cannot_be_sent_is_not_told(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(key))
    assert submission_failure().code in ("heygen_unreachable", "heygen_unauthorized")


def test_without_a_key_nothing_is_asked(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr(""))
    assert not heygen.is_configured()
    with pytest.raises(Unavailable) as raised:
        submit()
    assert (raised.value.code, raised.value.retryable) == ("heygen_unset", False)
    assert wire.requests == []


def test_a_video_is_found_by_its_whole_title_on_any_page(wire: Wire) -> None:
    def page(*titles: str | None, token: str | None = None) -> Answer:
        data = [{"id": f"of {title}", "status": "processing", "title": title} for title in titles]
        return Answer(body={"data": data, "has_more": token is not None, "next_token": token})

    wire.on("/v3/videos", page("content-pipeline r1-2", None, token="t2"), page("content-pipeline r1"))
    assert heygen.find("r1") == "of content-pipeline r1"
    first, second = (request.url.params for request in wire.requests)
    assert (first["title"], first["limit"], "token" in first) == ("content-pipeline r1", "100", False)
    assert second["token"] == "t2"
    assert heygen.find("r2") is None


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", "waiting"),
        ("waiting", "waiting"),
        ("queued", "waiting"),
        ("processing", "processing"),
        ("a new word", "processing"),
        ("completed", "completed"),
        ("failed", "failed"),
    ],
)
def test_states_have_one_word_each(wire: Wire, word: str, state: str) -> None:
    wire.on("/v3/videos/v1", video(status=word))
    wire.on("/v3/videos/statuses", Answer(body={"data": [{"video_id": "v1", "status": word}]}))
    assert heygen.get("v1").state == heygen.statuses(["v1"]).by_id["v1"].state == state


ODD = [
    "v2",
    None,
    {},
    {"video_id": "v2", "status": {"name": "completed"}},
    {"video_id": "v2", "status": "failed", "error": "a sentence"},
    {"video_id": ["v2"], "status": "completed"},
]


@pytest.mark.parametrize("odd", ODD)
def test_an_entry_that_cannot_be_read_hides_no_other(wire: Wire, odd: Any) -> None:
    told = [{"video_id": "v1", "status": "completed"}, odd, {"video_id": "v3", "status": "failed"}]
    wire.on("/v3/videos/statuses", Answer(body={"data": told}))
    found = heygen.statuses(["v1", "v2", "v3"])
    states = {video_id: status.state for video_id, status in found.by_id.items()}
    assert (states, found.error) == ({"v1": "completed", "v2": "missing", "v3": "failed"}, None)


def test_what_was_told_before_a_page_that_fails_counts(wire: Wire) -> None:
    told = {"data": [{"video_id": "v1", "status": "completed"}], "has_more": True, "next_token": "t2"}
    wire.on("/v3/videos/statuses", Answer(body=told), refusal(400, "invalid_parameter"))
    found = heygen.statuses(["v1", "v2"])
    assert {video_id: status.state for video_id, status in found.by_id.items()} == {"v1": "completed"}
    assert found.error
    assert found.error.code == "heygen_refused"


def test_pages_that_lead_back_to_each_other_end(wire: Wire) -> None:
    def page(token: str) -> Answer:
        return Answer(body={"data": [], "has_more": True, "next_token": token})

    wire.on("/v3/videos/statuses", *[page("t1"), page("t2")] * 3)
    found = heygen.statuses(["v1"])
    assert found.error
    assert found.error.code == "heygen_unreadable"
    assert len(wire.requests) == 3


@pytest.mark.parametrize(("status", "read"), [(400, [0, 200]), (429, [0])])
def test_a_hundred_that_fails_hides_no_other_unless_heygen_is_down(wire: Wire, status: int, read: list[int]) -> None:
    def hundred(start: int) -> Answer:
        return Answer(body={"data": [{"video_id": f"v{start}", "status": "completed"}]})

    wire.on("/v3/videos/statuses", hundred(0), refusal(status, **{"Retry-After": "60"}), hundred(200))
    found = heygen.statuses([f"v{number}" for number in range(300)])
    assert found.error
    assert [number for number in range(300) if f"v{number}" in found.by_id] == [
        number for start in read for number in range(start, start + 100)
    ]


def test_a_video_that_may_be_there_is_not_taken_for_missing(wire: Wire) -> None:
    """A submission whose answer was lost would be sent, and charged, once more."""
    wire.on("/v3/videos", Answer(body={"data": [{"id": 7, "title": "content-pipeline r1"}]}))
    with pytest.raises(UpstreamError) as raised:
        heygen.find("r1")
    assert raised.value.code == "heygen_unreadable"


def test_a_video_is_found_by_its_title_whatever_else_is_odd_of_it(wire: Wire) -> None:
    wire.on("/v3/videos", Answer(body={"data": [{"id": "v1", "title": "content-pipeline r1", "duration": "short"}]}))
    assert heygen.find("r1") == "v1"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (
            {"status": "completed", "video_url": "https://v", "failure_code": "MOVIO_X", "duration": 3.5},
            VideoStatus(state="completed", video_url="https://v", duration_seconds=3.5),
        ),
        ({"status": "completed", "failure_code": "MOVIO_X"}, VideoStatus(state="failed", failure_code="MOVIO_X")),
        (
            {"status": "failed", "failure_message": "No"},
            VideoStatus(state="failed", failure_message="No"),
        ),
        ({"status": "completed"}, VideoStatus(state="completed")),
        ({"status": "processing", "failure_code": "MOVIO_X"}, VideoStatus(state="processing")),
    ],
)
def test_a_video_with_an_address_is_completed_whatever_else_it_says(
    wire: Wire, fields: dict[str, Any], status: VideoStatus
) -> None:
    wire.on("/v3/videos/v1", video(**fields))
    assert heygen.get("v1") == status


def test_a_read_that_broke_off_is_repeated_at_once(wire: Wire) -> None:
    wire.on("/v3/videos/v1", DROPPED, refusal(503), video())
    assert heygen.get("v1").state == "processing"


def test_a_submission_that_broke_off_is_not_repeated(wire: Wire) -> None:
    wire.on("/v3/videos", DROPPED, CREATED)
    with pytest.raises(SubmissionUnknown):
        submit()
    assert len(wire.requests) == 1


def test_a_read_that_fails_is_worth_another_try(wire: Wire) -> None:
    for answer in (DROPPED, UNREACHABLE, refusal(500), refusal(503)):
        wire.on("/v3/videos/v1", answer)
        with pytest.raises(UpstreamError) as raised:
            heygen.get("v1")
        assert raised.value.retryable


def test_an_answer_about_something_else_is_told(wire: Wire) -> None:
    wire.on("/v3/users/me", Answer(body={"data": []}))
    with pytest.raises(UpstreamError) as raised:
        heygen.balance()
    assert (raised.value.code, raised.value.retryable) == ("heygen_unreadable", False)


@pytest.mark.parametrize(
    ("me", "balance"),
    [
        ({"wallet": {"currency": "usd", "remaining_balance": 12.5}}, Balance(12.5, "usd")),
        ({"wallet": {"currency": "credits", "remaining_balance": 40}}, Balance(40.0, "credits")),
        ({"wallet": None, "billing_type": "subscription"}, Balance(None, "usd")),
    ],
)
def test_the_balance_is_that_of_the_wallet(wire: Wire, me: dict[str, Any], balance: Balance) -> None:
    wire.on("/v3/users/me", Answer(body={"data": me}))
    assert heygen.balance() == balance


def test_the_catalog_is_read_once_and_leaves_out_what_cannot_be_used(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "heygen_url", "https://catalog.example")
    states = ("completed", "processing", "failed", "a new word")
    looks = [{"id": state, "name": state, "status": state} for state in states]
    wire.on("/v3/avatars/looks", Answer(body={"data": [*looks, {"id": "public", "name": "public"}]}))
    for _ in range(2):
        assert [avatar.id for avatar in heygen.avatars()] == ["completed", "public"]
    languages = ["English", "Portuguese (Brazil)", "Multilingual", "Klingon", ""]
    voices = [{"voice_id": language, "name": "a", "language": language} for language in languages]
    voices.insert(1, {"voice_id": "odd", "name": None})
    wire.on("/v3/voices", Answer(body={"data": voices}))
    for _ in range(2):
        assert [voice.language for voice in heygen.voices()] == ["en", "pt", "mul", "und", "und"]
    assert len(wire.requests) == 2


def test_a_script_in_a_language_without_a_voice_is_refused(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_url", "https://english.example")
    wire.on("/v3/voices", Answer(body={"data": [{"voice_id": "o1", "name": "Ivy", "language": "English"}]}))
    with pytest.raises(Invalid) as raised:
        heygen.choose_voice(None, "El pan necesita tiempo, y hay que dejarlo reposar.")
    assert raised.value.code == "language_unspoken"
