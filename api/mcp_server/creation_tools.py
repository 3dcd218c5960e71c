"""MCP tools that create captions and reels, wait for tasks, and preview the text of a post."""

import csv
import io
import time
from typing import Any, Final, Literal
from uuid import UUID

import anyio
from pydantic import BaseModel, Field

from api.mcp_server.tool import Arguments, Call, Repeatable, Result, idempotency_key, next_step, tool
from api.paths import PUBLIC_PATH
from api.schemas.composing import ComposeRequest, PostTextView
from api.schemas.sources import SourceFields
from api.schemas.tasks import Status, TaskError, TaskView
from content_pipeline.core.errors import Error
from content_pipeline.core.media.pace import MAX_PAUSE, MAX_SPEED, MIN_SPEED
from content_pipeline.core.media.reels.animation_names import CaptionAnimation
from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.settings import settings
from content_pipeline.core.workspaces.scopes import Scope

# Clients give up a call after a minute, unless they are told otherwise.
MAX_SECONDS: Final = 50
# Progress is reported at most this often: a render has up to a hundred steps, and each report is a request of the key.
PAUSE_SECONDS: Final = 1.0
# An agent is shown at most this many characters of captions; an hour of speech has 60,000.
MAX_CHARACTERS: Final = 20_000

_WAIT: Final = "Call wait_for_task with this task_id until its status is done or error."


class Accepted(Result):
    """Work that has begun."""

    task_id: str
    status: Status


class CaptionsRequest(SourceFields, Arguments, Repeatable):
    language: str = Field("auto", max_length=35, description="A language tag of the speech, or auto")
    translate_to: str | None = Field(None, max_length=35, description="A language tag: the captions are in it")
    burn_in: bool = Field(False, description="Also make a video with the captions in it")
    remove_fillers: bool = Field(False, description='Leave out "um" and stuttered words')
    twin_id: UUID | None = Field(None, description="A twin whose glossary of names is used")


class CaptionsAccepted(Accepted):
    caption_id: UUID


@tool("Make captions", Scope.CREATE, "reversible")
async def make_captions(call: Call, asked: CaptionsRequest) -> CaptionsAccepted:
    """Make captions (SRT, WebVTT, ASS) for a video or recording that a link leads to, or that is here; optionally
    translated, or burned into the video. Takes seconds to minutes: wait_for_task has the text and the links."""
    form = {name: _field(value) for name, value in asked.model_dump(mode="json", exclude={"again"}).items() if value}
    answer = await call.api.post(
        "/captions/generate", idempotency_key=idempotency_key("make_captions", form, asked), data=form
    )
    return CaptionsAccepted.model_validate(answer.json() | {"next": next_step(answer, _WAIT)})


def _field(value: Any) -> str:
    return "true" if value is True else str(value)


class ReelRequest(BaseModel):
    """One video. The columns of a CSV of `POST /bulk/reels`."""

    model_config = Arguments.model_config

    script: str = Field(min_length=1, description="What is spoken; 150 words are about a minute")
    title: str | None = Field(None, max_length=120, description="The headline on its cover; else the first sentence")
    format: Literal["reel", "avatar"] = Field("reel", description="An avatar video costs 10 credits a second")
    platform: Platform | None = Field(None, description="Else that of the batch")
    voice_id: str | None = Field(None, max_length=100, description="Else the twin's voice")
    speed: float | None = Field(None, ge=MIN_SPEED, le=MAX_SPEED, description="Of the voice; else the twin's")
    pause: float | None = Field(None, ge=0, le=MAX_PAUSE, description="Seconds after a sentence; else the twin's")
    avatar_id: str | None = Field(None, max_length=200, description="Of an avatar video; else the twin's avatar")
    background: str | None = Field(None, max_length=4096, description="Link to, or id of, a picture, GIF or video")
    music: str | None = Field(
        None, max_length=4096, description="Link to, or id of, a sound file or video; not for avatar videos"
    )
    caption_animation: CaptionAnimation | None = Field(None, description="Else the twin's")
    call_to_action: str | None = Field(None, max_length=60, description="On its end card; not for avatar videos")


class ReelsRequest(Arguments, Repeatable):
    twin_id: UUID = Field(description="The persona that speaks: an id of get_workspace")
    platform: Platform = Field(description="For which platform they are made")
    reels: list[ReelRequest] = Field(min_length=1, max_length=100)


class ReelsAccepted(Accepted):
    batch_id: UUID
    total_rows: int = Field(description="How many videos are being made")


@tool("Make reels", Scope.CREATE, "reversible")
async def make_reels(call: Call, asked: ReelsRequest) -> ReelsAccepted:
    """Make vertical videos of scripts, all in one batch: spoken by the twin's voice, captioned word by word. If one
    script cannot be made, none is, and `errors` says what to change in which row. Takes about half a minute each:
    wait_for_task has the links and the ids."""
    file = io.StringIO()
    writer = csv.DictWriter(file, ReelRequest.model_fields)
    writer.writeheader()
    writer.writerows(reel.model_dump(mode="json") for reel in asked.reels)
    form = {"twin_id": str(asked.twin_id), "platform": asked.platform}
    answer = await call.api.post(
        "/bulk/reels",
        idempotency_key=idempotency_key("make_reels", [form, file.getvalue()], asked),
        data=form,
        files={"csv_file": ("reels.csv", file.getvalue(), "text/csv")},
    )
    return ReelsAccepted.model_validate(answer.json() | {"next": next_step(answer, _WAIT)})


class WaitRequest(Arguments):
    task_id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$", description="What the tool that began the work answered")
    seconds: int = Field(40, ge=0, le=MAX_SECONDS, description="How long to wait; 0 only looks")


class MadeVideo(BaseModel):
    """A row of a batch."""

    row: int = Field(description="1 is the first")
    reel_id: UUID | None = Field(description="To publish a reel")
    avatar_job_id: UUID | None = Field(description="To publish an avatar video")
    status: Status
    video_url: str | None = Field(description="Signed link, valid for an hour; ask again for a fresh one")
    error: TaskError | None

    @classmethod
    def of(cls, job: dict[str, Any]) -> "MadeVideo":
        """`job`: of `GET /bulk/reels/{batch_id}`."""
        ids = {"reel_id": None, "avatar_job_id": None}
        ids["avatar_job_id" if job["format"] == "avatar" else "reel_id"] = job["job_id"]
        return cls.model_validate(job | ids | {"video_url": job["result_url"]})


class MadeCaptions(BaseModel):
    caption_id: UUID
    language: str | None = Field(description="Null where it is no language tag")
    srt: str = Field(description=f"SubRip, the first {MAX_CHARACTERS:,} characters")
    is_cut: bool = Field(description="Whether the file has more than that")
    files: dict[str, str] = Field(description="Links by format; they need the API key")


class TaskOutcome(TaskView, Result):
    videos: list[MadeVideo] = Field([], description="Of a batch of reels: those that are finished have links")
    captions: MadeCaptions | None = Field(None, description="Of finished captions")


@tool("Wait for a task", Scope.READ)
async def wait_for_task(call: Call, asked: WaitRequest) -> TaskOutcome:
    """Wait until work is finished, with reports of its progress; then get what was made: links, ids, texts, or the
    error with its remedy. Answers after `seconds` at the latest: while the status is queued or processing, call it
    again."""
    task = await _follow(call, f"/tasks/{asked.task_id}", asked.seconds)
    made: dict[str, Any] = {"next": _on_task(task)}
    if task["kind"] == "batch" and (batch_id := _batch_id(task)):
        batch = (await call.api.get(f"/bulk/reels/{batch_id}")).json()
        made["videos"] = [MadeVideo.of(job) for job in batch["jobs"]]
    if task["kind"] == "caption" and task["status"] == "done":
        try:
            made["captions"] = await _captions(call, task["result"]["caption_id"])
        except Error as error:
            if error.code != "too_many_requests":
                raise
            made["next"] = f"{error.detail} Call this again in {error.retry_after or 1:.0f} seconds for the captions."
    return TaskOutcome.model_validate(task | made)


async def _follow(call: Call, path: str, seconds: float) -> dict[str, Any]:
    """The task once it has ended, or when the time is over. No thread waits meanwhile, as in any waiting request."""
    end = time.monotonic() + seconds
    answer = await call.api.get(path)
    reported = -1
    while True:
        task: dict[str, Any] = answer.json()
        left = int(end - time.monotonic())
        if task["progress"] > reported:  # the protocol wants each report to be higher than the one before
            reported = task["progress"]
            await call.report(reported, f"{task['kind']}: {task['status']}, {reported} %")
        if task["status"] in ("done", "error") or left < 1:
            return task
        changed = await call.api.get(path, {"wait": left}, {"If-None-Match": answer.headers["ETag"]})
        if changed.status_code == 304:  # the time is over, or the server shuts down
            return task
        answer = changed
        await anyio.sleep(PAUSE_SECONDS)


def _batch_id(task: dict[str, Any]) -> str | None:
    """The batch of its task: it has the id of the first one. Of a retry, only the result names it."""
    if task["result"]:
        return str(task["result"]["batch_id"])
    return None if task["retry_of"] else str(task["task_id"])


async def _captions(call: Call, caption_id: str) -> dict[str, Any]:
    # Not the captions themselves: of four hours of speech they are 4 MB, which would be parsed in the event loop.
    file = await call.api.get(f"/captions/{caption_id}.srt")
    link = f"{settings().public_url}{PUBLIC_PATH}/captions/{caption_id}"
    return {
        "caption_id": caption_id,
        "language": file.headers.get("Content-Language"),
        "srt": file.text[:MAX_CHARACTERS],
        "is_cut": len(file.text) > MAX_CHARACTERS,
        "files": {form: f"{link}.{form}" for form in ("srt", "vtt", "ass")},
    }


def _on_task(task: dict[str, Any]) -> str:
    if task["status"] == "error":
        return f"It failed: {task['error']['message']} {task['error']['remedy']}".rstrip()
    if task["status"] == "done":
        return "It is done. Links are valid for an hour; call this again for fresh ones."
    return f"It is {task['status']}, at {task['progress']} %. Call wait_for_task again with the same task_id."


class ComposeArguments(ComposeRequest):
    # In strict mode, pydantic would refuse a string.
    twin_id: UUID = Field(strict=False)


class ComposedPost(PostTextView, Result):
    pass


@tool("Compose a post", Scope.CREATE)
async def compose_post(call: Call, asked: ComposeArguments) -> ComposedPost:
    """Preview the title, text and hashtags of a post for a script, in the twin's style and within the platform's
    limits. Nothing is stored. A post that is planned or published without a caption gets such a text by itself."""
    body = asked.model_dump(mode="json", exclude={"twin_id"}, exclude_unset=True)
    text = (await call.api.post(f"/twins/{asked.twin_id}/compose", json=body)).json()
    return ComposedPost.model_validate(text | {"next": "Send `text`, with the hashtags, as `caption` to use it."})
