"""Deletion over HTTP: 404 afterwards everywhere."""

import io
from uuid import UUID

import httpx
import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.captions import captions
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Caption, Reel, Twin
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import tasks
from tests.api.conftest import PUBLIC
from tests.factories import make_item

URL = "http://8.8.8.8/clip.mp4"


@pytest.fixture
def twin_id(client: TestClient) -> str:
    return str(client.post(f"{PUBLIC}/twins", json={"name": "Mine", "voice_id": "en-US"}).json()["id"])


@pytest.fixture
def batch_id(client: TestClient, twin_id: str) -> str:
    """A batch of two reels."""
    answer = client.post(
        f"{PUBLIC}/bulk/reels",
        files={"csv_file": ("reels.csv", b"script\nHello.\nGood bye.\n")},
        data={"twin_id": twin_id, "platform": "youtube"},
        headers={"Idempotency-Key": "once"},
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["batch_id"])


def codes(client: TestClient, *paths: str) -> list[int]:
    return [client.get(f"{PUBLIC}{path}").status_code for path in paths]


def test_captions_are_404_everywhere(client: TestClient, finished_id: str) -> None:
    with transaction() as session:
        workspace_id = session.get_one(Caption, UUID(finished_id)).workspace_id
    storage.put(captions.source_key(workspace_id, UUID(finished_id)), io.BytesIO(b"sound"), content_type="audio/flac")
    link = storage.signed_url(captions.source_key(workspace_id, UUID(finished_id)))
    assert httpx.get(link).status_code == 200
    burned = client.post(f"{PUBLIC}/captions/{finished_id}/burn-in", json={}).json()["task_id"]
    assert client.delete(f"{PUBLIC}/captions/{finished_id}").status_code == 204
    paths = [
        f"/captions/{finished_id}",
        f"/captions/{finished_id}.srt",
        f"/tasks/sync_{finished_id}",
        f"/tasks/{burned}",
    ]
    assert codes(client, *paths) == [404] * 4
    assert client.patch(f"{PUBLIC}/captions/{finished_id}", json={"segments": []}).status_code in (404, 422)
    assert client.post(f"{PUBLIC}/captions/{finished_id}/burn-in", json={}).status_code == 404
    assert client.post(f"{PUBLIC}/tasks/{burned}/retry").status_code == 404
    assert client.get(f"{PUBLIC}/captions").json() == client.get(f"{PUBLIC}/tasks").json() == []
    assert client.delete(f"{PUBLIC}/captions/{finished_id}").status_code == 404
    assert httpx.get(link).status_code == 404


def test_a_batch_is_404_everywhere_and_a_repeated_request_says_that_it_was_deleted(
    client: TestClient, batch_id: str, twin_id: str
) -> None:
    (first, second) = client.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()["jobs"]
    assert client.delete(f"{PUBLIC}/reels/{first['job_id']}").status_code == 204
    assert [job["job_id"] for job in client.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()["jobs"]] == [second["job_id"]]
    assert client.delete(f"{PUBLIC}/bulk/reels/{batch_id}").status_code == 204
    tasks = [f"/tasks/{task}" for task in (batch_id, first["task_id"], second["task_id"])]
    assert codes(client, f"/bulk/reels/{batch_id}", f"/bulk/reels/{batch_id}/events", *tasks) == [404] * 5
    assert client.get(f"{PUBLIC}/bulk/reels").json() == client.get(f"{PUBLIC}/tasks").json() == []
    again = client.post(
        f"{PUBLIC}/bulk/reels",
        files={"csv_file": ("reels.csv", b"script\nHello.\nGood bye.\n")},
        data={"twin_id": twin_id, "platform": "youtube"},
        headers={"Idempotency-Key": "once"},
    )
    assert (again.status_code, again.json()["code"]) == (404, "deleted")
    assert client.get(f"{PUBLIC}/bulk/reels").json() == []


def test_what_a_calendar_item_needs_is_refused_by_name(client: TestClient, batch_id: str, twin_id: str) -> None:
    reel_id = client.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()["jobs"][0]["job_id"]
    with transaction() as session:
        item = make_item(session, session.get_one(Twin, UUID(twin_id)))
        item.reel_id = UUID(reel_id)
    for path in (f"/reels/{reel_id}", f"/bulk/reels/{batch_id}"):
        refused = client.delete(f"{PUBLIC}{path}")
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
        assert str(item.id) in refused.json()["detail"]
    assert len(client.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()["jobs"]) == 2


def test_an_avatar_video_is_404_everywhere(client: TestClient, twin_id: str) -> None:
    job_id = client.post(
        f"{PUBLIC}/multimodal/avatar/generate", json={"twin_id": twin_id, "script": "Hello there."}
    ).json()["task_id"]
    assert client.delete(f"{PUBLIC}/multimodal/avatar/{job_id}").status_code == 204
    assert codes(client, f"/multimodal/avatar/{job_id}", f"/tasks/{job_id}") == [404, 404]


def test_a_finished_reel_s_published_item_shows_no_video_any_more(
    client: TestClient, batch_id: str, twin_id: str
) -> None:
    reel_id = UUID(client.get(f"{PUBLIC}/bulk/reels/{batch_id}").json()["jobs"][0]["job_id"])
    with transaction() as session:
        reel = session.get_one(Reel, reel_id)
        reel.output_key = reels.object_key(reel, "reel.mp4")
        tasks.mark_processing(session, reels.KIND, str(reel_id))
        tasks.finish(session, str(reel_id))
        item = make_item(session, session.get_one(Twin, UUID(twin_id)))
        item.reel_id, item.status = reel_id, "published"
    address = f"{PUBLIC}/content/calendar/{item.id}"
    assert client.get(address).json()["video_url"]
    assert client.delete(f"{PUBLIC}/reels/{reel_id}").status_code == 204
    assert client.get(address).json()["video_url"] is None
