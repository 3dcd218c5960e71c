"""The export of a workspace over HTTP."""

from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC


def test_an_export_is_accepted_once_at_a_time(client: TestClient, launched: list[str]) -> None:
    answer = client.post(f"{PUBLIC}/workspace/export", json={"files": False})
    assert answer.status_code == 202, answer.text
    task = client.get(answer.headers["Location"]).json()
    assert (task["kind"], task["status"]) == ("workspace_export", "queued")
    assert launched == [task["task_id"]]
    again = client.post(f"{PUBLIC}/workspace/export", json={})
    assert (again.status_code, again.json()["code"]) == (409, "export_open")
