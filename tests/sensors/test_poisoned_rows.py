"""A row that cannot be worked on stops no other, in any loop over the rows of all workspaces."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import dagster as dg
import httpx
import pytest
from sqlalchemy import text
from structlog.testing import CapturingLogger

from content_pipeline.core.analytics import sync, windows
from content_pipeline.core.avatars.heygen import client
from content_pipeline.core.calendar import copies, due
from content_pipeline.core.infrastructure import error_isolation, rate_limits, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.storage import StoredObject
from content_pipeline.core.models import Task, Twin
from content_pipeline.core.operations.maintenance import retention, upload_deletion
from content_pipeline.core.platforms.accounts import tokens
from content_pipeline.core.platforms.base import Access, Refused
from content_pipeline.core.platforms.insights import Figures
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.tasks import tasks
from content_pipeline.core.twins import deleted_memories, zeromemory
from content_pipeline.core.webhooks import dispatcher
from content_pipeline.core.workspaces import idempotency
from content_pipeline.sensors.tasks import claim_unattended
from tests import avatar_videos
from tests.accounts import connect, read_account
from tests.core.avatars.heygen_renders import RENDERED_SECONDS, some_avatar
from tests.core.calendar.planned import BROKEN, OWN_VIDEO, create_item, finish_run, item, record_outcomes
from tests.core.publishing import posting
from tests.core.publishing.posting import Stage
from tests.core.webhooks.registered import deliver, deliveries, happen, register
from tests.factories import make_account, make_twin, make_upload, make_workspace
from tests.sandbox_server import Sandbox
from tests.sensors.test_alerts import counted, fail, tick
from tests.webhook_receiver import receiving


def execute(statement: str, **values: object) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


@pytest.fixture
def twins(database: None) -> tuple[Twin, Twin]:
    """Of two workspaces; a row of the first is poisoned."""
    with transaction() as session:
        poisoned, other = (make_twin(session, make_workspace(session)) for _ in range(2))
        return poisoned, other


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path) -> Iterator[Stage]:
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


def test_an_account_without_a_token(platforms: Sandbox, twins: tuple[Twin, Twin]) -> None:
    with transaction() as session:
        make_account(session, twins[0].workspace_id, issued_at=now(), access_expires_at=now())
    account = connect(platforms, twins[1].workspace_id, "instagram")
    platforms.advance(timedelta(days=51).total_seconds())
    expiry = read_account(account.id).access_expires_at
    assert tokens.refresh_expiring() == 2
    renewed = read_account(account.id).access_expires_at
    assert expiry
    assert renewed
    assert renewed > expiry


def test_a_memory_that_cannot_be_forgotten(twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(remote_id: str) -> None:
        assert remote_id != "poisoned"

    monkeypatch.setattr(zeromemory, "forget", forget)
    for twin, remote_id in zip(twins, ("poisoned", "other"), strict=True):
        execute("update twins set deleted_at = now() where id = :id", id=twin.id)
        execute(
            "insert into memories"
            " (id, twin_id, memory_type, content, importance, tags, metadata, remote_id, created_at)"
            " values (gen_random_uuid(), :twin, 'episodic', '', 0.5, '{}', '{}', :remote_id, now())",
            twin=twin.id,
            remote_id=remote_id,
        )
    assert deleted_memories.forget_remaining() == 1
    with transaction() as session:
        assert list(session.scalars(text("select remote_id from memories"))) == ["poisoned"]


@pytest.mark.slow
def test_a_calendar_item_whose_video_failed_without_an_error(twins: tuple[Twin, Twin]) -> None:
    poisoned, other = (create_item(twin, due_in=timedelta()) for twin in twins)
    with transaction() as session:
        started = {task.workspace_id: task for task in due.start_videos(session, most=1000)}
    for twin in twins:
        finish_run(started[twin.workspace_id], error=BROKEN)
    execute("update tasks set error = null where id = :id", id=started[twins[0].workspace_id].id)
    record_outcomes()
    assert (item(poisoned).status, item(other).status) == ("rendering", "failed")


@pytest.mark.parametrize(
    ("start", "planned"),
    [
        (due.start_videos, {"due_in": timedelta()}),
        (due.start_posts, {"due_in": timedelta(), "reel_url": OWN_VIDEO}),
        (due.prepare_posts, {"due_in": timedelta(minutes=1), "reel_url": OWN_VIDEO}),
    ],
)
def test_a_calendar_item_whose_twin_cannot_be_read(
    twins: tuple[Twin, Twin], start: Callable[..., object], planned: dict[str, Any]
) -> None:
    with transaction() as session:
        for twin in twins:
            make_account(session, twin.workspace_id)
    poisoned, other = (create_item(twin, **planned) for twin in twins)
    execute("update twins set glossary = '[7]' where id = :id", id=twins[0].id)
    with transaction() as session:
        start(session, most=1000)
    begun = [item(item_id).reel_id or item(item_id).publication_id for item_id in (poisoned, other)]
    assert [bool(key) for key in begun] == [False, True]


def test_a_calendar_item_whose_video_is_copied_already(twins: tuple[Twin, Twin]) -> None:
    poisoned, other = (create_item(twin, reel_url=OWN_VIDEO) for twin in twins)
    with transaction() as session:
        tasks.create(session, workspace_id=twins[0].workspace_id, kind=copies.KIND, key=str(poisoned))
    with transaction() as session:
        assert [task.key for task in due.copy_videos(session, most=1000)] == [str(other)]


def test_a_task_of_a_kind_that_this_release_does_not_know(twins: tuple[Twin, Twin]) -> None:
    with transaction() as session:
        poisoned, other = (
            tasks.create(session, workspace_id=twin.workspace_id, kind="caption", key=str(uuid4()), lane="media")
            for twin in twins
        )
    execute("update tasks set subject_kind = 'hologram' where id = :id", id=poisoned.id)
    execute("update tasks set not_before = not_before - interval '1 minute' where id = any(:ids)", ids=[other.id])
    with dg.DagsterInstance.ephemeral() as instance:
        started = {task.id for task in claim_unattended(instance, set())}
    assert poisoned.id not in started
    assert other.id in started
    execute("update tasks set state = 'canceled' where id = :id", id=poisoned.id)


def test_a_failed_run_whose_steps_cannot_be_read(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        cursor, _ = tick(instance, None)
        fail(instance, dg.Failure("There is no sound.", {"code": "no_audio"}))
        (poisoned,) = instance.get_runs()
        fail(instance, dg.Failure("It is too large.", {"code": "too_large"}))
        read = instance.get_records_for_run

        def read_another(run_id: str, **options: Any) -> Any:
            assert run_id != poisoned.run_id
            return read(run_id, **options)

        monkeypatch.setattr(instance, "get_records_for_run", read_another)
        for _ in range(2):
            cursor, _ = tick(instance, cursor)
        assert counted() == {"broken": 1, "too_large": 1}


@pytest.mark.slow
def test_a_post_that_cannot_be_decrypted(stage: Stage) -> None:
    stage.platform.processing_seconds = {"prepare": 30}
    poisoned, other = (stage.post(stage.account()) for _ in range(2))
    for key in (poisoned, other):
        stage.run(key)
    execute("update publications set prepared = 'nothing'::bytea where id = :id", id=poisoned)
    posting.advance_clock(seconds=60)
    assert other in {task.key for task in stage.poll()}


@pytest.mark.slow
def test_an_avatar_video_without_a_task(heygen: Sandbox, twins: tuple[Twin, Twin]) -> None:
    poisoned, other = _rendered(heygen, twins)
    execute("update tasks set key = 'another' where id = :id", id=poisoned.id)
    assert [task.id for task in avatar_videos.poll()] == [other.id]


@pytest.mark.slow
def test_an_avatar_video_of_which_heygen_tells_something_odd(
    heygen: Sandbox, twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, other = _rendered(heygen, twins)
    odd, read = avatar_videos.video_of(poisoned).external_id, client.read

    def read_oddly(path: str, **params: str | int) -> httpx.Response:
        answer = read(path, **params).json()
        told = [video | {"status": {"is": "over"}} if video["video_id"] == odd else video for video in answer["data"]]
        return httpx.Response(200, json=answer | {"data": told})

    monkeypatch.setattr(client, "read", read_oddly)
    monkeypatch.setattr(error_isolation, "log", log := CapturingLogger())
    assert [task.id for task in avatar_videos.poll()] == [other.id]
    (logged,) = log.calls
    assert odd in logged.kwargs["row_id"]


@pytest.mark.slow
def test_avatar_videos_of_which_heygen_tells_on_a_page_that_fails(
    heygen: Sandbox, twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    unread, other = _rendered(heygen, twins)
    first = {"video_id": avatar_videos.video_of(other).external_id, "status": "completed"}
    pages = iter([httpx.Response(200, json={"data": [first], "has_more": True, "next_token": "1"})])

    def read_a_page(path: str, **params: str | int) -> httpx.Response:
        return next(pages, httpx.Response(500))

    with monkeypatch.context() as patch:
        patch.setattr(client, "read", read_a_page)
        assert [task.id for task in avatar_videos.poll()] == [other.id]
    execute("update avatar_videos set poll_at = created_at where id = :id", id=UUID(unread.key))
    assert [task.id for task in avatar_videos.poll()] == [unread.id]


def _rendered(heygen: Sandbox, twins: tuple[Twin, Twin]) -> list[Task]:
    """The tasks of two avatar videos, which HeyGen has finished."""
    requested = [avatar_videos.request(twin.workspace_id, avatar_id=some_avatar(), captions=False) for twin in twins]
    for task in requested:
        avatar_videos.work(task)
    heygen.advance(RENDERED_SECONDS)
    return requested


def test_an_account_whose_outcome_cannot_be_recorded(
    platforms: Sandbox, twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned = connect(platforms, twins[0].workspace_id, "tiktok")
    other = connect(platforms, twins[1].workspace_id, "tiktok", username="tech.tom")
    insights = PLATFORMS["tiktok"].insights
    read_account = insights.read_account

    def read_another(access: Access) -> Figures:
        if access.user_id == poisoned.user_id:
            raise Refused("It says \0.")
        return read_account(access)

    monkeypatch.setattr(insights, "read_account", read_another)
    sync.sync_platform(transaction, "tiktok", [windows.latest_complete(now())])
    with transaction() as session:
        assert list(session.scalars(text("select account_id from account_syncs"))) == [other.id]


def test_a_webhook_whose_secret_cannot_be_decrypted(twins: tuple[Twin, Twin]) -> None:
    with receiving() as receiver:
        poisoned, other = (register(twin.workspace_id, receiver.url)[0] for twin in twins)
        execute("update webhook_endpoints set secret = 'nothing'::bytea where id = :id", id=poisoned)
        for twin in twins:
            happen(twin.workspace_id)
        deliver()
    assert [deliveries(endpoint)[0].status for endpoint in (poisoned, other)] == ["pending", "delivered"]


def test_a_webhook_of_which_a_refusal_cannot_be_counted(
    twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "RUN_SECONDS", 1.0)  # an hour for one that sends it without end
    with receiving() as receiver:
        receiver.answers["/poisoned"] = 500, {}
        poisoned, _ = register(twins[0].workspace_id, f"{receiver.url}/poisoned")
        other, _ = register(twins[1].workspace_id, f"{receiver.url}/other")
        for twin in twins:
            happen(twin.workspace_id)
        execute("update webhook_deliveries set attempts = 2147483647 where endpoint_id = :id", id=poisoned)
        deliver()
    assert [deliveries(endpoint)[0].status for endpoint in (poisoned, other)] == ["pending", "delivered"]
    assert list(receiver.event_ids().values()) == [1, 1]


def test_an_expired_upload_whose_file_cannot_be_deleted(
    twins: tuple[Twin, Twin], monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction() as session:
        poisoned, other = (
            make_upload(session, twin.workspace_id, expires_at=now() - timedelta(hours=hours))
            for twin, hours in zip(twins, (2, 1), strict=True)
        )
    deleted: list[str] = []

    def delete(key: str) -> None:
        assert key != poisoned.file_key
        deleted.append(key)

    monkeypatch.setattr(storage, "delete", delete)
    upload_deletion.sweep()
    assert deleted == [other.file_key]


def test_rows_and_files_that_cannot_be_deleted(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("cannot be deleted")

    swept: list[str] = []
    monkeypatch.setattr(idempotency, "sweep", refuse)
    monkeypatch.setattr(rate_limits, "sweep", lambda: swept.append("rate limits"))
    retention.sweep_rows()
    assert swept == ["rate limits"]
    orphans = [f"{workspace_id}/captions/{uuid4()}/source" for _ in range(2)]
    listed = [StoredObject(key, '"etag"', now() - 2 * retention.ORPHANED, size=1) for key in orphans]
    monkeypatch.setattr(storage, "listing", lambda: iter(listed))
    monkeypatch.setattr(storage, "delete", lambda key: refuse() if key == orphans[0] else swept.append(key))
    assert retention.sweep_files() == 1
    assert swept[1:] == orphans[1:]
