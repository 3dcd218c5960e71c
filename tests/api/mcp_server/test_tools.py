"""The tools, called by the SDK's own client: each result has the form that its tool states."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from mcp import Client, MCPError
from pytest_httpserver import HTTPServer
from sqlalchemy import func, select

from api.mcp_server.tool import Repeatable, idempotency_key
from api.routes.captions import READ_VOLUME
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Batch, CalendarItem, Publication, Reel
from content_pipeline.core.reels import reels
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import tasks
from tests.api.calendar.scheduling import create_account
from tests.api.client_workspace import workspace_of
from tests.api.conftest import PUBLIC, LimitTo, fail_task
from tests.api.mcp_server.conftest import Agent
from tests.core.publishing import posting
from tests.factories import make_account
from tests.media import samples

LINK = "https://8.8.8.8/clip.mp4"


def count(model: Any) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def post(twin_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "twin_id": twin_id,
        "title": "The news",
        "platform": "instagram",
        "scheduled_at": (now() + timedelta(days=3)).isoformat(),
        "script": "AI is transforming how creators work.",
    } | fields


def test_the_tools_say_what_they_do_and_what_they_change(agent: Agent) -> None:
    tools = {tool.name: tool for tool in agent.run(lambda client: client.list_tools()).tools}
    assert 10 <= len(tools) <= 15
    for tool in tools.values():
        assert tool.title
        assert tool.description
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
    changing = {name for name, tool in tools.items() if not tool.annotations.read_only_hint}
    assert changing == {"make_captions", "make_reels", "schedule_post", "edit_post", "cancel_post", "publish_post"}
    assert {tools[name].meta["scope"] for name in changing} == {"create", "publish"}
    dangerous = {name for name, tool in tools.items() if tool.annotations.destructive_hint}
    assert dangerous == {"publish_post", "cancel_post", "schedule_post", "edit_post"}
    assert "instagram" in str(tools["schedule_post"].input_schema)


def test_the_workspace_has_what_the_other_tools_need(agent: Agent, client: TestClient, twin_id: str) -> None:
    assert "connect" in agent.call("get_workspace")["next"]
    with transaction() as session:
        make_account(session, workspace_of(client), "tiktok", status="needs_reconnect", handle="@gone")
    found = agent.call("get_workspace")
    assert [twin["id"] for twin in found["twins"]] == [twin_id]
    assert [account["handle"] for account in found["accounts"]] == ["@gone"]
    assert "@gone" in found["next"]
    assert found["usage"]["plan"] == "studio"


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_captions_are_made_of_a_link_and_waited_for(agent: Agent, finished_id: str) -> None:
    accepted = agent.call("make_captions", reel_url=LINK, language="en", burn_in=True)
    assert accepted["task_id"] == f"sync_{accepted['caption_id']}"
    assert "wait_for_task" in accepted["next"]
    waiting = agent.call("wait_for_task", task_id=accepted["task_id"], seconds=0)
    assert (waiting["status"], waiting["captions"]) == ("queued", None)
    assert "again" in waiting["next"]
    made = agent.call("wait_for_task", task_id=f"sync_{finished_id}", seconds=0)["captions"]
    assert "Hello there." in made["srt"]
    assert made["is_cut"] is False
    assert made["files"]["vtt"].endswith(f"{PUBLIC}/captions/{finished_id}.vtt")


def test_a_task_is_told_of_where_no_more_captions_are_read(agent: Agent, finished_id: str, limit_to: LimitTo) -> None:
    limit_to(READ_VOLUME, 15)
    first, second = (agent.call("wait_for_task", task_id=f"sync_{finished_id}", seconds=0) for _ in range(2))
    assert first["captions"]["language"] == "en"
    assert (second["status"], second["captions"]) == ("done", None)
    assert "Call this again in" in second["next"]


@pytest.mark.slow
def test_reels_are_made_once_however_often_the_same_call_comes(agent: Agent, twin_id: str) -> None:
    asked: dict[str, Any] = {
        "twin_id": twin_id,
        "platform": "tiktok",
        "reels": [{"script": 'He said "go, now",\nand went.', "title": "Go"}, {"script": "So did she."}],
    }
    first = agent.call("make_reels", **asked)
    assert (first["total_rows"], first["status"]) == (2, "queued")
    again = agent.call("make_reels", **asked)
    assert again["batch_id"] == first["batch_id"]
    assert "again" in again["next"]
    assert agent.call("make_reels", **asked, again="a second time")["batch_id"] != first["batch_id"]
    assert count(Batch) == 2
    with transaction() as session:
        assert 'He said "go, now",\nand went.' in set(session.scalars(select(Reel.script)))


def test_a_batch_shows_each_video_with_its_link(agent: Agent, twin_id: str) -> None:
    asked = {"twin_id": twin_id, "platform": "tiktok", "reels": [{"script": "Hello."}, {"script": "Good bye."}]}
    task_id = agent.call("make_reels", **asked)["task_id"]
    with transaction() as session:
        reel = session.scalars(select(Reel).where(Reel.row == 1)).one()
        tasks.mark_processing(session, reels.KIND, str(reel.id))
        reel.output_key = "some/reel.mp4"
        tasks.finish(session, str(reel.id))
    first, second = agent.call("wait_for_task", task_id=task_id, seconds=0)["videos"]
    assert (first["reel_id"], first["status"]) == (str(reel.id), "done")
    assert "some/reel.mp4" in first["video_url"]
    assert (second["status"], second["video_url"]) == ("queued", None)


def test_every_row_that_cannot_be_made_is_told_with_a_remedy(agent: Agent, twin_id: str) -> None:
    scripts = [{"script": "Fine."}, {"script": "x" * 3000}, {"script": "Fine.", "voice_id": "klingon"}]
    refused = agent.refusal("make_reels", twin_id=twin_id, platform="tiktok", reels=scripts)
    assert refused["code"] == "csv_rows_invalid"
    assert [(fault["row"], fault["column"]) for fault in refused["errors"]] == [(2, "script"), (3, "voice_id")]
    assert all(fault["remedy"] for fault in refused["errors"])


@pytest.mark.slow
def test_progress_is_reported_while_a_task_is_waited_for(agent: Agent, caption_id: str) -> None:
    task_id, reports = f"sync_{caption_id}", list[float]()

    async def on_progress(progress: float, total: float | None, told: str | None) -> None:
        assert total == 100
        reports.append(progress)
        if progress:
            fail_task(task_id)
            return
        with transaction() as session:
            tasks.mark_processing(session, "caption", caption_id)
            tasks.set_progress(session, task_id, 0.5)

    found = agent.run(
        lambda client: client.call_tool(
            "wait_for_task", {"task_id": task_id, "seconds": 30}, progress_callback=on_progress
        )
    )
    assert found.structured_content["status"] == "error"
    assert "Send one with sound." in found.structured_content["next"]
    assert len(reports) >= 2
    assert reports == sorted(set(reports))


@pytest.mark.slow
def test_calls_that_wait_take_no_thread_from_others(
    server: str, connect: Callable[..., TestClient], client: TestClient
) -> None:
    clients = [connect() for _ in range(4)]
    ids = [
        one.post(f"{PUBLIC}/captions/generate", data={"reel_url": LINK}).json()["task_id"]
        for one in clients
        for _ in range(12)
    ]
    waiting = [Agent(server, one.headers["X-API-Key"]) for one in clients for _ in range(12)]
    other = Agent(server, client.headers["X-API-Key"])
    with ThreadPoolExecutor(len(ids)) as pool:
        calls = [
            pool.submit(agent.call, "wait_for_task", task_id=task_id, seconds=50)
            for agent, task_id in zip(waiting, ids, strict=True)
        ]
        for _ in range(3):
            other.call("get_workspace")
        assert not any(call.done() for call in calls)
        for task_id in ids:
            fail_task(task_id)
        assert {call.result()["status"] for call in calls} == {"error"}


# ── planning and publishing ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_post_is_planned_found_moved_and_canceled(agent: Agent, twin_id: str) -> None:
    planned = agent.call("schedule_post", **post(twin_id))
    assert agent.call("schedule_post", **post(twin_id, scheduled_at=planned["scheduled_at"]))["id"] == planned["id"]
    assert planned["status"] == "scheduled"
    listed = agent.call("list_calendar", from_date=f"{now().date()}", status="scheduled")
    assert planned["id"] in [item["id"] for item in listed["items"]]
    later = (now() + timedelta(days=9)).isoformat()
    moved = agent.call("edit_post", item_id=planned["id"], scheduled_at=later, title="Old news")
    assert (moved["title"], moved["script"]) == ("Old news", planned["script"])
    assert moved["scheduled_at"] > planned["scheduled_at"]
    assert agent.call("cancel_post", item_id=planned["id"])["status"] == "canceled"
    assert agent.refusal("cancel_post", item_id=planned["id"])["code"]


def test_an_argument_that_says_nothing_makes_no_other_call(agent: Agent, twin_id: str) -> None:
    asked = post(twin_id)
    first = agent.call("schedule_post", **asked)
    assert agent.call("schedule_post", **asked, caption=None, options={})["id"] == first["id"]
    assert agent.call("schedule_post", **asked, caption="Look.")["id"] != first["id"]


@pytest.mark.slow
def test_where_the_key_of_a_call_is_used_up_the_agent_can_go_on(agent: Agent, client: TestClient, twin_id: str) -> None:
    made = agent.call("make_captions", reel_url=LINK)
    assert client.delete(f"{PUBLIC}/captions/{made['caption_id']}").status_code == 204
    gone = agent.refusal("make_captions", reel_url=LINK)
    assert (gone["code"], "`again`" in gone["remedy"]) == ("deleted", True)
    assert agent.call("make_captions", reel_url=LINK, again="anew")["caption_id"] != made["caption_id"]

    body = post(twin_id, scheduled_at="2033-05-01T10:00:00Z")
    key = idempotency_key("schedule_post", body, Repeatable())
    other = client.post(f"{PUBLIC}/content/calendar", json=body | {"title": "Old"}, headers={"Idempotency-Key": key})
    assert other.status_code == 201
    taken = agent.refusal("schedule_post", **body)
    assert (taken["code"], "`again`" in taken["remedy"]) == ("idempotency_mismatch", True)


@pytest.mark.slow
def test_a_post_of_the_next_minutes_needs_a_confirmation(agent: Agent, client: TestClient, twin_id: str) -> None:
    soon = (now() + timedelta(minutes=9)).isoformat()
    later = (now() + timedelta(minutes=20)).isoformat()
    for time in (soon, now().isoformat(), (now() - timedelta(seconds=30)).isoformat()):
        refused = agent.refusal("schedule_post", **post(twin_id, scheduled_at=time))
        assert (refused["code"], "`confirm`" in refused["remedy"]) == ("confirmation_missing", True)
    assert count(CalendarItem) == 0
    item_id = agent.call("schedule_post", **post(twin_id, scheduled_at=later))["id"]
    assert agent.refusal("edit_post", item_id=item_id, scheduled_at=soon)["code"] == "confirmation_missing"
    assert agent.call("edit_post", item_id=item_id, title="Later")["title"] == "Later"

    confirmed = agent.call("edit_post", item_id=item_id, scheduled_at=soon, confirm=True)
    assert agent.refusal("edit_post", item_id=item_id, title="Too late")["code"] == "confirmation_missing"
    assert client.get(f"{PUBLIC}/content/calendar/{item_id}").json()["title"] == confirmed["title"] == "Later"
    assert agent.call("schedule_post", **post(twin_id, scheduled_at=soon), confirm=True)["status"] == "scheduled"


def test_the_best_time_is_chosen_and_explained(agent: Agent, twin_id: str) -> None:
    create_account(twin_id)
    planned = agent.call("schedule_post", **post(twin_id, scheduled_at="best"))
    assert planned["scheduled_because"]["rule"] == "default"


@pytest.mark.slow
def test_nothing_is_published_without_a_confirmation(
    agent: Agent,
    client: TestClient,
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    video = samples.video(tmp_path / "reel.mp4", seconds=1)
    httpserver.expect_request("/reel.mp4").respond_with_data(video.read_bytes())
    asked = {"platforms": ["tiktok"], "reel_url": httpserver.url_for("/reel.mp4"), "caption": "Look."}
    with posting.stage(workspace_of(client), tmp_path) as stage:
        handle = stage.account().handle
        found = agent.call("publish_post", **asked)
        assert (found["is_published"], found["results"]) == (False, [])
        (would,) = found["would_publish"]
        assert (would["handle"], would["text"], would["can_publish"]) == (handle, "Look.", True)
        assert "confirm" in found["next"]
        assert agent.call("check_post", **asked)["results"] == found["would_publish"]
        assert stage.platform.calls == ["check", "check"]
    assert count(Publication) == 0


@pytest.mark.parametrize("said", ["true", "yes", 1])
def test_only_true_confirms(agent: Agent, twin_id: str, said: object) -> None:
    """A "yes" was taken for it, and the post was published."""
    create_account(twin_id)
    refused = agent.refusal("publish_post", platforms=["instagram"], reel_url=LINK, caption="Look.", confirm=said)
    assert refused["detail"] == "/confirm: Input should be true or false"
    assert count(Publication) == 0


def test_a_confirmed_post_is_published_once(agent: Agent, twin_id: str) -> None:
    account_id = create_account(twin_id)
    asked = {"platforms": ["instagram"], "reel_url": LINK, "caption": "Look.", "confirm": True}
    first = agent.call("publish_post", **asked)
    second = agent.call("publish_post", **asked, title=None, captions={})
    assert first["is_published"] is True
    (accepted,) = first["results"]
    assert accepted["account_id"] == account_id
    assert second["results"] == first["results"]
    assert count(Publication) == 1
    waiting = agent.call("wait_for_task", task_id=accepted["task_id"], seconds=0)
    assert waiting["kind"] == "publication"


# ── knowing ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_figures_best_times_and_texts_are_told(agent: Agent, twin_id: str) -> None:
    create_account(twin_id)
    figures = agent.call("get_figures", days=7, platform="instagram", timezone="Europe/Berlin")
    assert figures["summary"]["totals"]["views"] is None
    assert figures["best_posts"] == []
    (times,) = agent.call("get_best_times", twin_id=None)["accounts"]
    assert times["slots"] == []
    script = "Bread needs time, and so do you."
    composed = agent.call("compose_post", twin_id=twin_id, platform="instagram", script=script)
    assert composed["text"]
    assert agent.call("recall", twin_id=twin_id, query="What about bread?")["results"] == []


def test_the_resources_are_the_twins_and_the_calendar(agent: Agent, twin_id: str) -> None:
    agent.call("schedule_post", **post(twin_id))

    async def read(client: Client) -> list[str]:
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        one = f"content-pipeline://twins/{twin_id}"
        with pytest.raises(MCPError, match=r"no twin"):
            await client.read_resource(f"content-pipeline://twins/{uuid4()}")
        with pytest.raises(MCPError, match=r"no resource"):
            await client.read_resource("content-pipeline://twin")
        return [(await client.read_resource(uri)).contents[0].text for uri in [*listed, one]]

    texts = agent.run(read)
    assert len(texts) == 3
    assert all("Tech Creator" in text or "The news" in text for text in texts)


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_argument_is_told_with_the_nearest_name(agent: Agent, twin_id: str) -> None:
    misspelled = agent.refusal("list_calendar", platfrom="tiktok")
    assert misspelled["code"] == "schema"
    assert "'platform'" in misspelled["detail"]
    assert misspelled["errors"][0]["pointer"] == "/platfrom"
    inner = agent.refusal("make_reels", twin_id=twin_id, platform="tiktok", reels=[{"script": "Hi.", "titel": "Hi"}])
    assert "'title'" in inner["detail"]
    assert inner["errors"][0]["pointer"] == "/reels/0/titel"
    timeless = agent.refusal("schedule_post", **post(twin_id, scheduled_at="2033-05-01T10:00:00"))
    assert "offset" in timeless["detail"]
    assert "make_reels" in agent.refusal("make_reel")["detail"]


def test_what_is_another_workspaces_does_not_exist(
    agent: Agent, server: str, connect: Callable[..., TestClient], twin_id: str
) -> None:
    item_id = agent.call("schedule_post", **post(twin_id))["id"]
    stranger = Agent(server, connect().headers["X-API-Key"])
    assert stranger.refusal("schedule_post", **post(twin_id))["code"] == "twin_not_found"
    assert stranger.refusal("cancel_post", item_id=item_id)["code"] == "item_not_found"
    assert stranger.call("list_calendar")["items"] == []
    assert count(CalendarItem) == 1


def test_the_limit_of_a_plan_is_an_error_with_a_remedy(server: str, connect: Callable[..., TestClient]) -> None:
    client = connect(open_items=0)
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Ann", "voice_id": "en-US"}).json()["id"]
    refused = Agent(server, client.headers["X-API-Key"]).refusal("schedule_post", **post(twin))
    assert refused["code"] == "plan_limit"
    assert refused["remedy"]
