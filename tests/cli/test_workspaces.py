"""`content-pipeline workspaces`: list, plan."""

from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from content_pipeline.cli.main import cli
from content_pipeline.core.errors import Invalid, NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AuditEvent
from content_pipeline.core.workspaces import workspaces
from tests.core.operations.maintenance.deletable import a_batch
from tests.factories import make_account


def run(*arguments: str, **options: str) -> Result:
    return CliRunner().invoke(cli, arguments, **options)


@pytest.fixture
def name(database: None) -> str:
    made = f"workspace-{uuid4()}"
    run("keys", "create", "--workspace", made)
    return made


def test_workspaces_are_listed_with_what_they_have(name: str) -> None:
    with transaction() as session:
        workspace_id = workspaces.named(session, name).id
        make_account(session, workspace_id)
        make_account(session, workspace_id, status="disconnected")
    a_batch(workspace_id, 2)
    run("keys", "create", "--workspace", name)
    key_id = run("keys", "list", "--workspace", name).output.split()[0]
    run("keys", "revoke", key_id)
    first, second = run("workspaces", "list").output.splitlines()
    assert first.startswith(f"{name}  studio  created ")
    assert second == "  1 keys, 1 accounts, 3 open tasks"


def test_a_workspace_gets_another_plan(name: str) -> None:
    assert run("workspaces", "plan", name, "starter").output == f"{name} has the plan starter, and had studio.\n"
    with transaction() as session:
        workspace = workspaces.named(session, name)
        assert workspaces.plan_of(session, workspace.id).name == "starter"
        actions = select(AuditEvent.action).where(AuditEvent.workspace_id == workspace.id)
        assert "workspaces.plan" in session.scalars(actions).all()


def test_a_plan_or_workspace_that_is_not_there_is_told(name: str) -> None:
    refused = run("workspaces", "plan", name, "huge").exception
    assert isinstance(refused, Invalid)
    assert "starter, studio" in refused.remedy
    assert isinstance(run("workspaces", "plan", "nobody", "starter").exception, NotFound)
    assert isinstance(run("workspaces", "delete", "nobody", "--yes").exception, NotFound)


def test_nothing_is_deleted_without_a_yes(name: str) -> None:
    asked = run("workspaces", "delete", name, input="n\n")
    assert "0 tasks, 0 connected accounts and 0 planned posts?" in asked.output
    assert asked.exit_code == 1
    with transaction() as session:
        assert workspaces.named(session, name)
