"""`content-pipeline demo`: the main job, end to end, through HTTP as any client would do it."""

import time
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from content_pipeline.cli import contact_sheet
from content_pipeline.cli.plan import ROOT
from content_pipeline.core.errors import Broken

CLIP: Final = ROOT / "examples" / "media" / "sense-and-sensibility.flac"
SCRIPTS: Final = ROOT / "examples" / "reels.csv"
OUTPUT: Final = Path("demo-output")
POLL_SECONDS: Final = 0.25

console = Console()


def run(api_url: str, dagster_url: str, api_key: str) -> None:
    """Captions, then reels, each saved as a file. Raises httpx.HTTPStatusError, Broken."""
    with httpx.Client(base_url=f"{api_url}/api/v1/public", headers={"X-API-Key": api_key}, timeout=60) as client:
        video_url, task_id = _caption(client)
        video = _save(video_url, OUTPUT / "karaoke.mp4")
        reels = _make_reels(client)
        sheet = contact_sheet.save([reel["video"] for reel in reels], OUTPUT / "reels.png")
    console.rule("Done")
    console.print(f"The video:     {video}")
    console.print(f"The reels:     {sheet} shows all {len(reels)} of them")
    console.print(f"A link:        {video_url}", soft_wrap=True)
    console.print(f"In Dagster:    {_run_page(dagster_url, task_id)}")
    console.print(f"The API's own: {api_url}/docs")


def _caption(client: httpx.Client) -> tuple[str, str]:
    """Caption the clip, show the captions, burn them in. Returns the video's link and its task."""
    console.rule("1  Send a recording, get captions")
    with CLIP.open("rb") as clip:
        accepted = _ask(client, "POST", "/captions/generate", files={"audio_file": clip}, data={"language": "en"})
    captions = f"/captions/{accepted['caption_id']}"
    _watch(client, accepted["task_id"], "transcribing")
    console.print(Panel(_ask(client, "GET", captions)["srt"].strip(), title="captions.srt", expand=False))

    console.rule("2  Burn them in, word by word")
    look = {"style": "karaoke", "font_size": 72, "position": "middle"}
    burning = _ask(client, "POST", f"{captions}/burn-in", json=look)
    return _watch(client, burning["task_id"], "burning in")["output_url"], burning["task_id"]


def _make_reels(client: httpx.Client) -> list[dict[str, Any]]:
    """Make the reels of a CSV, with a bar for each row, and save them. Returns their jobs, each with its `video`."""
    console.rule("3  Send a CSV of scripts, get a reel for each row")
    twin = _ask(
        client,
        "POST",
        "/twins",
        json={"name": "Tech Creator", "voice_id": "en-US", "style_tags": ["casual", "educational"]},
    )
    with SCRIPTS.open("rb") as scripts:
        form = {"twin_id": twin["id"], "platform": "instagram"}
        accepted = _ask(client, "POST", "/bulk/reels", files={"csv_file": scripts}, data=form)
    jobs = _watch_rows(client, f"/bulk/reels/{accepted['batch_id']}")
    return [{**job, "video": _save(job["result_url"], OUTPUT / f"reel-{job['row']}.mp4")} for job in jobs]


def _watch_rows(client: httpx.Client, batch: str) -> list[dict[str, Any]]:
    """Poll a batch until it is final, with a bar for each row. Returns its jobs."""
    with _bars() as bars:
        jobs = _ask(client, "GET", batch)["jobs"]
        rows = [bars.add_task(f"{job['row']} {job['platform']}", total=100) for job in jobs]
        while True:
            state = _ask(client, "GET", batch)
            for row, job in zip(rows, state["jobs"], strict=True):
                bars.update(row, completed=job["progress"])
                if job["status"] == "error":
                    raise Broken(job["error"]["message"], remedy=job["error"]["remedy"])
            if state["status"] == "done":
                made: list[dict[str, Any]] = state["jobs"]
                return made
            time.sleep(POLL_SECONDS)


def _ask(client: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.request(method, path, **body).raise_for_status().json()
    return answer


def _watch(client: httpx.Client, task_id: str, label: str) -> dict[str, Any]:
    """Poll a task until it is final, with its progress as a bar. Returns its result."""
    with _bars() as bars:
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


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(40),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
    )


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
