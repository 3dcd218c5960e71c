"""`content-pipeline demo`: the main job, end to end, through HTTP as any client would do it."""

import time
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from content_pipeline.cli.plan import ROOT
from content_pipeline.core.errors import Broken

CLIP: Final = ROOT / "examples" / "media" / "sense-and-sensibility.flac"
OUTPUT: Final = Path("demo-output")
POLL_SECONDS: Final = 0.25

console = Console()


def run(api_url: str, dagster_url: str, api_key: str) -> None:
    """Caption the clip, show the captions, burn them in, save the video. Raises httpx.HTTPStatusError, Broken."""
    with httpx.Client(base_url=f"{api_url}/api/v1/public", headers={"X-API-Key": api_key}, timeout=60) as client:
        console.rule("1  Send a recording, get captions")
        with CLIP.open("rb") as clip:
            accepted = _ask(client, "POST", "/captions/generate", files={"audio_file": clip}, data={"language": "en"})
        captions = f"/captions/{accepted['caption_id']}"
        _watch(client, accepted["task_id"], "transcribing")
        console.print(Panel(_ask(client, "GET", captions)["srt"].strip(), title="captions.srt", expand=False))

        console.rule("2  Burn them in, word by word")
        look = {"style": "karaoke", "font_size": 72, "position": "middle"}
        burning = _ask(client, "POST", f"{captions}/burn-in", json=look)
        video_url = _watch(client, burning["task_id"], "burning in")["output_url"]
    video = _save(video_url, OUTPUT / "karaoke.mp4")

    console.rule("Done")
    console.print(f"The video:     {video}")
    console.print(f"Its link:      {video_url}", soft_wrap=True)
    console.print(f"In Dagster:    {_run_page(dagster_url, burning['task_id'])}")
    console.print(f"The API's own: {api_url}/docs")


def _ask(client: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.request(method, path, **body).raise_for_status().json()
    return answer


def _watch(client: httpx.Client, task_id: str, label: str) -> dict[str, Any]:
    """Poll a task until it is final, with its progress as a bar. Returns its result."""
    columns = (
        TextColumn("{task.description:<14}"),
        BarColumn(40),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(label, total=100)
        while True:
            task = _ask(client, "GET", f"/tasks/{task_id}")
            bars.update(bar, completed=task["progress"])
            if task["status"] == "error":
                raise Broken(task["error"]["message"], remedy=task["error"]["remedy"])
            if task["status"] == "done":
                result: dict[str, Any] = task["result"]
                return result
            time.sleep(POLL_SECONDS)


def _save(url: str, target: Path) -> Path:
    target.parent.mkdir(exist_ok=True)
    with httpx.stream("GET", url) as response, target.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            file.write(chunk)
    return target.resolve()


def _run_page(dagster_url: str, task_id: str) -> str:
    query = """query Runs($task: String!) {
      runsOrError(filter: {tags: [{key: "task_id", value: $task}]}, limit: 1) { ... on Runs { results { runId } } }
    }"""
    answer = httpx.post(f"{dagster_url}/graphql", json={"query": query, "variables": {"task": task_id}}).json()
    return f"{dagster_url}/runs/{answer['data']['runsOrError']['results'][0]['runId']}"
