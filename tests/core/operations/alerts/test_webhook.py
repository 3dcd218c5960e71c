"""The operator's webhook: what it gets, and what an address that does not work does."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr, ValidationError

from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.models import FailureCount
from content_pipeline.core.operations.alerts import webhook
from content_pipeline.core.settings import Settings, settings
from tests.raw_servers import drips, talking
from tests.webhook_receiver import Receiver, serving

SECRET = "whsec_" + "dGhpcnR5LXR3byBieXRlcyB0aGF0IHNpZ24gYWxlcnRz"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with serving() as serves:
        monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(f"{serves.url}/alerts?token=hunter2"))
        monkeypatch.setattr(settings(), "alert_webhook_secret", SecretStr(SECRET))
        yield serves


def count() -> FailureCount:
    return FailureCount(
        code="no_audio",
        total=7,
        sent=4,
        logged=0,
        last_event_id=1,
        last_run_id="r1",
        last_job="captions",
        last_at=now(),
    )


def test_it_gets_the_code_how_often_and_a_page_to_look_at(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "dagster_public_url", "https://dagster.example.com/")
    assert webhook.send(count()) is None
    told = receiver.received[0].verified(SECRET)
    assert told["type"] == "runs.failed"
    assert told["data"] == {
        "code": "no_audio",
        "failures": 3,
        "total": 7,
        "job": "captions",
        "run_id": "r1",
        "run_url": "https://dagster.example.com/runs/r1",
    }


def test_the_documented_request_is_the_one_that_is_sent(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    monkeypatch.setattr(settings(), "dagster_public_url", "https://dagster.example.com")
    monkeypatch.setattr(webhook, "real_now", lambda: at)
    told = count()
    told.code, told.last_job, told.last_at = "broken", "metric_snapshots", at
    told.last_run_id = "2b6bdb3d-8fd1-4cbb-9e4e-1d14c53f2f0c"
    webhook.send(told)
    (request,) = receiver.received
    names = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")
    lines = [f"{name}: {request.headers[name]}" for name in names]
    sent = "\n".join(["POST /content HTTP/1.1", *lines, "", request.body.decode(), ""])
    assert documented("text") == sent


def test_the_documented_receiver_verifies_what_it_gets(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    webhook.send(count())
    (request,) = receiver.received
    exec(documented("python"), {"SECRET": SECRET, "body": request.body, "headers": request.headers})
    assert capsys.readouterr().out == f"3 × no_audio: {webhook.run_url('r1')}\n"


def documented(language: str) -> str:
    """The block of code of this language in the section of the operators' page."""
    _, _, section = (ROOT / "docs" / "monitoring.md").read_text().partition("### The webhook of alerts\n")
    found = re.search(rf"^```{language}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def test_the_same_failures_have_the_same_id(receiver: Receiver) -> None:
    webhook.send(count())
    webhook.send(count())
    assert len(receiver.event_ids()) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/?token=hunter2", "remote_failed"),
        ("http://no-such-host.invalid/?token=hunter2", "host_unknown"),
        ("http://[::1/", "InvalidURL"),
    ],
)
def test_an_address_that_does_not_work_is_a_reason_without_the_address(
    monkeypatch: pytest.MonkeyPatch, url: str, reason: str
) -> None:
    monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(url))
    monkeypatch.setattr(settings(), "alert_webhook_secret", SecretStr(SECRET))
    assert webhook.send(count()) == reason


@pytest.mark.slow
def test_an_answer_that_trickles_in_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    """Each byte came in time, and the thread was held for as long as they came."""
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.3)
    with talking(drips("HTTP/1.1 200 OK\nX-Slow: ")) as address:
        monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(f"http://{address}/"))
        assert webhook.send(count()) == "remote_timeout"


def test_a_user_name_in_the_address_is_sent_as_basic_authentication(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = receiver.url.replace("http://", "http://alerts:hunter%402@")
    monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(f"{url}/alerts"))
    assert webhook.send(count()) is None
    assert receiver.received[0].headers["authorization"] == "Basic YWxlcnRzOmh1bnRlckAy"


def test_a_refusal_says_its_status(receiver: Receiver) -> None:
    receiver.answers["/alerts?token=hunter2"] = (302, {"Location": "http://127.0.0.1:1/"})
    assert webhook.send(count()) == "It answered 302."


@pytest.mark.parametrize(
    "wrong",
    [
        {"alert_webhook_secret": "hunter2"},
        {"alert_webhook_secret": "whsec_not base64, not base64, not base64!"},
        {"alert_webhook_secret": "whsec_c2hvcnQ="},
        {"alert_webhook_url": "hooks.internal/hunter2"},
    ],
)
def test_a_setting_of_the_wrong_form_is_refused_at_the_start_without_being_shown(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**wrong)
    assert not any(value in str(refused.value) for value in wrong.values())
