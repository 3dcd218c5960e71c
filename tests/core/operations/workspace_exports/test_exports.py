"""Exports of a workspace: what is in the file, what is not, and how long it is kept."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Caption, MetricSnapshot, Task, WorkspaceExport
from content_pipeline.core.operations.workspace_exports import exports, table_rows
from content_pipeline.core.tasks import cancellation, leases, tasks
from content_pipeline.core.tasks.run_context import RunContext
from tests.factories import make_account, make_item, make_twin, make_workspace
from tests.finished_files import make_burn_in
from tests.peak_memory import peak_growth


def run_export(workspace_id: UUID, *, with_files: bool = True) -> Task:
    """The finished task of an export."""
    with transaction() as session:
        _, task = exports.create_with_task(session, workspace_id, with_files=with_files)
    work(task)
    return task


def work(task: Task) -> None:
    """A run of an open task."""
    with transaction() as session:
        tasks.mark_processing(session, exports.KIND, task.key)
    write(task.key, task.id)


def write(key: str, task_id: str | None = None) -> WorkspaceExport | None:
    """A run for a row, by default one of an operator."""
    leases.begin(run_id := str(uuid4()), "io@test")
    made = exports.write(RunContext(run_id, "io", task_id), key)
    leases.end(run_id)
    return made


def result(task: Task) -> dict[str, Any]:
    with transaction() as session:
        return exports.result(session.get_one(WorkspaceExport, UUID(task.key)))


def opened(task: Task, folder: Path) -> zipfile.ZipFile:
    """The file of an export, as a client downloads it."""
    with transaction() as session:
        key = session.get_one(WorkspaceExport, UUID(task.key)).object_key
    assert key
    storage.fetch(key, folder / "workspace.zip")
    return zipfile.ZipFile(folder / "workspace.zip")


def rows(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").decode().splitlines()]


def store(workspace_id: UUID, name: str, content: bytes) -> str:
    key = f"{workspace_id}/reels/{uuid4()}/{name}"
    storage.put(key, io.BytesIO(content), content_type="video/mp4")
    return key.partition("/")[2]


@pytest.mark.slow
def test_it_has_all_rows_and_files_of_the_workspace_and_of_no_other(workspace_id: UUID, tmp_path: Path) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id, "Mára 🎈")
        items = [make_item(session, twin) for _ in range(120)]  # more than one page
        other = make_twin(session, make_workspace(session))
        account = make_account(session, workspace_id)
        session.add(MetricSnapshot(account_id=account.id, taken_at=now(), views=5))
    video = store(workspace_id, "reel.mp4", b"a video" * 1000)
    store(other.workspace_id, "reel.mp4", b"of another")
    task = run_export(workspace_id)
    archive = opened(task, tmp_path)
    assert archive.testzip() is None
    assert [(row["id"], row["name"]) for row in rows(archive, "twins")] == [(str(twin.id), "Mára 🎈")]
    assert {row["id"] for row in rows(archive, "calendar_items")} == {str(item.id) for item in items}
    assert [row["views"] for row in rows(archive, "metric_snapshots")] == [5]
    assert [name for name in archive.namelist() if name.startswith("files/")] == [f"files/{video}"]
    assert archive.read(f"files/{video}") == b"a video" * 1000
    answer = result(task)
    assert answer["download_url"]
    assert (answer["files"], answer["bytes"]) == (1, (tmp_path / "workspace.zip").stat().st_size)
    assert answer["rows"] == sum(len(rows(archive, name)) for name in table_rows.tables())


def test_it_has_no_secrets_and_nothing_that_was_deleted(workspace_id: UUID, tmp_path: Path) -> None:
    with transaction() as session:
        make_twin(session, workspace_id).deleted_at = now()
        kept, burned = make_burn_in(session, workspace_id), make_burn_in(session, workspace_id)
        session.get_one(Caption, burned.caption_id).deleted_at = now()
        make_account(session, workspace_id, access_token=b"token", refresh_token=b"refresh")
    archive = opened(run_export(workspace_id), tmp_path)
    assert rows(archive, "twins") == []
    assert [row["id"] for row in rows(archive, "burn_ins")] == [str(kept.id)]
    assert [row["id"] for row in rows(archive, "workspaces")] == [str(workspace_id)]
    (account,) = rows(archive, "accounts")
    assert account["handle"] == "@mara.bakes"
    assert not {"access_token", "refresh_token"} & account.keys()


def test_every_table_of_workspaces_is_exported_or_internal() -> None:
    assert table_rows.tables().keys() == {
        "account_syncs",
        "accounts",
        "analytics_exports",
        "api_keys",
        "audit_events",
        "audience_shares",
        "avatar_videos",
        "batches",
        "burn_ins",
        "calendar_items",
        "captions",
        "credit_entries",
        "daily_metrics",
        "daily_post_metrics",
        "memories",
        "metric_snapshots",
        "publications",
        "redirect_uris",
        "reels",
        "reported_days",
        "social_posts",
        "tasks",
        "twins",
        "uploads",
        "webhook_endpoints",
        "webhook_events",
        "workspaces",
    }


def test_without_files_it_has_links_to_them(workspace_id: UUID, tmp_path: Path) -> None:
    name = store(workspace_id, "reel.mp4", b"a video")
    archive = opened(run_export(workspace_id, with_files=False), tmp_path)
    (link,) = [json.loads(line) for line in archive.read("files.jsonl").splitlines()]
    assert link["file"] == name
    assert "X-Amz-Expires=604800" in link["url"]


def test_only_the_newest_is_kept(workspace_id: UUID) -> None:
    first = run_export(workspace_id)
    second = run_export(workspace_id)
    assert result(first)["download_url"] is None
    assert result(second)["download_url"]
    assert len(list(storage.keys_below(f"{workspace_id}/exports/"))) == 1


def test_an_operators_run_of_an_older_one_leaves_the_newest_alone(workspace_id: UUID) -> None:
    first = run_export(workspace_id)
    second = run_export(workspace_id)
    assert write(first.key) is None
    assert [bool(result(task)["download_url"]) for task in (first, second)] == [False, True]
    assert write(second.key)
    assert result(second)["download_url"]
    assert len(list(storage.keys_below(f"{workspace_id}/exports/"))) == 1


@pytest.mark.slow
def test_a_retry_of_an_older_one_deletes_none_that_is_newer(workspace_id: UUID) -> None:
    oldest = run_export(workspace_id)
    with transaction() as session:
        _, failed = exports.create_with_task(session, workspace_id, with_files=True)
        cancellation.cancel(session, failed)
    newest = run_export(workspace_id)
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, failed.id))
    work(again)
    assert [bool(result(task)["download_url"]) for task in (oldest, again, newest)] == [False, True, True]
    last = run_export(workspace_id)
    assert [bool(result(task)["download_url"]) for task in (again, newest, last)] == [False, False, True]


def test_one_is_written_at_a_time(workspace_id: UUID) -> None:
    with transaction() as session:
        _, task = exports.create_with_task(session, workspace_id, with_files=True)
    with transaction() as session, pytest.raises(Conflict, match=task.id) as refused:
        exports.create_with_task(session, workspace_id, with_files=True)
    assert refused.value.code == "export_open"


def test_it_is_kept_as_long_as_the_plan_says(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    task = run_export(workspace_id)
    for days, is_kept in ((6.9, True), (7.1, False)):
        monkeypatch.setattr(exports, "now", lambda days=days: now() + timedelta(days=days))
        exports.sweep()
        assert bool(result(task)["download_url"]) is is_kept
    assert list(storage.keys_below(f"{workspace_id}/exports/")) == []


@pytest.mark.slow
def test_a_large_file_is_streamed(workspace_id: UUID) -> None:
    store(workspace_id, "reel.mp4", bytes(100_000_000))
    assert peak_growth(lambda: run_export(workspace_id)) < 90_000_000
