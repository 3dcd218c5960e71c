"""Registry of the kinds of task: plain data from which jobs, partition sets, API enums and retention derive.

A new kind is an entry here, its handlers in `core/operations/task_handlers.py`, and a module of assets that are
partitioned by its set.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes that of `typing` from Python 3.12 on only

from content_pipeline.core.settings import Lane


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task.

    `name` is its name in the API and in the tasks table. `job` names the Dagster job and the set of partition keys;
    None means that the task has no runs of its own: its child tasks do the work. `lane` is where its runs go, None
    where each row decides. `result` is the TypedDict of what a finished task answers. `is_billed`: its rows hold
    credits, which are released when a task ends without being done. `is_serial`: a workspace has one run of the kind
    at work at a time.
    """

    name: str
    job: str | None
    lane: Lane | None
    description: str
    result: type[Any]
    is_billed: bool = False
    is_serial: bool = False


Id = Annotated[str, Field(json_schema_extra={"format": "uuid"}, examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"])]
# Links are signed when the result is read.
Url = Annotated[str, Field(examples=["https://media.example.com/…"])]


class CaptionResult(TypedDict):
    caption_id: Id
    output_url: NotRequired[Annotated[Url | None, Field(description="Of the video, when `burn_in` was asked for")]]


CAPTION: Final = Kind(
    "caption",
    job="captions",
    lane=None,  # short recordings are interactive, long ones go to the media lane
    description="Transcribe a recording and make captions of its words.",
    result=CaptionResult,
)


class BurnInResult(TypedDict):
    output_url: Annotated[Url | None, Field(description="Of the video")]


BURN_IN: Final = Kind(
    "burn_in",
    job="burn_ins",
    lane=None,
    description="Draw captions into a video.",
    result=BurnInResult,
)


class ReelResult(TypedDict):
    result_url: Annotated[Url | None, Field(description="Of the video")]
    duration_seconds: Annotated[float, Field(examples=[14.2])]
    voice_id: Annotated[str | None, Field(description="The voice that spoke", examples=["hibari-heart"])]
    language: Annotated[str | None, Field(description="That it is spoken in", examples=["en"])]


REEL: Final = Kind(
    "reel",
    job="reels",
    lane="media",
    description="Speak a script and make a video of it.",
    result=ReelResult,
)


class AvatarResult(TypedDict):
    video_url: Url
    duration_seconds: Annotated[float, Field(examples=[12.0])]
    credits_billed: Annotated[int | None, Field(examples=[120])]


AVATAR: Final = Kind(
    "avatar",
    job="avatar_videos",
    lane=None,  # a local one is rendered in the media lane, one of HeyGen's is waited for in the io lane
    description="Make a video of an avatar that speaks a script.",
    result=AvatarResult,
    is_billed=True,
)


class BatchResult(TypedDict):
    batch_id: Id
    done: Annotated[int, Field(description="Reels that are done", examples=[49])]
    failed: Annotated[int, Field(description="Reels that failed or were canceled", examples=[1])]


BATCH: Final = Kind(
    "batch",
    job=None,
    lane=None,
    description="Make a reel of each row of a CSV.",
    result=BatchResult,
)


class VideoCopyResult(TypedDict):
    item_id: Id


VIDEO_COPY: Final = Kind(
    "video_copy",
    job="video_copies",
    lane="io",
    description="Copy the video of a calendar item from its URL, which may expire before its time.",
    result=VideoCopyResult,
)


class PublicationResult(TypedDict):
    """`post_id` and `post_url` are null until the platform returns them, which it may never do for a private post."""

    platform: Annotated[str, Field(examples=["instagram"])]
    account_id: Id
    post_id: Annotated[str | None, Field(examples=["17895695668004550"])]
    post_url: Annotated[str | None, Field(examples=["https://www.instagram.com/reel/DJ1aBcDeFgH/"])]


PUBLICATION: Final = Kind(
    "publication",
    job="publications",
    lane="io",  # its run mostly waits for the platform; captions should not queue behind that
    description="Publish a post on its platform, once.",
    result=PublicationResult,
)


class ExportResult(TypedDict):
    """`download_url` and `expires_at` are null once the file is a day old."""

    download_url: Url | None
    expires_at: Annotated[datetime | None, Field(description="When the link expires")]
    rows: Annotated[int, Field(examples=[30])]


EXPORT: Final = Kind(
    "export",
    job="analytics_exports",
    lane="io",
    description="Write the figures of a period into a file.",
    result=ExportResult,
    is_serial=True,
)


class WorkspaceExportResult(TypedDict):
    """`download_url` and `expires_at` are null once the file was deleted."""

    download_url: Url | None
    expires_at: Annotated[datetime | None, Field(description="When the link expires")]
    rows: Annotated[int, Field(examples=[1200])]
    files: Annotated[int, Field(examples=[85])]
    bytes: Annotated[int, Field(examples=[734003200])]


WORKSPACE_EXPORT: Final = Kind(
    "workspace_export",
    job="workspace_exports",
    lane="io",
    description="Write all that a workspace has into a ZIP file.",
    result=WorkspaceExportResult,
    is_serial=True,
)

KINDS: Final = {
    kind.name: kind
    for kind in (CAPTION, BURN_IN, REEL, AVATAR, BATCH, VIDEO_COPY, PUBLICATION, EXPORT, WORKSPACE_EXPORT)
}


def jobs() -> dict[str, str]:
    """The job of each kind that has runs, by the kind's name."""
    return {kind.name: kind.job for kind in KINDS.values() if kind.job}
