"""Fixtures: the API in this process, on a real database and object store, without Dagster."""

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import compile_path

from api.limits.concurrency.thread_pools import LAUNCHES
from api.limits.volume_limits import VolumeLimit
from api.main import create_app
from content_pipeline.core.errors import MediaUnusable
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.media_info import MediaInfo
from content_pipeline.core.media.timed_words import Segment, Word
from content_pipeline.core.models import Caption, Plan, Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.core.workspaces import workspaces
from content_pipeline.core.workspaces.scopes import ALL, Scope
from tests.api.client_workspace import workspace_of

PUBLIC = "/api/v1/public"

LimitTo = Callable[[VolumeLimit, int], None]


@pytest.fixture(scope="session")
def app(database: None) -> Iterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")
        yield create_app()


@pytest.fixture
def anonymous_client(app) -> TestClient:
    """A client without an API key, from an address of its own."""
    return TestClient(app, client=(str(uuid4()), 1000))


@pytest.fixture
def limit_to(monkeypatch: pytest.MonkeyPatch) -> LimitTo:
    """Sets the most of a limit. It counts for an hour: in the 15 s of most limits, a busy machine gives some of it back
    before the last request of a test."""

    def limit(volume: VolumeLimit, most: int) -> None:
        monkeypatch.setattr(volume, "most", most)
        monkeypatch.setattr(volume, "seconds", 3600)

    return limit


@pytest.fixture
def connect(app, documented) -> Callable[..., TestClient]:
    """Creates a client with a new key, by default of a new workspace; `limits` override the plan's."""

    def with_key(
        workspace: str | None = None,
        *,
        redirect_uris: Sequence[str] = (),
        scopes: Collection[Scope] = ALL,
        **limits: int,
    ) -> TestClient:
        with transaction() as session:
            plan = _plan(session, limits) if limits else "studio"
            key = workspaces.create_key(
                session, workspace=workspace or str(uuid4()), plan=plan, redirect_uris=redirect_uris, scopes=scopes
            )
        client = TestClient(app, headers={"X-API-Key": key})
        client.event_hooks = {"response": [documented]}
        return client

    return with_key


@pytest.fixture(scope="session")
def documented(app) -> Callable[[httpx.Response], None]:
    """Fails for a status that the OpenAPI document does not name for the operation."""
    operations = [
        (method.upper(), compile_path(template)[0], operation["responses"])
        for template, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
    ]

    def check(response: httpx.Response) -> None:
        request = response.request
        for method, pattern, responses in operations:
            if method == request.method and pattern.match(request.url.path):
                assert str(response.status_code) in responses, f"{request.method} {request.url}: {response.status_code}"
                return

    return check


@pytest.fixture
def client(connect) -> TestClient:
    return connect()


def _plan(session, limits: dict[str, int]) -> str:
    studio = session.get_one(Plan, "studio")
    kept = {column.name: getattr(studio, column.name) for column in Plan.__table__.columns}
    plan = Plan(**{**kept, **limits, "name": f"plan-{uuid4()}"})
    session.add(plan)
    session.flush()
    return plan.name


@pytest.fixture
def client_workspace_id(client: TestClient) -> UUID:
    return workspace_of(client)


@pytest.fixture
def twin_id(client: TestClient) -> str:
    return client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]


@pytest.fixture
def caption_id(client: TestClient) -> str:
    """Requested captions whose run has not begun."""
    answer = client.post(f"{PUBLIC}/captions/generate", data={"reel_url": "http://8.8.8.8/clip.mp4"})
    assert answer.status_code == 202, answer.text
    return answer.json()["caption_id"]


@pytest.fixture
def finished_id(caption_id: str) -> str:
    """Finished captions: two cues of a recording of ten seconds."""
    cues = [
        Segment(1.0, 2.5, "Hello there.", (Word(1.0, 1.5, "Hello"), Word(1.6, 2.5, "there."))),
        Segment(3.0, 5.0, "Good <b>bye</b>.", (Word(3.0, 4.0, "Good"), Word(4.0, 5.0, "<b>bye</b>."))),
    ]
    with transaction() as session:
        caption = session.get_one(Caption, UUID(caption_id))
        caption.segments = tuple(cues)
        caption.media = MediaInfo(
            seconds=10.0, has_audio=True, has_video=True, width=1080, height=1920, frames_per_second=30.0,
            video_codec="h264", audio_codec="aac", container="mov", bytes=1000,
        )  # fmt: skip
        tasks.mark_processing(session, "caption", caption_id)
        tasks.finish(session, f"sync_{caption_id}")
    return caption_id


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the ids of tasks whose runs are launched after a response."""
    ids = list[str]()

    async def run(call: Callable[..., None], *launched: Task) -> None:
        assert call is dagster_client.launch_runs
        ids.extend(task.id for task in launched)

    monkeypatch.setattr(LAUNCHES, "run", run)
    return ids


def fail_task(task_id: str) -> None:
    """Fail a task, as its run does."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        tasks.mark_processing(session, task.kind, task.key)
        tasks.fail(
            session, task_id, MediaUnusable("There is no sound.", code="no_audio", remedy="Send one with sound.")
        )
