"""The export of a workspace over HTTP."""

from collections.abc import Callable
from uuid import UUID, uuid4

from fastapi.testclient import TestClient

from api.routes.workspace import EXPORTS
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, WorkspaceExport
from content_pipeline.core.tasks import tasks
from content_pipeline.core.workspaces.scopes import Scope
from tests.api.conftest import PUBLIC, LimitTo
from tests.api.problems import assert_error


def test_an_export_is_accepted_once_at_a_time(client: TestClient, launched: list[str]) -> None:
    answer = client.post(f"{PUBLIC}/workspace/export", json={"files": False})
    assert answer.status_code == 202, answer.text
    task = client.get(answer.headers["Location"]).json()
    assert (task["kind"], task["status"]) == ("workspace_export", "queued")
    assert launched == [task["task_id"]]
    again = client.post(f"{PUBLIC}/workspace/export", json={})
    assert (again.status_code, again.json()["code"]) == (409, "export_open")


def finish_export(task_id: str) -> None:
    """Finish the export as its run does; the file is not looked at."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        tasks.mark_processing(session, task.kind, task.key)
        export = session.get_one(WorkspaceExport, UUID(task.key))
        export.object_key, export.written_at = f"{export.workspace_id}/exports/{export.id}/workspace.zip", now()
        export.rows, export.files, export.bytes = 1, 0, 100
        tasks.finish(session, task.id)


def test_an_export_is_read_canceled_and_retried_only_with_the_scope_that_made_it(
    connect: Callable[..., TestClient],
) -> None:
    workspace = str(uuid4())
    making = connect(workspace, scopes=[Scope.READ, Scope.CREATE])
    administering = connect(workspace, scopes=[Scope.READ, Scope.CREATE, Scope.ADMIN])
    asked = f"{PUBLIC}/workspace/export"
    canceled = administering.post(asked, json={"files": False}).headers["Location"]
    for action in ("cancel", "retry"):
        assert making.post(f"{canceled}/{action}").json()["code"] == "insufficient_scope"
    assert administering.post(f"{canceled}/cancel").status_code == 202
    task = administering.post(asked, json={"files": False}).json()
    finish_export(task["task_id"])
    path = f"{PUBLIC}/tasks/{task['task_id']}"
    for suffix in ("", "?wait=1", "/events"):
        assert making.get(f"{path}{suffix}").json()["code"] == "insufficient_scope"
        assert "X-Amz-Signature" in administering.get(f"{path}{suffix}").text
    listed = f"{PUBLIC}/tasks?kind=workspace_export&status=done"
    assert "X-Amz-Signature" in administering.get(listed).text
    (entry,) = making.get(listed).json()
    assert (entry["result"]["download_url"], entry["result"]["expires_at"], entry["result"]["rows"]) == (None, None, 1)


def test_a_workspace_is_exported_so_many_times_in_ten_minutes(
    connect: Callable[..., TestClient], launched: list[str], limit_to: LimitTo
) -> None:
    """One after the other they read all rows all the time; what is refused because of an open one does not count."""
    limit_to(EXPORTS, 2)
    client, path = connect(), f"{PUBLIC}/workspace/export"
    for _ in range(2):
        accepted = client.post(path, json={})
        assert accepted.status_code == 202, accepted.text
        assert_error(client.post(path, json={}), 409, "export_open")
        finish_export(accepted.json()["task_id"])
    assert_error(client.post(path, json={}), 429, "too_many_requests")
    assert connect().post(path, json={}).status_code == 202
