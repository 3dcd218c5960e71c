"""What `content-pipeline doctor` finds of the services that settings name, without asking for anything that costs."""

import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer

from content_pipeline.cli import doctor_endpoints
from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.errors import Error
from content_pipeline.core.settings import settings
from tests import otlp_collector
from tests.core.platforms.wire import UNREACHABLE, Answer, Wire

KEY = "sk-secret"


@pytest.fixture(autouse=True)
def nothing_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("heygen_api_key", "speech_key", "text_key", "zeromemory_token", "alert_webhook_url"):
        monkeypatch.setattr(settings(), name, SecretStr(""))
    for name in ("speech_url", "text_url", "otlp_endpoint"):
        monkeypatch.setattr(settings(), name, "")


def told(subject: str) -> tuple[bool, str]:
    """Whether it is well, and what is said. No key is, and there is always a remedy."""
    error = None
    try:
        found = dict(doctor_endpoints.configured())[subject]()
    except Error as raised:
        found, error = f"{raised.detail} {raised.remedy}", raised
    assert KEY not in found
    assert error is None or error.remedy
    return error is None, found


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_what_is_not_set_up_is_left_out() -> None:
    assert list(doctor_endpoints.configured()) == []


@pytest.mark.parametrize("kind", ["speech", "text"])
@pytest.mark.parametrize(
    ("status", "is_well", "said"),
    [
        (200, True, "answers"),
        (404, True, "has no list of models, so its key is not tried"),
        (401, False, "refused the key. Check CONTENT_PIPELINE_"),
        (503, False, "failed (503)"),
    ],
)
def test_an_endpoint_is_asked_for_its_models_only(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, kind: str, status: int, is_well: bool, said: str
) -> None:
    sent = {"Authorization": f"Bearer {KEY}"}
    httpserver.expect_request("/v1/models", method="GET", headers=sent).respond_with_data(KEY, status)
    monkeypatch.setattr(settings(), f"{kind}_url", httpserver.url_for("/v1/"))
    monkeypatch.setattr(settings(), f"{kind}_key", SecretStr(KEY))
    monkeypatch.setattr(settings(), "speech_voices", ["nova"])
    healthy, detail = told(f"{kind} endpoint")
    assert (healthy, said in detail) == (is_well, True), detail


@pytest.mark.parametrize("kind", ["speech", "text"])
def test_a_key_without_an_address_and_an_address_where_nothing_is_are_told(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(settings(), f"{kind}_key", SecretStr(KEY))
    healthy, detail = told(f"{kind} endpoint")
    assert not healthy
    assert f"Set CONTENT_PIPELINE_{kind.upper()}_URL" in detail
    monkeypatch.setattr(settings(), f"{kind}_url", f"http://127.0.0.1:{closed_port()}/v1")
    healthy, detail = told(f"{kind} endpoint")
    assert not healthy
    assert "could not be reached" in detail


def test_a_speech_endpoint_without_voices_is_told(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/models").respond_with_json({"data": []})
    monkeypatch.setattr(settings(), "speech_url", httpserver.url_for(""))
    healthy, detail = told("speech endpoint")
    assert (healthy, "Set CONTENT_PIPELINE_SPEECH_VOICES." in detail) == (False, True)


@pytest.mark.parametrize(("status", "is_well"), [(404, True), (200, True), (401, False)])
def test_zeromemory_is_asked_to_forget_what_it_does_not_have(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch, status: int, is_well: bool
) -> None:
    httpserver.expect_request(re.compile("/forget/doctor-.*"), method="DELETE").respond_with_data(status=status)
    monkeypatch.setattr(settings(), "zeromemory_url", httpserver.url_for(""))
    monkeypatch.setattr(settings(), "zeromemory_token", SecretStr(KEY))
    assert told("ZeroMemory")[0] is is_well


def test_the_webhook_of_alerts_is_connected_to_and_sent_nothing(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(httpserver.url_for(f"/{KEY}")))
    assert told("alert webhook") == (True, "can be connected to")
    assert httpserver.log == []
    for url in (
        f"http://127.0.0.1:{closed_port()}/{KEY}",
        f"https://127.0.0.1:{httpserver.port}/{KEY}",
        f"https://{'a' * 64}.example.com/{KEY}",
    ):
        monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(url))
        healthy, detail = told("alert webhook")
        assert (healthy, "Check CONTENT_PIPELINE_ALERT_WEBHOOK_URL." in detail) == (False, True)


@pytest.mark.slow
def test_a_collector_is_sent_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    with otlp_collector.receiving() as collector:
        monkeypatch.setattr(settings(), "otlp_endpoint", collector.url)
        assert told("traces")[0]
        assert (len(collector.bodies), collector.spans) == (1, [])
    healthy, detail = told("traces")
    assert (healthy, "Check CONTENT_PIPELINE_OTLP_ENDPOINT" in detail) == (False, True)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """HeyGen with a key, over a scripted transport."""
    wire = Wire()
    monkeypatch.setattr(settings(), "heygen_api_key", SecretStr("a key"))
    with httpx.Client(transport=httpx.MockTransport(wire)) as http:
        monkeypatch.setattr(client, "client", lambda: http)
        yield wire


def wallet(remaining: float, currency: str = "usd") -> Answer:
    return Answer(body={"data": {"wallet": {"currency": currency, "remaining_balance": remaining}}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "is_well", "said"),
    [
        (wallet(12.5), True, "12.50 USD left."),
        (wallet(40, "credits"), True, "40.00 CREDITS left."),
        (wallet(9.5), False, "Only 9.50 USD left. Top it up at HeyGen."),
        (wallet(0), False, "The wallet is empty: 0.00 USD. Top it up at HeyGen."),
        (Answer(body={"data": {}}), True, "The account has no wallet."),
        (UNREACHABLE, False, "HeyGen could not be reached"),
        (Answer(401), False, "Check CONTENT_PIPELINE_HEYGEN_API_KEY."),
    ],
)
def test_it_tells_what_is_left_at_heygen(
    wire: Wire, answer: Answer | httpx.TransportError, is_well: bool, said: str
) -> None:
    wire.on("/v3/users/me", answer)
    healthy, detail = told("HeyGen")
    assert healthy is is_well
    assert said in detail
