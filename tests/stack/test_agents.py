"""Agents on a whole stack: from a request in words to planned posts, over HTTP and over standard input and output."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.media.probe import probe
from tests.stack.client import Client as RestClient
from tests.stack.harness import Stack

# "Make three reels of this text and plan them for next week."
TEXT = (
    "Bread needs four things: flour, water, salt and time. Most people give it the first three. "
    "Time is what makes the crust sing, so let the dough rest in the fridge over night."
)


class ScriptedAgent:
    """Does what a model would: each step takes what the one before has answered."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.reports: list[float] = []

    async def use(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments, progress_callback=self._report)
        assert not result.is_error, result.content
        assert result.structured_content
        return result.structured_content

    async def _report(self, progress: float, total: float | None, message: str | None) -> None:
        self.reports.append(progress)

    async def finished(self, task_id: str) -> dict[str, Any]:
        while True:
            task = await self.use("wait_for_task", task_id=task_id)
            if task["status"] not in ("queued", "processing"):
                return task

    async def make_three_reels_and_plan_them(self) -> list[dict[str, Any]]:
        """Returns the videos, each with the post that was planned for it."""
        workspace = await self.use("get_workspace")
        twin, account = workspace["twins"][0], workspace["accounts"][0]
        scripts = [f"{sentence}." for sentence in TEXT.rstrip(".").split(". ")]
        batch = await self.use(
            "make_reels",
            twin_id=twin["id"],
            platform=account["platform"],
            reels=[{"script": script} for script in scripts],
        )
        videos = (await self.finished(batch["task_id"]))["videos"]
        for day, (script, video) in enumerate(zip(scripts, videos, strict=True), start=1):
            text = await self.use("compose_post", twin_id=twin["id"], platform=account["platform"], script=script)
            video["post"] = await self.use(
                "schedule_post",
                twin_id=twin["id"],
                title=script[:100],
                platform=account["platform"],
                scheduled_at=(now() + timedelta(days=7 + day)).isoformat(),
                reel_id=video["reel_id"],
                caption=" ".join([text["text"], *(f"#{tag}" for tag in text["hashtags"])]),
            )
        return videos


@pytest.mark.smoke
def test_three_reels_of_a_text_are_made_and_planned_for_next_week(
    stack: Stack, client: RestClient, tmp_path: Path
) -> None:
    client.create_twin()
    account_id = client.connect(stack.sandbox, "instagram")

    async def work() -> tuple[list[dict[str, Any]], list[float]]:
        headers = {"X-API-Key": client.http.headers["X-API-Key"]}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=90) as http,
            Client(streamable_http_client(f"{stack.url}/mcp", http_client=http)) as connected,
        ):
            agent = ScriptedAgent(connected)
            return await agent.make_three_reels_and_plan_them(), agent.reports

    videos, reports = anyio.run(work)
    assert len(videos) == 3
    for video in videos:
        media = probe(client.download(video["video_url"], tmp_path / f"{video['row']}.mp4"))
        assert (media.width, media.height) == (1080, 1920)
    assert 100 in reports
    listed = client.http.get("/content/calendar", params={"status": "scheduled"}).json()
    assert {item["id"] for item in listed} == {video["post"]["id"] for video in videos}
    assert {item["account_id"] for item in listed} == {account_id}
    assert client.http.get("/tasks", params={"kind": "publication"}).json() == []


def test_a_client_that_starts_a_program_has_the_same_tools(stack: Stack, client: RestClient) -> None:
    twin_id = client.create_twin()
    command = str(Path(sys.executable).parent / "content-pipeline")
    env = stack.env | {"CONTENT_PIPELINE_API_KEY": client.http.headers["X-API-Key"]}

    async def work() -> tuple[list[str], Any]:
        async with Client(StdioServerParameters(command=command, args=["mcp"], env=env)) as agent:
            names = [tool.name for tool in (await agent.list_tools()).tools]
            return names, (await agent.call_tool("get_workspace", {})).structured_content

    names, workspace = anyio.run(work)
    assert "publish_post" in names
    assert [twin["id"] for twin in workspace["twins"]] == [twin_id]


def test_without_a_key_the_command_says_what_to_set(stack: Stack) -> None:
    refused = stack.run("mcp", check=False)
    assert refused.returncode == 2
    assert "CONTENT_PIPELINE_API_KEY" in refused.stderr
