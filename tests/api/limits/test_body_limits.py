"""Limits of size and time for request bodies and uploads."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from uuid import uuid4

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient

from api import main, upload_routes
from api.limits import body_limits
from api.limits.concurrency import concurrency_limit
from tests.api.conftest import LimitTo
from tests.api.problems import assert_error
from tests.media import samples

GENERATE = "/api/v1/public/captions/generate"
BATCHES = "/api/v1/public/bulk/reels"
UPLOADS = "/api/v1/public/uploads"
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
    status, _ = anyio.run(partial(_answer, app, client, receive, announced=announced))
    return status


async def _answer(
    app, client: TestClient, receive, *, announced: int, path: str = CAPTION, content_type: str = "application/json"
) -> tuple[int, bytes]:
    """Status and body of the answer to a request whose body is read from `receive`; a POST but for CAPTION."""
    headers = {"X-API-Key": client.headers["X-API-Key"], "Content-Type": content_type}
    method = "PATCH" if path == CAPTION else "POST"
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "root_path": "", "scheme": "http", "server": ("api", 80), "client": ("203.0.113.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        + [(b"content-length", str(announced).encode())],
    }  # fmt: skip
    sent = []

    async def send(message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


FORM = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="audio_file"; filename="a"\r\n\r\n'


async def _upload(
    app, client: TestClient, receive, *, path: str = GENERATE, announced: int = 1000
) -> tuple[int, bytes]:
    """Status and body of the answer to an upload; TimeoutError if it takes longer than a minute."""
    with anyio.fail_after(60):
        return await _answer(app, client, receive, announced=announced, path=path, content_type=FORM)


async def no_body():
    raise AssertionError("the body was read")


def test_an_upload_that_drips_is_cut_off(app, connect, monkeypatch) -> None:
    monkeypatch.setattr(body_limits, "BodyLimit", partial(body_limits.BodyLimit, seconds=0.2))
    pieces = iter([FILE])

    async def drip():
        await anyio.sleep(0.02)
        return {"type": "http.request", "body": next(pieces, b"x"), "more_body": True}

    status, body = anyio.run(partial(_upload, app, connect(), drip, announced=1_000_000))
    assert status == 408, body


@pytest.mark.slow
def test_an_upload_that_comes_fast_enough_has_the_time_that_it_needs(app, connect, monkeypatch) -> None:
    monkeypatch.setattr(body_limits, "BodyLimit", partial(body_limits.BodyLimit, seconds=0.2))
    monkeypatch.setattr(upload_routes, "BYTES_PER_SECOND", 1000)
    pieces = iter([FILE, *[b"x" * 100] * 30])

    async def send_slowly():
        await anyio.sleep(0.02)
        piece = next(pieces, b"")
        return {"type": "http.request", "body": piece or b"\r\n--b--\r\n", "more_body": bool(piece)}

    status, body = anyio.run(partial(_upload, app, connect(), send_slowly, announced=3100 + len(FILE)))
    assert (status, b"not_media" in body) == (415, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "most"),
    [(GENERATE, upload_routes.UPLOADS.per_client), (BATCHES, upload_routes.CSV_UPLOADS.per_client)],
    ids=["recordings", "CSVs"],
)
def test_a_key_has_so_many_uploads_at_once(app, connect, monkeypatch, path: str, most: int) -> None:
    # Longer than two requests of a workspace are worked on before the next ones (limits/concurrency).
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.5)
    client, other = connect(), connect()

    async def refused_beside_others() -> tuple[int, bytes]:
        begun = []

        async def hold():
            begun.append(True)
            await anyio.sleep_forever()

        async with anyio.create_task_group() as group:
            for holder in [client] * most + [other]:
                group.start_soon(partial(_upload, app, holder, hold, path=path))
            while len(begun) <= most:
                await anyio.sleep(0.01)
            refused = await _upload(app, client, no_body, path=path)
            group.cancel_scope.cancel()
        return refused

    status, body = anyio.run(refused_beside_others)
    assert (status, b"too_many_at_once" in body) == (429, True)


def test_a_file_for_which_the_disk_has_no_room_is_not_read(app, connect, monkeypatch) -> None:
    free = upload_routes.FREE_DISK_BYTES + 999
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    status, body = anyio.run(partial(_upload, app, connect(), no_body))
    assert (status, b"disk_full" in body) == (503, True)


def test_a_csv_is_not_read_beyond_its_limit_whatever_the_plan_allows(app, connect) -> None:
    csv = partial(_upload, app, connect(), no_body, path=BATCHES, announced=6_000_001)
    status, body = anyio.run(csv)
    assert (status, b"6,000,000 bytes" in body) == (413, True)


def fields(count: int) -> Iterator[tuple[str, tuple[None, str]]]:
    return ((f"field-{number}", (None, "x")) for number in range(count))


@pytest.mark.parametrize(
    "parts",
    [
        [("audio_file", b"x")] * (main.MAX_FILES + 1),
        [*fields(main.MAX_FIELDS + 1)],
        [("reel_url", (None, "x" * (main.MAX_FIELD_BYTES + 1)))],
    ],
    ids=["files", "fields", "a long field"],
)
def test_a_form_has_so_many_parts_and_no_more(client: TestClient, parts) -> None:
    answer = client.post(GENERATE, files=parts)
    assert (answer.status_code, answer.json()["code"]) == (400, "form_invalid")
    assert answer.json()["remedy"]


def test_of_a_form_with_some_more_fields_each_is_named(client: TestClient) -> None:
    answer = client.post(GENERATE, files=[("audio_file", samples.SPEECH.read_bytes()), *fields(main.MAX_FIELDS)])
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")
    assert {error["in"] for error in answer.json()["errors"]} == {"body"}


@pytest.mark.slow
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


def test_csvs_have_a_volume_a_minute_of_their_own(connect: Callable[..., TestClient], limit_to: LimitTo) -> None:
    """Each megabyte of scripts computes, and the plan's rate counts requests."""
    limit_to(upload_routes.CSV_VOLUME, 250_000)
    busy, other = connect(), connect()

    def send(client: TestClient, size: int) -> httpx.Response:
        file = b"script\n" + b"x" * size
        return client.post(
            BATCHES, files={"csv_file": ("a.csv", file)}, data={"twin_id": str(uuid4()), "platform": "tiktok"}
        )

    answers = [send(busy, 100_000) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert int(answers[-1].headers["Retry-After"]) > 1
    assert "The limit of each workspace is 250,000 bytes of CSVs in 3600 seconds" in answers[-1].json()["detail"]
    assert send(other, 100_000).status_code == 404


def test_of_a_csv_of_unknown_length_what_has_come_is_counted(
    connect: Callable[..., TestClient], limit_to: LimitTo
) -> None:
    """It counted as the largest one that is taken, 6 MB: four small ones used up a minute."""
    limit_to(upload_routes.CSV_VOLUME, 250_000)
    client = connect()

    def send(size: int) -> httpx.Response:
        form = b'--b\r\nContent-Disposition: form-data; name="csv_file"; filename="a.csv"\r\n\r\nscript\n'
        return client.post(
            BATCHES,
            content=iter([form, b"x" * size, b"\r\n--b--\r\n"]),
            headers={"Content-Type": "multipart/form-data; boundary=b"},
        )

    # Without the other fields of the form it is read, and refused.
    assert [send(100_000).status_code for _ in range(3)] == [422, 422, 429]


@pytest.mark.slow
def test_forms_with_files_are_limited_before_they_are_read_and_other_forms_are_not(
    connect: Callable[..., TestClient], limit_to: LimitTo
) -> None:
    """Reads of others took 2.5 times as long beside eight a second."""
    limit_to(upload_routes.FORMS, 2)
    busy, other = connect(), connect()
    files = {"file": ("a.mp4", b"no media")}
    answers = [busy.post(UPLOADS, files=files), busy.post(GENERATE, files={"audio_file": files["file"]})]
    assert [answer.status_code for answer in answers] == [415, 415]
    refused = busy.post(UPLOADS, content=_broken_off(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert_error(refused, 429, "too_many_requests")
    assert "The limit of each workspace is 2 forms of multipart/form-data in 3600 seconds" in refused.json()["detail"]
    assert int(refused.headers["Retry-After"]) > 1
    assert busy.post(GENERATE, data={"reel_url": "http://127.0.0.1/"}).status_code == 400
    assert other.post(UPLOADS, files=files).status_code == 415


def _broken_off() -> Iterator[bytes]:
    yield FILE
    pytest.fail("it was read")


def test_an_upload_without_a_body_is_refused_as_one(connect: Callable[..., TestClient]) -> None:
    answer = connect().post(BATCHES, content=b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "schema")
