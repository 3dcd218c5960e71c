"""Uploads over HTTP: a client's own files, sent at once or in parts.

Each file that is examined starts a process: 0.3 s.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from api import upload_routes
from api.routes import uploads as upload_endpoints
from api.routes.uploads import LINK_LISTS
from content_pipeline.core.captions import captions
from content_pipeline.core.errors import MediaUnusable, NotFound
from content_pipeline.core.infrastructure import s3_multipart, storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library import multipart_uploads
from content_pipeline.core.library.examination import Examined
from content_pipeline.core.models import Caption, MultipartUpload, Upload
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error
from tests.factories import make_upload
from tests.media import samples

UPLOADS = f"{PUBLIC}/uploads"
MULTIPART = f"{UPLOADS}/multipart"
# The smallest part that S3 and SeaweedFS take, but for the last.
PART_BYTES = 5 * 1024 * 1024

Connect = Callable[..., TestClient]


def picture(width: int = 48, height: int = 32) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "skyblue").save(stream, "PNG")
    return stream.getvalue()


def send(client: TestClient, content: bytes, name: str = "sky.png", **headers: str) -> httpx.Response:
    return client.post(UPLOADS, files={"file": (name, content)}, headers=headers)


def is_stored(upload_id: str) -> bool:
    """Whether the bucket has its file."""
    with transaction() as session:
        upload = session.get(Upload, UUID(upload_id)) or session.get_one(MultipartUpload, UUID(upload_id))
    return storage.exists(upload.file_key)


@pytest.mark.slow
def test_an_upload_is_described_listed_linked_and_deleted(client: TestClient) -> None:
    content = picture()
    answer = send(client, content, "C:\\fotos\\Köln\u202e.png")
    upload = answer.json()
    assert answer.status_code == 201, answer.text
    address = answer.headers["Location"]
    assert address == f"{UPLOADS}/{upload['id']}"
    assert (upload["kind"], upload["content_type"], upload["file_name"]) == ("picture", "image/png", "Köln.png")
    assert (upload["size"], upload["width"], upload["height"]) == (len(content), 48, 32)
    assert upload["duration"] is None
    assert upload["created_at"] < upload["expires_at"]

    link = httpx.get(client.get(address).json()["url"])
    assert (link.content, link.headers["Content-Type"]) == (content, "image/png")
    assert link.headers["Content-Disposition"] == "inline; filename*=UTF-8''K%C3%B6ln.png"
    assert client.get(UPLOADS).json() == [{name: value for name, value in upload.items() if name != "url"}]
    assert [len(client.get(UPLOADS, params={"kind": kind}).json()) for kind in ("picture", "sound")] == [1, 0]

    assert client.delete(address).status_code == 204
    assert not is_stored(upload["id"])
    assert (client.get(address).status_code, client.delete(address).status_code) == (404, 404)
    assert client.get(UPLOADS).json() == []


@pytest.mark.slow
def test_uploads_are_listed_in_pages(client: TestClient) -> None:
    sent = [send(client, picture()).json()["id"] for _ in range(2)]
    first = client.get(UPLOADS, params={"limit": 1})
    second = client.get(UPLOADS, params={"limit": 1, "cursor": first.headers["X-Next-Cursor"]})
    assert [first.json()[0]["id"], second.json()[0]["id"]] == sent[::-1]
    assert "X-Next-Cursor" not in second.headers


@pytest.mark.slow
def test_a_video_has_a_duration_and_a_link_that_a_browser_plays(client: TestClient, tmp_path: Path) -> None:
    video = samples.video(tmp_path / "a.mp4", size="64x36", seconds=1).read_bytes()
    upload = send(client, video, "a.html").json()
    assert (upload["kind"], upload["duration"]) == ("video", pytest.approx(1, abs=0.1))
    assert (upload["width"], upload["height"]) == (64, 36)
    assert httpx.get(client.get(f"{UPLOADS}/{upload['id']}").json()["url"]).headers["Content-Type"] == "video/mp4"


@pytest.mark.slow
def test_a_repeated_upload_is_stored_once(client: TestClient) -> None:
    key = {"Idempotency-Key": "sky"}
    first, again = send(client, picture(), **key), send(client, picture(), **key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json() | {"url": None}
    (upload,) = client.get(UPLOADS).json()
    assert is_stored(upload["id"])
    with transaction() as session:
        folder = session.get_one(Upload, UUID(upload["id"])).file_key.partition("/uploads/")[0]
    assert len(storage.list_after("", prefix=f"{folder}/uploads/", most=10)) == 1
    assert_error(send(client, picture(20, 20), **key), 422, "idempotency_mismatch")


@pytest.mark.slow
def test_what_is_no_media_or_over_the_plan_is_refused_and_not_kept(connect: Connect) -> None:
    content = picture()
    assert_error(send(connect(), b"Dear reader, this is a letter."), 415, "not_media")
    assert_error(send(connect(), b""), 415, "empty_file")
    assert_error(send(connect(upload_bytes=len(content) - 1), content), 413, "too_large")
    small = connect(upload_storage_bytes=2 * len(content) - 1)
    assert send(small, content).status_code == 201
    assert_error(send(small, content), 403, "plan_limit")
    (kept,) = small.get(UPLOADS).json()
    assert small.delete(f"{UPLOADS}/{kept['id']}").status_code == 204
    assert send(small, content).status_code == 201, "the room of a deleted upload is free"


@pytest.mark.slow
def test_an_upload_that_unfinished_work_needs_is_not_deleted(client: TestClient) -> None:
    upload = send(client, picture()).json()
    with transaction() as session:
        row = session.get_one(Upload, UUID(upload["id"]))
        location = storage.uri(row.file_key)
        _, task = captions.create_with_task(
            session, workspace_id=row.workspace_id, source_url=location, language="en", burn_in=False
        )
    assert_error(client.delete(f"{UPLOADS}/{upload['id']}"), 409, "in_use")
    assert is_stored(upload["id"])
    assert client.post(f"{PUBLIC}/tasks/{task.id}/cancel").status_code == 202
    assert client.delete(f"{UPLOADS}/{upload['id']}").status_code == 204
    with transaction() as session:
        assert session.get_one(Caption, UUID(task.key)), "what was made of it stays"


# ── in parts ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart_uploads, "PART_BYTES", PART_BYTES)


@pytest.fixture(scope="module")
def large_picture() -> bytes:
    """A PNG of two parts: what stands behind its last chunk is read by nobody."""
    return picture() + bytes(PART_BYTES)


def begin(client: TestClient, content: bytes, **headers: str) -> dict[str, Any]:
    body = {"file_name": "sky.png", "size": len(content)}
    answer = client.post(MULTIPART, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def put(part: dict[str, Any], content: bytes) -> httpx.Response:
    """Send a part as a client does, straight to the object store."""
    return httpx.put(part["url"], content=content[part["offset"] : part["offset"] + part["size"]])


def begin_joined_at_the_store(client: TestClient) -> dict[str, Any]:
    """An upload whose parts have arrived and are joined, by a completion that came no further."""
    content = picture()
    begun = begin(client, content)
    put(begun["missing_parts"][0], content)
    with transaction() as session:
        row = session.get_one(MultipartUpload, UUID(begun["id"]))
    s3_multipart.complete(row.file_key, row.store_id, s3_multipart.list_parts(row.file_key, row.store_id))
    return begun


def complete(client: TestClient, upload_id: str) -> httpx.Response:
    return client.post(f"{MULTIPART}/{upload_id}/complete")


@pytest.mark.slow
@pytest.mark.usefixtures("_small_parts")
def test_an_upload_in_parts_goes_on_after_an_interruption(client: TestClient, large_picture: bytes) -> None:
    begun = begin(client, large_picture)
    address = f"{MULTIPART}/{begun['id']}"
    first, second = begun["missing_parts"]
    assert put(second, large_picture).status_code == 200
    (listed,) = client.get(MULTIPART).json()
    assert listed["id"] == begun["id"]
    assert_error(complete(client, begun["id"]), 409, "upload_incomplete")

    (missing,) = client.get(address).json()["missing_parts"]
    assert {**missing, "url": None} == {**first, "url": None}
    assert [put(missing, large_picture).status_code for _ in range(2)] == [200, 200], "a part may be sent again"
    assert client.get(address).json()["missing_bytes"] == 0
    assert client.get(UPLOADS).json() == [], "it is none before it is complete"

    completed, repeated = complete(client, begun["id"]), complete(client, begun["id"])
    assert (completed.status_code, repeated.status_code) == (201, 201), completed.text
    upload = completed.json()
    assert repeated.json()["id"] == upload["id"] == begun["id"]
    assert (upload["content_type"], upload["size"], upload["width"]) == ("image/png", len(large_picture), 48)
    link = httpx.get(upload["url"])
    assert (link.content == large_picture, link.headers["Content-Type"]) == (True, "image/png")
    assert (client.get(address).status_code, client.get(MULTIPART).json()) == (404, [])
    assert len(client.get(UPLOADS).json()) == 1
    assert len(client.get(f"{PUBLIC}/audit", params={"action": "uploads.create"}).json()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("_small_parts")
def test_the_store_takes_a_part_of_the_announced_size_only(client: TestClient, large_picture: bytes) -> None:
    begun = begin(client, large_picture)
    last = begun["missing_parts"][-1]
    for content in (b"x" * (last["size"] + 1), b"x" * (last["size"] - 1)):
        assert httpx.put(last["url"], content=content).status_code == 403
    assert client.get(f"{MULTIPART}/{begun['id']}").json()["missing_bytes"] == len(large_picture)


@pytest.mark.slow
def test_a_completed_file_that_is_no_media_is_deleted_and_the_error_says_why(client: TestClient) -> None:
    letter = b"Dear reader, this is a letter."
    begun = begin(client, letter)
    put(begun["missing_parts"][0], letter)
    assert_error(complete(client, begun["id"]), 415, "not_media")
    assert client.get(f"{MULTIPART}/{begun['id']}").status_code == 404
    assert complete(client, begun["id"]).status_code == 404
    assert (client.get(UPLOADS).json(), client.get(MULTIPART).json()) == ([], [])
    (dropped,) = client.get(f"{PUBLIC}/audit", params={"action": "uploads.drop"}).json()
    assert (dropped["actor"], dropped["object_id"]) == ("key", begun["id"])


@pytest.mark.slow
def test_a_completion_that_was_interrupted_can_be_repeated(client: TestClient) -> None:
    begun = begin_joined_at_the_store(client)
    assert client.get(f"{MULTIPART}/{begun['id']}").json()["missing_parts"] == []
    assert complete(client, begun["id"]).status_code == 201


@pytest.mark.slow
def test_a_completion_finds_the_file_whose_parts_another_one_is_joining(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SeaweedFS lists no parts while it deletes them: one of two completions was told that parts are missing."""
    begun = begin_joined_at_the_store(client)
    monkeypatch.setattr(s3_multipart, "list_parts", lambda *_: [])
    assert complete(client, begun["id"]).status_code == 201


@pytest.mark.slow
def test_a_file_that_took_too_long_to_read_can_be_completed_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture()
    begun = begin(client, content)
    put(begun["missing_parts"][0], content)

    def take_too_long(*_: object, **__: object) -> Examined:
        raise MediaUnusable("It takes more time than is allowed.", code="media_too_complex", remedy="Send a smaller.")

    with monkeypatch.context() as patch:
        patch.setattr(multipart_uploads, "examine", take_too_long)
        assert_error(complete(client, begun["id"]), 400, "media_too_complex")
    assert complete(client, begun["id"]).status_code == 201


@pytest.mark.slow
def test_two_completions_at_once_make_one_upload(client: TestClient) -> None:
    content = picture()
    begun = begin(client, content)
    put(begun["missing_parts"][0], content)
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda _: complete(client, begun["id"]), range(2)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert {answer.json()["id"] for answer in answers} == {begun["id"]}
    assert len(client.get(UPLOADS).json()) == 1
    assert is_stored(begun["id"])


@pytest.mark.slow
def test_an_upload_in_parts_is_dropped_with_what_has_arrived(client: TestClient) -> None:
    content = picture()
    begun = begin(client, content)
    put(begun["missing_parts"][0], content)
    with transaction() as session:
        row = session.get_one(MultipartUpload, UUID(begun["id"]))
    assert client.delete(f"{MULTIPART}/{begun['id']}").status_code == 204
    with pytest.raises(NotFound):
        s3_multipart.list_parts(row.file_key, row.store_id)
    assert put(begun["missing_parts"][0], content).status_code == 404
    assert complete(client, begun["id"]).status_code == 404


@pytest.mark.slow
def test_the_plan_limits_what_may_be_sent_in_parts(connect: Connect) -> None:
    content = picture()
    over = {"file_name": "sky.png", "size": len(content) + 1}
    assert_error(connect(upload_bytes=len(content)).post(MULTIPART, json=over), 413, "too_large")
    client = connect(upload_storage_bytes=len(content))
    assert_error(client.post(MULTIPART, json=over), 403, "plan_limit")
    begun = begin(client, content)
    assert_error(send(client, content), 403, "plan_limit")  # its room is reserved
    put(begun["missing_parts"][0], content)
    assert complete(client, begun["id"]).status_code == 201


@pytest.mark.slow
def test_what_the_plan_has_no_room_for_is_not_sent_to_the_store(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture()
    client, key = connect(upload_storage_bytes=len(content)), {"Idempotency-Key": "sky"}
    first = send(client, content, **key)
    sent: list[str] = []
    monkeypatch.setattr(upload_endpoints, "examine", lambda path, **_: sent.append(str(path)))
    monkeypatch.setattr(storage, "put", lambda key, *_, **__: sent.append(key))
    monkeypatch.setattr(s3_multipart, "create", lambda key: sent.append(key) or "id")
    assert_error(send(client, content), 403, "plan_limit")
    assert_error(client.post(MULTIPART, json={"file_name": "a", "size": 1}), 403, "plan_limit")
    again = send(client, content, **key)
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"]), "its room is its own"
    monkeypatch.setattr(multipart_uploads, "MOST_OPEN", 0)
    assert_error(connect().post(MULTIPART, json={"file_name": "a", "size": 1}), 409, "too_many_uploads")
    assert sent == []


@pytest.mark.slow
def test_nothing_is_left_of_what_another_upload_has_taken_the_room_of(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = picture()
    client = connect(upload_storage_bytes=len(content))
    put_file, begin_parts = storage.put, s3_multipart.create

    def take_room(key: str) -> None:
        with transaction() as session:
            make_upload(session, UUID(key.split("/")[0]), size=len(content))

    def put_late(key: str, *arguments: Any, **named: Any) -> None:
        put_file(key, *arguments, **named)
        stored.append(key)
        take_room(key)

    def begin_late(key: str) -> str:
        store_id = begin_parts(key)
        begun.append((key, store_id))
        take_room(key)
        return store_id

    stored: list[str] = []
    begun: list[tuple[str, str]] = []
    monkeypatch.setattr(storage, "put", put_late)
    monkeypatch.setattr(s3_multipart, "create", begin_late)
    assert_error(send(client, content), 403, "plan_limit")
    assert not storage.exists(*stored)
    other = connect(upload_storage_bytes=len(content))
    assert_error(other.post(MULTIPART, json={"file_name": "a", "size": 1}), 403, "plan_limit")
    with pytest.raises(NotFound):
        s3_multipart.list_parts(*begun[0])


def test_no_part_is_asked_for_when_the_disk_has_no_room(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin(client, picture())
    monkeypatch.setattr(upload_routes, "FREE_DISK_BYTES", 1 << 62)
    assert_error(client.get(f"{MULTIPART}/{begun['id']}"), 503, "disk_full")
    assert_error(client.post(MULTIPART, json={"file_name": "a", "size": 1}), 503, "disk_full")


def test_a_workspace_gets_so_many_lists_of_links_at_once(connect: Connect, limit_to: LimitTo) -> None:
    """To begin and drop 20 a second, or to get their links, took most of the interpreter from others."""
    limit_to(LINK_LISTS, 3)
    busy, content = connect(), picture()
    begun = begin(busy, content)
    assert busy.get(f"{MULTIPART}/{begun['id']}").status_code == 200
    begin(busy, content)
    for refused in (busy.get(f"{MULTIPART}/{begun['id']}"), busy.post(MULTIPART, json={"file_name": "a", "size": 1})):
        assert_error(refused, 429, "too_many_requests")
        assert int(refused.headers["Retry-After"]) > 1
    assert "The limit of each workspace is 3 lists of links of uploads in parts" in refused.json()["detail"]
    begin(connect(), content)


def test_an_answer_links_the_first_parts_of_a_large_file(client: TestClient) -> None:
    begun = client.post(MULTIPART, json={"file_name": "a.mp4", "size": 1_000_000_000}).json()
    assert [part["number"] for part in begun["missing_parts"]] == list(range(1, 21))
    assert begun["missing_bytes"] == 1_000_000_000


def test_a_repeated_beginning_is_one_upload_without_links(client: TestClient) -> None:
    key = {"Idempotency-Key": "parts"}
    first, again = begin(client, picture(), **key), begin(client, picture(), **key)
    assert again["id"] == first["id"]
    assert [part["url"] for part in again["missing_parts"]] == [None]
    assert len(client.get(MULTIPART).json()) == 1
