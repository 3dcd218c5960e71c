"""`content-pipeline analysts`."""

from uuid import UUID

import psycopg
import pytest
from click.testing import CliRunner, Result

from content_pipeline.cli.main import cli
from content_pipeline.core.errors import NotFound
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Workspace
from tests.analyst_roles import connect, new_name


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["analysts", *arguments])


def test_an_analyst_is_created_listed_given_a_new_password_and_dropped(workspace_id: UUID) -> None:
    name = new_name()
    with transaction() as session:
        workspace = session.get_one(Workspace, workspace_id).name
    created = run("create", name, "--workspace", workspace)
    assert created.exit_code == 0, created.output
    connect(created.output.strip()).close()
    (line,) = run("list").output.splitlines()
    assert line.startswith(f"{name}  {workspace}  created ")
    rotated = run("rotate", name).output.strip()
    with pytest.raises(psycopg.OperationalError):
        connect(created.output.strip())
    connect(rotated).close()
    assert run("drop", name).output == "Dropped.\n"
    assert run("list").output == ""
    with pytest.raises(psycopg.OperationalError):
        connect(rotated)


def test_an_analyst_without_a_workspace_sees_all(database: None) -> None:
    name = new_name()
    run("create", name)
    assert f"{name}  all workspaces  created " in run("list").output
    run("drop", name)


@pytest.mark.parametrize("command", ["rotate", "drop"])
def test_an_unknown_analyst_is_named(database: None, command: str) -> None:
    refused = run(command, "nobody").exception
    assert isinstance(refused, NotFound)
    assert refused.code == "analyst_not_found"
