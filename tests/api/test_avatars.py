"""Avatar videos over the API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, WebhookEvent
from tests.api.conftest import PUBLIC
from tests.factories import make_twin, make_workspace

GENERATE = f"{PUBLIC}/multimodal/avatar/generate"
SCRIPT = "Hello! I'm your AI twin. Let's create something amazing."


@pytest.fixture
def twin_id(client: TestClient) -> str:
    return create_twin(client)


def create_twin(client: TestClient) -> str:
    body = {"name": "Tech Creator", "voice_id": "en-US", "style_tags": ["casual"]}
    return str(client.post(f"{PUBLIC}/twins", json=body).json()["id"])


def generate(client: TestClient, twin_id: str, **fields: Any) -> Any:
    return client.post(GENERATE, json={"twin_id": twin_id, "script": SCRIPT} | fields)


def test_a_video_is_accepted_with_its_task(client: TestClient, twin_id: str, launched: list[str]) -> None:
    answer = generate(client, twin_id, voice_id="en-US-Neural2-A")
    accepted = answer.json()
    assert answer.status_code == 202, answer.text
    assert (accepted["status"], accepted["progress"], accepted["provider"]) == ("queued", 0, "local")
    assert accepted["task_id"] == accepted["celery_task_id"] == accepted["job_id"]
    assert launched == [accepted["task_id"]]
    assert accepted["estimated_seconds"] > 0
    found = client.get(f"{PUBLIC}/multimodal/avatar/{accepted['job_id']}").json()
    assert found.items() >= accepted.items()
    assert (found["script"], found["result"], found["error"]) == (SCRIPT, None, None)
    assert client.get(f"{PUBLIC}/tasks/{accepted['task_id']}").json()["kind"] == "avatar"


def test_its_avatar_is_one_of_those_listed(client: TestClient, twin_id: str) -> None:
    listed = {avatar["id"] for avatar in client.get(f"{PUBLIC}/avatars").json()}
    assert len(listed) >= 6
    job_id = generate(client, twin_id).json()["job_id"]
    assert client.get(f"{PUBLIC}/multimodal/avatar/{job_id}").json()["avatar_id"] in listed


def test_each_listed_avatar_shows_a_picture_of_its_own(client: TestClient) -> None:
    links = [avatar["preview_url"] for avatar in client.get(f"{PUBLIC}/avatars").json()]
    pictures = [httpx.get(link) for link in links]
    assert {(answer.status_code, answer.headers["content-type"]) for answer in pictures} == {(200, "image/jpeg")}
    assert len({answer.content for answer in pictures}) == len(links)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"script": " "}, 400, "script_empty"),
        ({"script": "word " * 1000}, 400, "script_too_long"),
        ({"script": "🙂"}, 400, "nothing_to_say"),
        ({"voice_id": "nobody"}, 400, "unknown_voice"),
        ({"avatar_id": "nobody"}, 400, "unknown_avatar"),
        ({"background_url": "http://127.0.0.1/picture.png"}, 400, "url_forbidden"),
        ({"twin_id": str(uuid4())}, 404, "twin_not_found"),
    ],
)
def test_what_cannot_be_rendered_is_refused(
    client: TestClient, twin_id: str, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = generate(client, **{"twin_id": twin_id} | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get(f"{PUBLIC}/usage").json()["credits"]["held"] == 0


def test_a_video_that_cannot_be_paid_is_refused(connect: Callable[..., TestClient]) -> None:
    poor = connect(credits=10)
    answer = generate(poor, create_twin(poor))
    assert (answer.status_code, answer.json()["code"]) == (403, "plan_limit")


def test_another_workspaces_twin_and_video_do_not_exist(client: TestClient, twin_id: str) -> None:
    with transaction() as session:
        other = str(make_twin(session, make_workspace(session)).id)
    assert generate(client, other).status_code == 404
    assert client.get(f"{PUBLIC}/multimodal/avatar/{uuid4()}").json()["code"] == "avatar_video_not_found"


def test_a_canceled_video_gives_its_credits_back(client: TestClient, twin_id: str) -> None:
    task_id = generate(client, twin_id).json()["task_id"]
    assert client.get(f"{PUBLIC}/usage").json()["credits"]["held"] > 0
    assert client.post(f"{PUBLIC}/tasks/{task_id}/cancel").status_code == 202
    assert client.get(f"{PUBLIC}/usage").json()["credits"]["held"] == 0


def test_a_retry_holds_the_credits_again(client: TestClient, twin_id: str) -> None:
    task_id = generate(client, twin_id).json()["task_id"]
    held = client.get(f"{PUBLIC}/usage").json()["credits"]["held"]
    client.post(f"{PUBLIC}/tasks/{task_id}/cancel")
    again = client.post(f"{PUBLIC}/tasks/{task_id}/retry").json()
    assert client.get(f"{PUBLIC}/usage").json()["credits"]["held"] == held
    with transaction() as session:
        assert session.get_one(Task, again["task_id"]).lane == "media"


def test_a_batch_mixes_reels_and_avatars(client: TestClient, twin_id: str) -> None:
    csv = f"script,format\n{SCRIPT},\n{SCRIPT},avatar\n"
    accepted = client.post(
        f"{PUBLIC}/bulk/reels", data={"twin_id": twin_id, "platform": "instagram"}, files={"csv_file": csv.encode()}
    )
    assert accepted.status_code == 202, accepted.text
    jobs = client.get(f"{PUBLIC}/bulk/reels/{accepted.json()['batch_id']}").json()["jobs"]
    assert [job["format"] for job in jobs] == ["reel", "avatar"]
    kinds = [client.get(f"{PUBLIC}/tasks/{job['task_id']}").json()["kind"] for job in jobs]
    assert kinds == ["reel", "avatar"]


def test_a_row_that_no_avatar_can_speak_is_listed(client: TestClient, twin_id: str) -> None:
    csv = f"script,format,avatar_id,music,call_to_action\n{SCRIPT},film,,,\n{SCRIPT},avatar,nobody,https://example.com/a.mp3,Buy\n"
    refused = client.post(
        f"{PUBLIC}/bulk/reels", data={"twin_id": twin_id, "platform": "instagram"}, files={"csv_file": csv.encode()}
    )
    assert refused.status_code == 400
    assert [(error["row"], error["column"], error["code"]) for error in refused.json()["errors"]] == [
        (1, "format", "unknown_format"),
        (2, "avatar_id", "unknown_avatar"),
        (2, "music", "music_unfit"),
        (2, "call_to_action", "call_to_action_unfit"),
    ]


def test_a_video_that_is_not_rendered_yet_cannot_be_posted(client: TestClient, twin_id: str) -> None:
    job_id = generate(client, twin_id).json()["job_id"]
    body = {"platforms": ["instagram"], "avatar_job_id": job_id, "caption": "Look."}
    refused = client.post(f"{PUBLIC}/social/publish", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "avatar_not_ready")
    body["reel_id"] = job_id
    assert client.post(f"{PUBLIC}/social/publish", json=body).json()["code"] == "source_ambiguous"


def test_an_address_of_its_own_gets_the_end_of_the_video(client: TestClient, twin_id: str) -> None:
    accepted = generate(client, twin_id, webhook_url="https://8.8.8.8/hook").json()
    assert accepted["webhook_secret"].startswith("whsec_")
    client.post(f"{PUBLIC}/tasks/{accepted['task_id']}/cancel")
    with transaction() as session:
        events = session.scalars(select(WebhookEvent).where(WebhookEvent.type == "task.canceled")).all()
        assert [event.data["task_id"] for event in events] == [accepted["task_id"]]
    assert client.get(f"{PUBLIC}/webhooks").json() == []


def test_a_private_address_gets_no_events(client: TestClient, twin_id: str) -> None:
    refused = generate(client, twin_id, webhook_url="https://127.0.0.1/hook")
    assert (refused.status_code, refused.json()["code"]) == (400, "url_forbidden")
    assert client.get(f"{PUBLIC}/usage").json()["credits"]["held"] == 0


def test_credits_that_run_low_are_told(connect: Callable[..., TestClient]) -> None:
    client = connect(credits=100)
    client.post(f"{PUBLIC}/webhooks", json={"url": "https://8.8.8.8/hook", "events": ["credits.low"]})
    assert generate(client, create_twin(client), script="word " * 27).status_code == 202
    with transaction() as session:
        (event,) = session.scalars(select(WebhookEvent).where(WebhookEvent.type == "credits.low")).all()
        assert 0 <= event.data["available"] < 10
