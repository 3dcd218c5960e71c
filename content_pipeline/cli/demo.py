"""`content-pipeline demo`: captions, reels, posts, a talking head and figures end to end, through the HTTP API."""

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

import httpx
from rich.panel import Panel
from rich.progress import TaskID

from content_pipeline.cli import contact_sheet, demo_avatar, demo_dagster, demo_figures, demo_social, packaged_files
from content_pipeline.cli.demo_client import (
    call_api,
    console,
    download,
    progress_bars,
    raise_if_failed,
    states,
    wait_for_task,
)
from content_pipeline.cli.demo_webhooks import receiving
from content_pipeline.core.errors import Invalid
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import Settings

OUTPUT: Final = Path("demo-output")


def make_output() -> None:
    """Create the folder for the files of the demo. Raises Invalid."""
    try:
        OUTPUT.mkdir(exist_ok=True)
        TemporaryFile(dir=OUTPUT).close()
    except OSError as error:
        raise Invalid(
            f"The folder {OUTPUT.absolute()} cannot be written: {error.strerror}.",
            code="output_not_writable",
            remedy="Run the demo in a folder of yours.",
        ) from error


def run(configured: Settings, api_key: str) -> None:
    """Make videos, save them as files, and post them. Prints the webhook events that arrive meanwhile.

    Raises httpx.HTTPStatusError, InternalError.
    """
    base_url = f"{configured.public_url}/api/v1/public"
    with (
        httpx.Client(base_url=base_url, headers={"X-API-Key": api_key}, timeout=60) as client,
        # Other stacks deliver to public addresses only.
        receiving(client, configured.demo_port) if configured.embedded else nullcontext(),
    ):
        video_url, task_id = _caption(client)
        video = download(video_url, OUTPUT / "karaoke.mp4")
        twin_id = _make_twin(client)
        reels = _make_reels(client, twin_id)
        strips = [contact_sheet.strip(reel["video"]) for reel in reels]
        reel_sheet = contact_sheet.save(strips, OUTPUT / "reels.png", columns=2)
        avatar_task_id, avatar_sheet = demo_avatar.request(client, twin_id, OUTPUT)
        demo_figures.make_past(configured.sandbox_url, demo_social.CREATOR)
        demo_social.run(client, twin_id, reels)
        talking_head = demo_avatar.collect(client, avatar_task_id, OUTPUT)
        figures = demo_figures.run(client, configured.sandbox_url, twin_id, OUTPUT)
    console.rule("Done")
    for name, value in {
        "Video": video,
        "Reels": f"{reel_sheet} (contact sheet)",
        "Talking head": talking_head,
        "Characters": f"{avatar_sheet} (contact sheet)",
        **figures,
        "Video URL": video_url,
        "Posts": configured.sandbox_url,
        "Dagster run": demo_dagster.run_page(task_id),
        "API docs": f"{configured.public_url}/docs",
    }.items():
        console.print(f"{name + ':':<14} {value}", soft_wrap=True)


def _caption(client: httpx.Client) -> tuple[str, str]:
    """Caption the clip, print the captions, burn them in. Returns the video's URL and its task id."""
    console.rule("1  Caption a recording")
    with packaged_files.CLIP.open("rb") as clip:
        accepted = call_api(client, "POST", "/captions/generate", files={"audio_file": clip}, data={"language": "en"})
    captions = f"/captions/{accepted['caption_id']}"
    wait_for_task(client, accepted["task_id"], "transcribing")
    console.print(Panel(call_api(client, "GET", captions)["srt"].strip(), title="captions.srt", expand=False))

    console.rule("2  Burn the captions into a video, word by word")
    look = {"style": "karaoke", "font_size": 72, "position": "middle"}
    burning = call_api(client, "POST", f"{captions}/burn-in", json=look)
    return wait_for_task(client, burning["task_id"], "burning in")["output_url"], burning["task_id"]


def _make_twin(client: httpx.Client) -> str:
    body = {"name": "Tech Creator", "voice_id": "en-US", "style_tags": ["casual", "educational"]}
    twin_id: str = call_api(client, "POST", "/twins", json=body)["id"]
    return twin_id


def _make_reels(client: httpx.Client, twin_id: str) -> list[dict[str, Any]]:
    """Make the reels of a CSV and save them. Returns the jobs, each with the path of its `video`."""
    console.rule("3  Make a reel for each row of a CSV")
    with packaged_files.SCRIPTS.open("rb") as scripts:
        form = {"twin_id": twin_id, "platform": next(iter(PLATFORMS))}
        accepted = call_api(client, "POST", "/bulk/reels", files={"csv_file": scripts}, data=form)
    jobs = _watch_rows(client, f"/bulk/reels/{accepted['batch_id']}")
    return [{**job, "video": download(job["result_url"], OUTPUT / f"reel-{job['row']}.mp4")} for job in jobs]


def _watch_rows(client: httpx.Client, batch: str) -> list[dict[str, Any]]:
    """Follow a batch until it is done, with a progress bar for each row. Returns its jobs."""
    jobs: dict[int, dict[str, Any]] = {}
    bars: dict[int, TaskID] = {}
    with progress_bars() as shown:
        for state in states(client, batch):
            for job in state["jobs"]:  # after the first state, those that have changed
                raise_if_failed(job)
                row = job["row"]
                if row not in bars:
                    bars[row] = shown.add_task(f"{row} {job['platform']}", total=100)
                shown.update(bars[row], completed=job["progress"])
                jobs[row] = job
    return list(jobs.values())
