"""A new kind of task is its entry in the registry, its handlers and its assets: everything else derives from these."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import dagster as dg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session
from typing_extensions import TypedDict

from api.main import create_app
from content_pipeline import jobs, partitions
from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.operations import task_handlers
from content_pipeline.core.operations.maintenance import partition_key_retirement
from content_pipeline.core.operations.task_handlers import Handlers
from content_pipeline.core.tasks import dagster_client, kinds, leases, tasks
from content_pipeline.core.tasks.kinds import Kind
from content_pipeline.core.tasks.run_context import RunContext
from content_pipeline.engine.step import Results, perform
from content_pipeline.sensors import run_requests
from tests.api.conftest import PUBLIC


class GreetingResult(TypedDict):
    words: str


GREETING: Final = Kind("greeting", job="greetings", lane="io", description="Greet a person.", result=GreetingResult)
TOO_LONG: Final = Invalid("This greeting is too long.", code="greeting_too_long", remedy="Say less.")


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, GREETING.name, GREETING)
    monkeypatch.setitem(task_handlers.HANDLERS, GREETING.name, Handlers(_greetings))


def _greetings(_: Session, done: Sequence[Task]) -> Mapping[str, GreetingResult]:
    return {task.key: {"words": f"Hello, {task.key}."} for task in done}


@pytest.fixture
def task(client: TestClient) -> Task:
    """A task of the new kind in the client's workspace."""
    caption = client.post(f"{PUBLIC}/captions/generate", data={"reel_url": "http://8.8.8.8/clip.mp4"}).json()
    with transaction() as session:
        workspace_id = session.get_one(Task, caption["task_id"]).workspace_id
        return tasks.create(session, workspace_id=workspace_id, kind=GREETING.name, key=str(uuid4()))


def greet(run: RunContext, _row_id: str) -> Results:
    assert run.task_id
    with run.write() as session:
        tasks.finish(session, run.task_id)
    yield dg.MaterializeResult(metadata={"words": "Hello."})


def refuse(_run: RunContext, _row_id: str) -> Results:
    raise TOO_LONG
    yield


def run_succeeds(instance: dg.DagsterInstance, task: Task, body: Callable[[RunContext, str], Results]) -> bool:
    """Execute the run that a sensor requests for the task, as a worker does. Returns whether it succeeds."""

    @dg.asset(partitions_def=partitions.keys_of(GREETING), output_required=False)
    def greeting(context: dg.AssetExecutionContext) -> Iterator[Any]:
        leases.begin(context.run.run_id, "io@test")
        yield from perform(context, GREETING.name, body)

    assert GREETING.job
    job = dg.define_asset_job(GREETING.job, selection=jobs.assets_of(GREETING, [greeting]))
    definitions = dg.Definitions(assets=[greeting], jobs=[job])
    requested = run_requests.sensor_result([task])
    (request,), (added,) = requested.run_requests or [], requested.dynamic_partitions_requests or []
    instance.add_dynamic_partitions(added.partitions_def_name, list(added.partition_keys))
    result = definitions.resolve_job_def(str(request.job_name)).execute_in_process(
        instance=instance, partition_key=request.partition_key, tags=dict(request.tags), raise_on_error=False
    )
    return bool(result.success)


@pytest.mark.slow
def test_its_task_runs_and_answers_its_result(client: TestClient, instance: dg.DagsterInstance, task: Task) -> None:
    assert run_succeeds(instance, task, greet)
    found = client.get(f"{PUBLIC}/tasks/{task.id}").json()
    assert (found["status"], found["kind"], found["result"]) == ("done", "greeting", {"words": f"Hello, {task.key}."})
    (listed,) = client.get(f"{PUBLIC}/tasks", params={"kind": "greeting"}).json()
    assert listed["task_id"] == task.id
    assert dagster_client.run_tags(task)[dagster_client.QUEUE_TAG] == "io"


@pytest.mark.slow
def test_its_failed_task_is_retried_and_canceled(client: TestClient, instance: dg.DagsterInstance, task: Task) -> None:
    assert not run_succeeds(instance, task, refuse)
    assert client.get(f"{PUBLIC}/tasks/{task.id}").json()["error"]["code"] == "greeting_too_long"
    again = client.post(f"{PUBLIC}/tasks/{task.id}/retry").json()["task_id"]
    assert client.post(f"{PUBLIC}/tasks/{again}/cancel").json()["error"]["code"] == "canceled"


@pytest.mark.slow
def test_its_keys_are_retired(instance: dg.DagsterInstance, task: Task) -> None:
    assert run_succeeds(instance, task, greet)
    with transaction() as session:
        session.get_one(Task, task.id).finished_at = now() - partition_key_retirement.KEPT - timedelta(days=1)
    with transaction() as session:
        assert list(partition_key_retirement.retired_keys(session, GREETING.name, [task.partition_key])) == [
            task.partition_key
        ]
    assert kinds.jobs()[GREETING.name] == "greetings"


@pytest.mark.slow
def test_the_document_of_the_api_names_it(database: None) -> None:
    schemas = create_app().openapi()["components"]["schemas"]
    assert "greeting" in schemas["TaskView"]["discriminator"]["mapping"]
    assert schemas["GreetingTask"]["properties"]["result"]["anyOf"][0] == {
        "$ref": "#/components/schemas/GreetingResult"
    }
    assert schemas["GreetingResult"]["properties"]["words"]["type"] == "string"


def test_an_unknown_kind_is_refused_with_the_names_of_all(client: TestClient) -> None:
    answer = client.get(f"{PUBLIC}/tasks", params={"kind": "goodbye"})
    assert answer.status_code == 422
    assert "'greeting'" in answer.json()["errors"][0]["detail"]
