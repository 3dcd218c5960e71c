"""Remote media is downloaded once, validated and cached."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import httpx
import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.errors import Error, NotFound, NotMedia, TooLarge, Unavailable
from content_pipeline.core.infrastructure import disk_space, storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Plan
from content_pipeline.core.tasks import cached_fetch
from content_pipeline.core.tasks.run_context import RunContext
from tests.factories import make_workspace

pytestmark = pytest.mark.usefixtures("database")


def refuse_jokes(path: Path) -> bytes:
    if b"joke" in path.read_bytes():
        raise NotMedia("It is a joke.")
    return path.read_bytes()


def test_a_file_is_fetched_once_and_kept_with_what_it_is(
    workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path
) -> None:
    server.expect_ordered_request("/reel.mp4").respond_with_data(b"the video")
    key = f"{workspace_id}/copies/{uuid4()}"
    for name in "first", "second":
        seen = cached_fetch.fetch_cached(
            run,
            server.url_for("/reel.mp4"),
            tmp_path / name,
            workspace_id=workspace_id,
            object_key=key,
            inspect=refuse_jokes,
            content_type="video/mp4",
        )
        assert (seen, (tmp_path / name).read_bytes()) == (b"the video", b"the video")
    assert len(server.log) == 1
    assert httpx.get(storage.signed_url(key)).headers["content-type"] == "video/mp4"


@pytest.fixture
def small_workspace_id() -> UUID:
    """A workspace whose plan allows files of 1,000 bytes."""
    with transaction() as session:
        studio = session.get_one(Plan, "studio")
        kept = {column.name: getattr(studio, column.name) for column in Plan.__table__.columns}
        plan = Plan(**{**kept, "name": f"plan-{uuid4()}", "upload_bytes": 1000})
        session.add(plan)
        session.flush()
        return make_workspace(session, plan.name)


@pytest.mark.parametrize(("body", "error"), [(b"a joke", NotMedia), (b"far too large" * 1000, TooLarge)])
def test_a_file_that_inspection_refuses_is_not_cached(
    small_workspace_id: UUID, run: RunContext, server: HTTPServer, tmp_path: Path, body: bytes, error: type[Error]
) -> None:
    server.expect_request("/reel.mp4").respond_with_data(body)
    key = f"{small_workspace_id}/copies/{uuid4()}"
    with pytest.raises(error) as caught:
        cached_fetch.fetch_cached(
            run,
            server.url_for("/reel.mp4"),
            tmp_path / "file",
            workspace_id=small_workspace_id,
            object_key=key,
            inspect=refuse_jokes,
        )
    assert not storage.exists(key)
    assert not isinstance(caught.value.__context__, NotFound), "a run's page would show that a stored file is gone"


def test_an_object_of_ours_is_copied_and_a_deleted_one_is_said_to_be(
    workspace_id: UUID, run: RunContext, tmp_path: Path
) -> None:
    ours, key = f"{workspace_id}/uploads/{uuid4()}", f"{workspace_id}/copies/{uuid4()}"
    (tmp_path / "video").write_bytes(b"the video")
    storage.put(ours, tmp_path / "video", content_type="video/mp4")

    def fetch(object_key: str) -> bytes:
        return cached_fetch.fetch_cached(
            run,
            storage.uri(ours),
            tmp_path / "file",
            workspace_id=workspace_id,
            object_key=object_key,
            inspect=refuse_jokes,
        )

    assert fetch(key) == b"the video"
    storage.delete(ours)
    assert fetch(key) == b"the video"
    with pytest.raises(NotFound) as caught:
        fetch(f"{key}-2")
    assert (caught.value.code, key in caught.value.detail) == ("source_deleted", False)


@pytest.mark.parametrize("place", ["elsewhere", "ours", "cached"])
def test_a_file_for_which_the_disk_has_no_room_is_not_fetched_and_its_task_is_repeated(
    workspace_id: UUID,
    run: RunContext,
    server: HTTPServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    body = b"the video"
    server.expect_request("/reel.mp4").respond_with_data(body)
    ours, key = f"{workspace_id}/uploads/{uuid4()}", f"{workspace_id}/copies/{uuid4()}"
    (tmp_path / "video").write_bytes(body)
    storage.put(key if place == "cached" else ours, tmp_path / "video", content_type="video/mp4")

    def fetch() -> bytes:
        return cached_fetch.fetch_cached(
            run,
            server.url_for("/reel.mp4") if place == "elsewhere" else storage.uri(ours),
            tmp_path / "file",
            workspace_id=workspace_id,
            object_key=key,
            inspect=refuse_jokes,
        )

    room = disk_space.LEFT_BYTES + len(body)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room - 1))
    with pytest.raises(Unavailable) as refused:
        fetch()
    assert (refused.value.code, refused.value.retryable) == ("disk_full", True)
    assert not (tmp_path / "file").exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room))
    assert fetch() == body
