"""Workspace exports: everything that a workspace has, as a ZIP file in the bucket.

A file of JSON lines for each table, and the files themselves, or a list of links to them. A new one replaces earlier
ones, so exports cost about as much room as the workspace itself. The API calls `create_with_task` and
`result`, the asset `workspace_export` calls `write`, retention calls `sweep`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, NotFound
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.models import Plan, Task, Workspace, WorkspaceExport
from content_pipeline.core.operations.workspace_exports import table_rows, zip_stream
from content_pipeline.core.operations.workspace_exports.zip_stream import Entry
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import kinds, tasks
from content_pipeline.core.tasks.run_context import RunContext

KIND: Final = kinds.WORKSPACE_EXPORT.name
# Signature version 4 allows no more.
_LINK_LIFE: Final = timedelta(days=7)


@dataclass
class Contents:
    """What has been written so far."""

    rows: int = 0
    files: int = 0


# ── called by the API ────────────────────────────────────────────────────────────────────────────────────


def find_open(session: Session, workspace_id: UUID) -> str | None:
    """The task of the export of the workspace that is being written; None if none is."""
    is_open = (Task.kind == KIND, Task.workspace_id == workspace_id, Task.state.in_(tasks.OPEN))
    return session.scalars(select(Task.id).where(*is_open).limit(1)).first()


def create_with_task(session: Session, workspace_id: UUID, *, with_files: bool) -> tuple[WorkspaceExport, Task]:
    """Create an export and its task. Raises Conflict while another one of the workspace is being written."""
    session.get_one(Workspace, workspace_id, with_for_update={"key_share": True})  # of two at once, one sees the other
    if other := find_open(session, workspace_id):
        raise Conflict(
            f"An export of this workspace is being written by the task {other}.",
            code="export_open",
            remedy="Wait for that task, or cancel it.",
        )
    export = WorkspaceExport(id=uuid4(), workspace_id=workspace_id, with_files=with_files, created_at=now())
    session.add(export)
    session.flush()
    return export, tasks.create(session, workspace_id=workspace_id, kind=KIND, key=str(export.id))


def result(export: WorkspaceExport) -> kinds.WorkspaceExportResult:
    """The result of a finished task, with a fresh signed link as long as the file is kept."""
    assert export.rows is not None
    assert export.files is not None
    assert export.bytes is not None
    url, expires_at = None, None
    if export.object_key:
        url, expires_at = storage.signed_download(export.object_key, timedelta(seconds=settings().link_seconds))
    return {
        "download_url": url,
        "expires_at": expires_at,
        "rows": export.rows,
        "files": export.files,
        "bytes": export.bytes,
    }


# ── called by the asset ──────────────────────────────────────────────────────────────────────────────────


def write(run: RunContext, key: str) -> WorkspaceExport | None:
    """Stream the file of an export into the bucket, delete those of earlier ones, and finish the task.

    None, and nothing is done, for a run without a task while a newer export is stored: nobody has asked for this one.
    """
    with run.write() as session:
        export = session.get_one(WorkspaceExport, UUID(key))
    of_workspace = WorkspaceExport.workspace_id == export.workspace_id
    if run.task_id is None and _stored(of_workspace, WorkspaceExport.created_at > export.created_at):
        return None
    object_key = f"{_folder(export.workspace_id)}{export.id}/workspace.zip"
    contents = Contents()
    with zip_stream.open_zip(_entries(run, export, contents)) as stream:
        storage.put(object_key, stream, content_type="application/zip")
    with run.write() as session:
        export = session.get_one(WorkspaceExport, export.id)
        export.object_key, export.written_at = object_key, now()
        export.rows, export.files, export.bytes = contents.rows, contents.files, storage.size(object_key)
        if run.task_id:
            tasks.finish(session, run.task_id)
    for earlier in _stored(of_workspace, WorkspaceExport.created_at < export.created_at):
        _delete_file(earlier)
    return export


def _entries(run: RunContext, export: WorkspaceExport, contents: Contents) -> Iterator[Entry]:
    tables = table_rows.tables()
    keys = [
        key for key in storage.keys_below(f"{export.workspace_id}/") if not key.startswith(_folder(export.workspace_id))
    ]
    steps = len(tables) + (len(keys) if export.with_files else 1)
    for done, (name, table) in enumerate(tables.items()):
        run.progress(done / steps)
        yield Entry(f"tables/{name}.jsonl", _counted(table_rows.lines(table, export.workspace_id), contents), True)
    if not export.with_files:
        contents.files = len(keys)
        yield Entry("files.jsonl", map(_link, keys), True)
        return
    for done, key in enumerate(keys, len(tables)):
        run.progress(done / steps)
        try:
            content = storage.stream(key)
        except NotFound:  # deleted since it was listed
            continue
        contents.files += 1
        yield Entry(f"files/{key.partition('/')[2]}", content, False)


def _counted(lines: Iterator[bytes], contents: Contents) -> Iterator[bytes]:
    for line in lines:
        contents.rows += 1
        yield line


def _link(key: str) -> bytes:
    url = storage.new_signed_url(key, _LINK_LIFE)
    return f"{dumps({'file': key.partition('/')[2], 'url': url})}\n".encode()


def _folder(workspace_id: UUID) -> str:
    """The prefix of a workspace's exports; those of figures are there too."""
    return f"{workspace_id}/exports/"


# ── called by retention ──────────────────────────────────────────────────────────────────────────────────


def sweep() -> None:
    """Delete the files that are older than the plans of their workspaces allow."""
    with transaction() as session:
        kept = session.execute(
            select(Workspace.id, Plan.workspace_export_days).join(Plan, Plan.name == Workspace.plan)
        ).all()
    days = dict(kept)
    for export in _stored():
        assert export.written_at
        if export.written_at < now() - timedelta(days=days[export.workspace_id]):
            with isolated("workspace_exports", export.id):
                _delete_file(export)


def _stored(*conditions: Any) -> list[WorkspaceExport]:
    """The exports whose files are in the bucket."""
    with transaction() as session:
        return list(
            session.scalars(select(WorkspaceExport).where(WorkspaceExport.object_key.is_not(None), *conditions))
        )


def _delete_file(export: WorkspaceExport) -> None:
    assert export.object_key
    storage.delete(export.object_key)
    with transaction() as session:
        session.get_one(WorkspaceExport, export.id).object_key = None
