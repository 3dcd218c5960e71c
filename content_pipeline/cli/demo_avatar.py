"""Avatar part of the demo: requests the video early and collects it last, so that it renders during other steps."""

import io
from pathlib import Path
from typing import Any, Final

import httpx
from PIL import Image

from content_pipeline.cli import contact_sheet
from content_pipeline.cli.demo_client import call_api, console, download, wait_for_task
from content_pipeline.core.media.avatars.characters import CHARACTERS
from content_pipeline.core.media.avatars.portraits import portrait

# About 20 seconds of speech.
SCRIPT: Final = (
    "Hi! Nobody filmed me: I was drawn, one frame at a time, while you watched your reels being made. My lips follow "
    "the sounds of every word, I blink when I pause, and I nod when something matters. Want another face? There are "
    "eight of us. Send me a script, pick a voice, and I will say it for you. Shall we begin?"
)


def request(client: httpx.Client, twin_id: str, folder: Path) -> tuple[str, Path]:
    """Ask for a video of the twin's character. Returns the task's id, and a picture of all characters in `folder`."""
    console.rule("4  Ask for a talking head, which is rendered while the next steps run")
    body = {"twin_id": twin_id, "script": SCRIPT, "captions": True}
    accepted = call_api(client, "POST", "/multimodal/avatar/generate", json=body)
    video = call_api(client, "GET", f"/multimodal/avatar/{accepted['job_id']}")
    portraits = [Image.open(io.BytesIO(portrait(character))) for character in CHARACTERS.values()]
    console.print(f"{'character':<14} {CHARACTERS[video['avatar_id']].name}, one of {len(portraits)}")
    return accepted["task_id"], contact_sheet.save(portraits, folder / "avatars.png", columns=4)


def collect(client: httpx.Client, task_id: str, folder: Path) -> Path:
    """Wait for the video and save it in `folder`. Raises InternalError when it failed."""
    console.rule("8  Collect the talking head")
    result: dict[str, Any] = wait_for_task(client, task_id, "rendering")
    return download(result["video_url"], folder / "talking-head.mp4")
