"""Limits of size and time for request bodies and uploads."""

from functools import partial

import anyio
import pytest
from fastapi.testclient import TestClient

from api import body_limits
from tests.media import samples

GENERATE = "/api/v1/public/captions/generate"
CAPTION = "/api/v1/public/captions/5bc41d91-867a-4ccb-821a-2b9544c45719"


def chunked_body(size: int):
    """A body without Content-Length."""
    for _ in range(size // 50_000):
        yield b" " * 50_000


@pytest.mark.parametrize("content", [b" " * 2_000_000, chunked_body(2_000_000)], ids=["announced", "in pieces"])
def test_a_small_body_has_its_limit(client: TestClient, content) -> None:
    answer = client.patch(CAPTION, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_form_gets_no_more_room_where_no_upload_is_taken(client: TestClient) -> None:
    answer = client.post(f"{CAPTION}/burn-in", files={"audio_file": b"x" * 2_000_000})
    assert answer.status_code == 413


def test_a_body_over_the_limit_is_not_read(app, connect) -> None:
    reads = []

    async def receive():
        reads.append(1)
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    status = _status_of(app, connect(), receive, announced=2_000_000)
    assert (status, reads) == (413, [])


def test_a_body_that_does_not_come_is_not_waited_for(app, connect, monkeypatch) -> None:
    monkeypatch.setattr(body_limits, "BodyLimit", partial(body_limits.BodyLimit, seconds=0.05))
    assert _status_of(app, connect(), anyio.sleep_forever, announced=10) == 408


def _status_of(app, client: TestClient, receive, *, announced: int) -> int:
    """The status of a PATCH whose body is read from `receive`."""
    headers = {"X-API-Key": client.headers["X-API-Key"], "Content-Type": "application/json"}
    scope = {
        "type": "http", "http_version": "1.1", "method": "PATCH", "path": CAPTION, "raw_path": CAPTION.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("api", 80), "client": ("203.0.113.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        + [(b"content-length", str(announced).encode())],
    }  # fmt: skip
    sent = []

    async def send(message) -> None:
        sent.append(message)

    anyio.run(app, scope, receive, send)
    return sent[0]["status"]


def test_an_upload_may_be_as_large_as_the_plan_allows(connect) -> None:
    client = connect(upload_bytes=samples.SPEECH.stat().st_size)
    assert client.post(GENERATE, files={"audio_file": samples.SPEECH.read_bytes()}).status_code == 202


@pytest.mark.parametrize("over", [1, 200_000], ids=["by a byte", "by much"])
def test_an_upload_over_the_plan_is_refused(connect, over: int) -> None:
    client = connect(upload_bytes=samples.SPEECH.stat().st_size - over)
    answer = client.post(GENERATE, files={"audio_file": samples.SPEECH.read_bytes()})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_upload_of_unknown_length_is_cut_at_the_plan(connect) -> None:
    form = b'--b\r\nContent-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'
    answer = connect(upload_bytes=100_000).post(
        GENERATE,
        content=(piece for pieces in ([form], chunked_body(10_000_000)) for piece in pieces),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
