"""HeyGen's lists of avatars and voices: cached, failures too."""

from uuid import uuid4

import pytest

from content_pipeline.core.avatars import heygen
from content_pipeline.core.avatars.heygen import catalog
from content_pipeline.core.bulk import csv_rows
from content_pipeline.core.errors import Error, TooManyRequests, UpstreamError
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.settings import settings
from tests.core.platforms.wire import Answer, Wire

DOWN = Answer(503, {})
VOICES = Answer(body={"data": [{"voice_id": "o1", "name": "Ivy", "language": "English"}]})


@pytest.fixture(autouse=True)
def _own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address whose lists nobody has read."""
    monkeypatch.setattr(settings(), "heygen_url", f"https://{uuid4()}.example")


def test_a_failure_is_told_for_a_while_without_asking_again(wire: Wire) -> None:
    wire.on("/v3/voices", DOWN)
    for _ in range(3):
        with pytest.raises(UpstreamError) as raised:
            heygen.voices()
        assert (raised.value.code, raised.value.retryable) == ("heygen_failed", True)
    assert len(wire.requests) == read_retries.TRIES


@pytest.mark.parametrize(("says", "kept"), [("200", 200), ("86400", catalog.MOST_FAILURE_SECONDS)])
def test_a_failure_is_kept_for_as_long_as_heygen_says_within_reason(wire: Wire, says: str, kept: float) -> None:
    wire.on("/v3/voices", Answer(429, {}, {"Retry-After": says}))
    for _ in range(2):
        with pytest.raises(TooManyRequests) as raised:
            heygen.voices()
        assert kept - 10 < (raised.value.retry_after or 0) <= kept
    assert len(wire.requests) == 1


def test_a_list_that_is_refused_is_no_clients_fault(wire: Wire) -> None:
    wire.on("/v3/avatars/looks", Answer(404, {}))
    with pytest.raises(UpstreamError) as raised:
        heygen.avatars()
    assert raised.value.code == "heygen_refused"


def test_after_a_while_it_is_asked_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "FAILURE_SECONDS", -1.0)
    wire.on("/v3/voices", *[DOWN] * read_retries.TRIES, VOICES)
    with pytest.raises(Error):
        heygen.voices()
    assert [voice.name for voice in heygen.voices()] == ["Ivy"]


def test_while_heygen_is_down_no_row_of_a_csv_is_at_fault(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "avatar_provider", "heygen")
    wire.on("/v3/voices", DOWN)
    file = b"script,format\n" + b"Hello there.,avatar\n" * 20
    with pytest.raises(UpstreamError):
        csv_rows.parse(file, workspace_id=uuid4(), platform="tiktok", voice_id="en-US", most_rows=100)
    assert len(wire.requests) == read_retries.TRIES
