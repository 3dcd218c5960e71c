"""Verification of HeyGen's webhooks."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from content_pipeline.core.avatars import heygen
from content_pipeline.core.errors import Invalid, Unauthorized
from content_pipeline.core.settings import settings

SECRET = "whsec_1"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BODY = json.dumps({"event_type": "avatar_video.success", "event_data": {"video_id": "v1"}}).encode()


@pytest.fixture(autouse=True, scope="module")
def secret() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "heygen_webhook_secret", SecretStr(SECRET))
        yield


def signed(body: bytes, *, at: datetime = NOW, **changes: str) -> dict[str, str]:
    return {
        "Heygen-Signature": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "Heygen-Timestamp": str(int(at.timestamp())),
        "Heygen-Event-Id": "evt_1",
        **changes,
    }


def refused(body: bytes, headers: dict[str, str]) -> str:
    with pytest.raises(Unauthorized) as raised:
        heygen.verify(body, headers, NOW)
    assert raised.value.code == "webhook_unverified"
    assert SECRET not in raised.value.detail
    return raised.value.detail


def test_a_signed_event_is_read() -> None:
    event = heygen.verify(BODY, signed(BODY), NOW)
    assert (event.id, event.video_id) == ("evt_1", "v1")


def test_names_of_headers_have_no_case() -> None:
    headers = {name.upper(): value for name, value in signed(BODY).items()}
    assert heygen.verify(BODY, headers, NOW).id == "evt_1"


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_timestamp_may_be_five_minutes_off(minutes: int) -> None:
    assert heygen.verify(BODY, signed(BODY, at=NOW + timedelta(minutes=minutes)), NOW)
    refused(BODY, signed(BODY, at=NOW + timedelta(minutes=minutes, seconds=minutes)))


@pytest.mark.parametrize("header", ["Heygen-Signature", "Heygen-Timestamp", "Heygen-Event-Id"])
def test_no_header_may_be_missing_or_empty(header: str) -> None:
    refused(BODY, {name: value for name, value in signed(BODY).items() if name != header})
    refused(BODY, signed(BODY, **{header: ""}))


@pytest.mark.slow
@given(st.binary())
def test_another_body_is_refused(body: bytes) -> None:
    if body != BODY:
        refused(body, signed(BODY))


@given(st.text())
def test_another_signature_is_refused(signature: str) -> None:
    refused(BODY, signed(BODY, **{"Heygen-Signature": signature}))


@given(st.text())
def test_a_timestamp_that_is_none_is_refused(timestamp: str) -> None:
    refused(BODY, signed(BODY, **{"Heygen-Timestamp": f"{timestamp}s"}))


def test_without_a_secret_nothing_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "heygen_webhook_secret", SecretStr(""))
    unsigned = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert "no secret" in refused(BODY, signed(BODY, **{"Heygen-Signature": unsigned}))


@pytest.mark.parametrize("data", [{}, {"event_data": {"batch_id": "b1", "error": None}}])
def test_an_event_about_something_else_names_no_video(data: dict[str, Any]) -> None:
    raw = json.dumps({"event_type": "batch.finished", **data}).encode()
    assert heygen.verify(raw, signed(raw), NOW).video_id is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"event_type": 1}'])
def test_a_signed_body_that_is_no_event_is_told(body: bytes) -> None:
    with pytest.raises(Invalid) as raised:
        heygen.verify(body, signed(body), NOW)
    assert raised.value.code == "webhook_unreadable"
