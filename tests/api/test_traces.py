"""A trace from a client's request through the run of its task to the calls of the platform."""

from pathlib import Path
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Account, Task, Twin
from tests import finished_files
from tests.accounts import connect, read_account
from tests.api.conftest import PUBLIC
from tests.asset_runs import execute_task
from tests.media import samples
from tests.otlp_collector import attributes, collecting
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def account(client: TestClient, platforms: Sandbox) -> Account:
    """Of YouTube, in the client's workspace."""
    twin_id = client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]
    with transaction() as session:
        workspace_id = session.get_one(Twin, UUID(twin_id)).workspace_id
    return connect(platforms, workspace_id, "youtube")


@pytest.fixture
def reel_id(account: Account, tmp_path: Path) -> str:
    with transaction() as session:
        reel = finished_files.make_reel(session, account.workspace_id)
        assert reel.output_key
        storage.put(reel.output_key, samples.video(tmp_path / "reel.mp4", seconds=4), content_type="video/mp4")
    return str(reel.id)


def publish(client: TestClient, reel_id: str) -> Task:
    """Accept a post and run its task, as a worker does."""
    body = {"platforms": ["youtube"], "reel_id": reel_id, "caption": "What nobody else may read"}
    answer = client.post(f"{PUBLIC}/social/publish", json=body)
    assert answer.status_code == 202, answer.text
    with transaction() as session:
        task = session.get_one(Task, answer.json()["results"][0]["task_id"])
    execute_task(task)
    return task


def test_a_post_is_one_trace_from_the_request_to_the_platform(
    client: TestClient, account: Account, reel_id: str
) -> None:
    with collecting() as collector:
        task = publish(client, reel_id)
    request, run = collector.named("POST publish"), collector.named("run publication")
    assert attributes(request).items() >= {"http.route": "publish", "http.response.status_code": 202}.items()
    assert attributes(run).items() >= {"task_id": task.id, "lane": "io"}.items()
    assert run.parent_span_id == request.span_id
    calls = [span for span in collector.spans if span.parent_span_id == run.span_id]
    assert any(span.name.startswith("POST 127.0.0.1/www.googleapis.com/upload/youtube") for span in calls)
    assert {span.trace_id for span in calls} == {run.trace_id} == {request.trace_id}

    sent = b"".join(collector.bodies)
    token, key = bytes(read_account(account.id).access_token or b""), client.headers["X-API-Key"].encode()
    assert not [secret for secret in (token, key, b"What nobody else", b"upload_id", b"Bearer") if secret in sent]


def test_without_a_collector_a_task_has_no_trace(client: TestClient, account: Account, reel_id: str) -> None:
    assert publish(client, reel_id).traceparent is None
