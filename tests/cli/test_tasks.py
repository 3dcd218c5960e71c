"""`content-pipeline tasks`: what operators see of all workspaces, and do for their clients."""

from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from content_pipeline.cli.main import cli
from content_pipeline.core.errors import Conflict, Invalid, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AuditEvent, Task, Workspace
from content_pipeline.core.tasks import cancellation, tasks
from tests.core.operations.maintenance.deletable import a_batch
from tests.core.publishing import posting
from tests.factories import make_workspace

BROKEN = Invalid("The script has no words.", code="script_empty", remedy="Write some.")


def run(*arguments: str) -> Result:
    """Dagster does not answer here: what is started or ended stays for its sensor."""
    return CliRunner().invoke(cli, ["tasks", *arguments])


def name_of(workspace_id: UUID) -> str:
    with transaction() as session:
        return session.get_one(Workspace, workspace_id).name


def state(task_id: str) -> str:
    with transaction() as session:
        return session.get_one(Task, task_id).state


def events(workspace_id: UUID) -> list[tuple[str, str, str | None]]:
    """Actor, action and object of each."""
    with transaction() as session:
        found = session.scalars(select(AuditEvent).where(AuditEvent.workspace_id == workspace_id)).all()
    return [(event.actor, event.action, event.object_id) for event in found]


def failed_reel(workspace_id: UUID) -> Task:
    _, (child,) = a_batch(workspace_id, 1)
    with transaction() as session:
        tasks.fail(session, child.id, BROKEN)
    return child


def test_tasks_of_all_workspaces_are_listed_newest_first(workspace_id: UUID) -> None:
    with transaction() as session:
        other = make_workspace(session)
    failed = failed_reel(workspace_id)
    batch, _ = a_batch(other, 1)
    lines = run("list").output.splitlines()
    assert [line.split()[0] for line in lines[:2]] != []
    (line,) = [line for line in lines if line.startswith(failed.id)]
    assert line.split()[1] == "error"
    assert name_of(workspace_id) in line
    assert lines[lines.index(line) + 1] == "  script_empty: The script has no words."
    only = run("list", "--workspace", name_of(other), "--kind", "batch").output.splitlines()
    assert [line.split()[:2] for line in only] == [[str(batch.id), "queued"]]
    assert failed.id in run("list", "--status", "error", "--limit", "1000").output
    assert len(run("list", "--limit", "1").output.splitlines()) == 1


def test_a_retry_is_that_of_a_client_and_names_the_operator(workspace_id: UUID) -> None:
    failed = failed_reel(workspace_id)
    again = run("retry", failed.id).output.splitlines()[-1]
    with transaction() as session:
        retried = session.get_one(Task, again)
    assert (retried.retry_of, retried.state, retried.key) == (failed.id, "queued", failed.key)
    assert ("operator", "tasks.retry", failed.id) in events(workspace_id)
    refused = run("retry", failed.id).exception
    assert isinstance(refused, Conflict)
    assert refused.code == "task_retried"
    assert [event for event in events(workspace_id) if event[1] == "tasks.retry"] == [
        ("operator", "tasks.retry", failed.id)
    ]


def test_a_post_that_failed_is_published_once_by_a_retry(workspace_id: UUID, tmp_path: Path) -> None:
    with posting.stage(workspace_id, tmp_path) as stage:
        failed = stage.fail_once()
        again = run("retry", failed.id).output.splitlines()[-1]
        retried = stage.run_to_end(failed.key)
        assert (retried.id, retried.retry_of, retried.state) == (again, failed.id, "done")
        assert posting.publication(failed.key).published_at
        assert len(stage.platform.posted) == 1


def test_a_canceled_batch_takes_its_rows_along(workspace_id: UUID) -> None:
    batch, children = a_batch(workspace_id, 3)
    assert run("cancel", str(batch.id)).output.endswith("Canceled.\n")
    assert {state(task_id) for task_id in (str(batch.id), *(child.id for child in children))} == {"canceled"}
    assert ("operator", "tasks.cancel", str(batch.id)) in events(workspace_id)


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_a_task_that_is_not_there_or_deleted_is_not_found(workspace_id: UUID, action: str) -> None:
    batch, children = a_batch(workspace_id, 1)
    with transaction() as session:
        cancellation.delete_of(session, [("batch", str(batch.id)), ("reel", children[0].key)])
    for task_id in ("nothing", str(batch.id)):
        refused = run(action, task_id).exception
        assert isinstance(refused, NotFound)
        assert refused.code == "task_not_found"
