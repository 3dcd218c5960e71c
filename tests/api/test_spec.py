"""Every request and answer that the specification shows, held against the live API field by field.

The examples are copied as they stand there, but for times: what it schedules has passed meanwhile. `python -m
tests.spec_table` prints what they are answered with.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.captions import burn_ins
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AvatarVideo, Task, Twin
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.run_context import RunContext
from tests.api.analytics.rows import record
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC
from tests.api.spec_examples import (
    ACCOUNTS,
    AVATAR_ACCEPTED,
    AVATAR_DONE,
    BATCH_ACCEPTED,
    BURN_IN,
    BURN_IN_ACCEPTED,
    CAPTION,
    CAPTION_ACCEPTED,
    CREATE_TWIN,
    CSV,
    EXPORT,
    FIGURES,
    GENERATE_AVATAR,
    ITEM,
    PUBLISH,
    PUBLISH_ACCEPTED,
    REDIRECT_URI,
    SCHEDULE,
    TASK,
    TIME,
    TWIN,
    UPDATE_TWIN,
    check,
    form,
    send,
)
from tests.connect_page import filled_in
from tests.export_runs import run_export
from tests.factories import make_account
from tests.media import samples
from tests.sandbox_server import Sandbox


def test_the_form_of_ids_and_times_is_held_against_the_example() -> None:
    assert form("sync_645b5b56-f879-4f2f-8ccc-106e8912f522", json.loads(CAPTION_ACCEPTED)["task_id"]) != form(
        "645b5b56-f879-4f2f-8ccc-106e8912f522", json.loads(CAPTION_ACCEPTED)["task_id"]
    )
    assert form("2026-05-01T10:00:00+00:00", json.loads(ITEM)["scheduled_at"]) != form(
        "2026-05-01T10:00:00.5Z", json.loads(ITEM)["scheduled_at"]
    )


@pytest.fixture
def twin_id(client: TestClient) -> str:
    return send(client, "/twins", CREATE_TWIN).json()["id"]


@pytest.fixture
def schedule(client: TestClient, twin_id: str) -> str:
    """The body that schedules a post, for a twin that is there and a time that is to come."""
    body = SCHEDULE.replace(json.loads(SCHEDULE)["twin_id"], twin_id)
    return body.replace("2026-05-01T10:00:00Z", f"{now() + timedelta(days=1):%Y-%m-%dT10:00:00Z}")


# ── twins ────────────────────────────────────────────────────────────────────────────────────────────────


def test_create_a_twin(client: TestClient) -> None:
    answer = send(client, "/twins", CREATE_TWIN)
    assert answer.status_code == 201
    check(answer, TWIN)
    assert answer.json()["memory_namespace"] == f"twin_{answer.json()['id']}"
    assert answer.json().items() >= json.loads(CREATE_TWIN).items()


def test_list_get_update_and_delete_a_twin(client: TestClient, twin_id: str) -> None:
    assert [twin["id"] for twin in client.get(f"{PUBLIC}/twins").json()] == [twin_id]
    check(client.get(f"{PUBLIC}/twins/{twin_id}"), TWIN)
    updated = send(client, f"/twins/{twin_id}", UPDATE_TWIN, "PATCH")
    assert updated.status_code == 200
    check(updated, TWIN)
    assert updated.json()["persona_prompt"] == "Updated persona..."
    assert client.delete(f"{PUBLIC}/twins/{twin_id}").status_code == 204
    assert client.get(f"{PUBLIC}/twins/{twin_id}").status_code == 404


# ── calendar ─────────────────────────────────────────────────────────────────────────────────────────────


def test_schedule_a_post(client: TestClient, schedule: str) -> None:
    answer = send(client, "/content/calendar", schedule)
    assert answer.status_code == 201
    check(answer, ITEM)
    assert answer.json()["scheduled_at"] == json.loads(schedule)["scheduled_at"]


def test_list_get_and_delete_a_calendar_item(client: TestClient, schedule: str) -> None:
    item = send(client, "/content/calendar", schedule).json()
    listed = client.get(f"{PUBLIC}/content/calendar?platform=instagram&status=scheduled").json()
    assert [one["id"] for one in listed] == [item["id"]]
    for status in "published", "failed":
        assert client.get(f"{PUBLIC}/content/calendar?status={status}").json() == []
    time = datetime.fromisoformat(item["scheduled_at"])
    day = {"from_date": f"{time:%Y-%m-%d}", "to_date": f"{time:%Y-%m-%d}"}
    assert len(client.get(f"{PUBLIC}/content/calendar", params=day).json()) == 1
    check(client.get(f"{PUBLIC}/content/calendar/{item['id']}"), ITEM)
    assert client.delete(f"{PUBLIC}/content/calendar/{item['id']}").status_code == 204
    assert client.get(f"{PUBLIC}/content/calendar/{item['id']}").status_code == 404


@pytest.mark.parametrize("platform", ["instagram", "tiktok", "linkedin", "youtube"])
def test_a_post_can_be_scheduled_on_each_platform(client: TestClient, schedule: str, platform: str) -> None:
    assert send(client, "/content/calendar", schedule.replace("instagram", platform)).status_code == 201


# ── captions ─────────────────────────────────────────────────────────────────────────────────────────────


def test_generate_captions(client: TestClient) -> None:
    form = {"reel_url": "https://cdn.example.com/video.mp4", "language": "en"}
    # Multipart, as curl -F sends it.
    answer = client.post(
        f"{PUBLIC}/captions/generate", files={name: (None, value.encode()) for name, value in form.items()}
    )
    assert answer.status_code == 202
    check(answer, CAPTION_ACCEPTED)
    assert answer.json()["task_id"] == f"sync_{answer.json()['caption_id']}"


def test_get_a_caption_result(client: TestClient, finished_id: str) -> None:
    answer = client.get(f"{PUBLIC}/captions/{finished_id}")
    found = answer.json()
    check(answer, CAPTION, **{name: found[name] for name in ("srt", "vtt", "segments")})
    assert found["srt"].startswith("1\n00:00:01,000 --> 00:00:02,500\nHello there.\n")
    assert found["vtt"].startswith("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHello there.")
    assert found["segments"][0].items() >= {"start": 1.0, "end": 2.5, "text": "Hello there."}.items()


def test_burn_captions_into_a_video(client: TestClient, finished_id: str) -> None:
    answer = send(client, f"/captions/{finished_id}/burn-in", BURN_IN)
    assert answer.status_code == 202
    check(answer, BURN_IN_ACCEPTED)
    assert client.get(f"{PUBLIC}/tasks/{answer.json()['task_id']}").json()["kind"] == burn_ins.KIND


# ── bulk reels ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def submit(client: TestClient, twin_id: str) -> Callable[[str], Any]:
    def submit(csv: str) -> Any:
        return client.post(
            f"{PUBLIC}/bulk/reels",
            files={"csv_file": ("scripts.csv", csv.encode(), "text/csv")},
            data={"twin_id": twin_id, "platform": "instagram"},
        )

    return submit


@pytest.mark.slow
def test_submit_a_batch(client: TestClient, submit: Callable[[str], Any]) -> None:
    header, *rows = CSV.splitlines()
    answer = submit("\n".join([header, *rows * 25]))
    assert answer.status_code == 202
    check(answer, BATCH_ACCEPTED)
    assert answer.json()["task_id"] == answer.json()["batch_id"]


def test_get_the_status_of_a_batch(client: TestClient, submit: Callable[[str], Any]) -> None:
    batch = client.get(f"{PUBLIC}/bulk/reels/{submit(CSV).json()['batch_id']}").json()
    assert [(job["script"], job["platform"], job["voice_id"]) for job in batch["jobs"]] == [
        ("Hello world!", "instagram", "en-US"),
        ("Check out this feature.", "tiktok", "en-US"),
    ]
    assert [(job["progress"], job["result_url"]) for job in batch["jobs"]] == [(0, None)] * 2


# ── avatars ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_render_an_avatar_video(client: TestClient, twin_id: str, tmp_path: Path) -> None:
    body = json.loads(GENERATE_AVATAR) | {"twin_id": twin_id}
    refused = send(client, "/multimodal/avatar/generate", json.dumps(body))
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_avatar")  # it is optional, and no avatar
    body["avatar_id"] = client.get(f"{PUBLIC}/avatars").json()[0]["id"]
    answer = send(client, "/multimodal/avatar/generate", json.dumps(body))
    assert answer.status_code == 202, answer.text
    found = answer.json()
    check(answer, AVATAR_ACCEPTED, provider="local", estimated_seconds=found["estimated_seconds"])
    assert found["task_id"] == found["celery_task_id"]
    run_avatar(found["task_id"], samples.video(tmp_path / "avatar.mp4", size="720x1280", seconds=12))
    done = client.get(f"{PUBLIC}/multimodal/avatar/{found['job_id']}")
    result = json.loads(AVATAR_DONE)["result"]
    check(done, AVATAR_DONE, result=result | {"video_url": done.json()["result"]["video_url"]})
    assert httpx.get(done.json()["result"]["video_url"]).headers["Content-Type"] == "video/mp4"


def run_avatar(task_id: str, video: Path) -> None:
    """Do the end of the work of an avatar's task, as its run does."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
        tasks.mark_processing(session, task.kind, task.key)
        row = session.get_one(AvatarVideo, UUID(task.key))
    leases.begin(run_id := str(uuid4()), "media@test")
    avatar_videos.finish(RunContext(run_id, "media", task_id), row, video, avatar_videos.inspect(video))
    leases.end(run_id)


# ── social publishing ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_connect_list_and_disconnect_a_platform(connect, anonymous_client: TestClient, platforms: Sandbox) -> None:
    client = connect(redirect_uris=[REDIRECT_URI])
    sent = client.get(f"{PUBLIC}/social/connect/instagram?redirect_uri={REDIRECT_URI}", follow_redirects=False)
    back = platforms.decide(sent.headers["location"], username="mycreator")
    form = filled_in(anonymous_client.get(str(back)))
    answer = anonymous_client.post(str(back.copy_with(query=None)), data=form, follow_redirects=False)
    assert answer.headers["location"].startswith(REDIRECT_URI)
    (account,) = client.get(f"{PUBLIC}/social/accounts").json()
    (example,) = json.loads(ACCOUNTS)
    assert {name: account[name] for name in example} == example | {
        "id": str(UUID(account["id"])),
        "connected_at": TIME.fullmatch(account["connected_at"])[0],
    }
    assert client.delete(f"{PUBLIC}/social/disconnect/instagram").status_code == 204
    assert client.get(f"{PUBLIC}/social/accounts").json() == []


@pytest.mark.slow
def test_publish_content(client: TestClient, twin_id: str) -> None:
    with transaction() as session:
        workspace_id = session.get_one(Twin, UUID(twin_id)).workspace_id
        for platform in json.loads(PUBLISH)["platforms"]:
            make_account(session, workspace_id, platform)
    answer = send(client, "/social/publish", PUBLISH.replace(json.loads(PUBLISH)["twin_id"], twin_id))
    assert answer.status_code == 202, answer.text
    shown = json.loads(PUBLISH_ACCEPTED)["results"]
    assert len(answer.json()["results"]) == len(shown)
    for found, example in zip(answer.json()["results"], shown, strict=True):
        assert found.items() >= (example | {"task_id": found["task_id"]}).items()
        for place in "/social/publish", "/tasks":
            polled = client.get(f"{PUBLIC}{place}/{found['task_id']}").json()
            assert (polled["task_id"], polled["status"]) == (found["task_id"], "queued")


# ── social analytics ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def figures(client: TestClient) -> dict[str, Any]:
    """The figures of the example, recorded for today."""
    (shown,) = json.loads(FIGURES)
    counts = {name: value for name, value in shown.items() if name not in ("platform", "date")}
    with transaction() as session:
        account_id = make_account(session, workspace_of(client), "instagram").id
    record(account_id, 0, **counts)
    return counts


def test_get_analytics(client: TestClient, figures: dict[str, Any]) -> None:
    days = client.get(f"{PUBLIC}/analytics/social?platform=instagram&days=30").json()
    (shown,) = json.loads(FIGURES)
    assert len(days) == 30
    (today,) = [day for day in days if day["date"] == f"{now():%Y-%m-%d}"]
    assert today.items() >= (shown | {"date": today["date"]}).items()


def test_the_summary_has_totals_and_deltas(client: TestClient, figures: dict[str, Any]) -> None:
    summary = client.get(f"{PUBLIC}/analytics/social/summary?days=30").json()
    assert summary["totals"].items() >= figures.items()
    assert summary["deltas"].keys() >= figures.keys()


def test_an_export_ends_with_a_link(client: TestClient, figures: dict[str, Any]) -> None:
    answer = send(client, "/analytics/social/export", EXPORT)
    assert answer.status_code == 202
    run_export(answer.json()["task_id"])
    result = client.get(f"{PUBLIC}/tasks/{answer.json()['task_id']}").json()["result"]
    assert str(figures["views"]) in httpx.get(result["download_url"]).text


# ── tasks and errors ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("base", ["/api/v1/public", "/api/v1"])  # the hook of the last section polls the second
def test_poll_a_task(client: TestClient, caption_id: str, base: str) -> None:
    task_id = f"sync_{caption_id}"
    with transaction() as session:
        tasks.mark_processing(session, "caption", caption_id)
        tasks.set_progress(session, task_id, 0.43)
    check(client.get(f"{base}/tasks/{task_id}"), TASK, task_id=task_id)


def test_the_error_codes_mean_what_they_say(
    client: TestClient, anonymous_client: TestClient, connect, schedule: str
) -> None:
    assert client.get(f"{PUBLIC}/twins/{UUID(int=0)}").status_code == 404
    assert anonymous_client.get(f"{PUBLIC}/twins").status_code == 401
    assert send(client, "/content/calendar", SCHEDULE).status_code == 404  # its twin is not there
    past = re.sub(r'"scheduled_at": "\d{4}', '"scheduled_at": "2020', schedule)
    assert send(client, "/content/calendar", past).status_code == 400
    assert send(client, "/content/calendar", schedule.replace("instagram", "myspace")).status_code == 422


def test_more_than_a_hundred_rows_are_beyond_the_plan(submit: Callable[[str], Any]) -> None:
    answer = submit("script\n" + "Hello world!\n" * 101)
    assert (answer.status_code, answer.json()["code"]) == (403, "plan_limit")
