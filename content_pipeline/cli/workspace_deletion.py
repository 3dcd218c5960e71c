"""Deletion of a workspace from the command line: the steps of the core, its keys and runs in Dagster, its memories."""

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import dagster as dg
from sqlalchemy import func, select

from content_pipeline.cli.stack_config import environment_of_services
from content_pipeline.core.analytics import dataset
from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, CalendarItem, Task
from content_pipeline.core.operations.maintenance import workspace_deletion
from content_pipeline.core.tasks import dagster_client, kinds
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.core.twins import deleted_memories
from content_pipeline.core.workspaces import workspaces
from content_pipeline.engine import record_deletion
from content_pipeline.engine.record_retention import CHUNK


@dataclass(frozen=True, slots=True)
class Found:
    """A workspace, and how much it has: tasks, connected accounts, planned posts."""

    id: UUID
    name: str
    tasks: int
    accounts: int
    planned: int


def find(name: str) -> Found:
    """Raises NotFound."""
    with transaction() as session:
        workspace_id = workspaces.named(session, name).id
        planned = (CalendarItem.status == "scheduled", CalendarItem.deleted_at.is_(None))
        counted = {
            "tasks": select(func.count()).where(Task.workspace_id == workspace_id),
            "accounts": select(func.count()).where(Account.workspace_id == workspace_id, Account.status == "connected"),
            "planned": select(func.count()).where(CalendarItem.workspace_id == workspace_id, *planned),
        }
        return Found(workspace_id, name, **{what: session.scalars(query).one() for what, query in counted.items()})


def delete(home: Path, workspace: Found) -> None:
    """Delete it with all that belongs to it. May be repeated until its rows are gone, the last but the dataset.

    Raises Conflict while something is being published, still ends, or is left at ZeroMemory, and Unavailable.
    """
    with transaction() as session:
        canceled = workspace_deletion.close(session, workspace.id)
    dagster_client.cancel_runs(*canceled)
    workspace_deletion.disconnect(workspace.id)
    with transaction() as session:
        rows = workspace_deletion.worked_on(session, workspace.id)
    _delete_keys(home, rows)
    workspace_deletion.delete_files(workspace.id, workspace.name)
    deleted_memories.forget_of_workspace(workspace.id)
    with transaction() as session:
        days = workspace_deletion.delete_rows(session, workspace.id)
    with TemporaryDirectory() as folder:
        for day in days:
            dataset.write_day(day, Path(folder))


def _delete_keys(home: Path, rows: set[tuple[str, str]]) -> None:
    """Delete the partition keys of these rows (kind and id), their runs, and back-fills of them that have ended.

    Raises Conflict.
    """
    os.environ.update(environment_of_services(home))
    left = 0
    with dg.DagsterInstance.get() as instance:
        for kind, key_set in kinds.jobs().items():
            keys = [key for key in instance.get_dynamic_partitions(key_set) if (kind, row_id(key)) in rows]
            for begin in range(0, len(keys), CHUNK):
                chunk = keys[begin : begin + CHUNK]
                left += len(chunk) - len(record_deletion.delete_keys(instance, key_set, chunk))
        record_deletion.delete_back_fills_of(instance, {row for _, row in rows})
    if left:
        raise Conflict(
            f"Runs of {left} rows of this workspace have not ended yet.",
            code="runs_unfinished",
            remedy="Its keys do not work any more. Repeat the command in a minute.",
        )
