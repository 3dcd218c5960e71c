"""Registry of the kinds of task: plain data from which jobs, partition sets, API enums and retention derive.

A new kind is an entry here, its handlers in `core/handlers.py`, and a module of assets that are partitioned by its set.
"""

from dataclasses import dataclass
from typing import Final

from content_pipeline.core.settings import Lane


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task.

    `name` is its name in the API and in the tasks table. `job` names the Dagster job and the set of partition keys;
    None means that the task has no runs of its own: its child tasks do the work. `lane` is where its runs go, None
    where each row decides. `result` describes for the API what the result of a finished task holds. `is_billed`: its
    rows hold credits, which are released when a task ends without being done.
    """

    name: str
    job: str | None
    lane: Lane | None
    description: str
    result: str
    is_billed: bool = False


CAPTION: Final = Kind(
    "caption",
    job="captions",
    lane=None,  # short recordings are interactive, long ones go to the media lane
    description="Transcribe a recording and make captions of its words.",
    result="`caption_id`, and `output_url` of the video when `burn_in` was asked for",
)
BURN_IN: Final = Kind(
    "burn_in",
    job="burn_ins",
    lane=None,
    description="Draw captions into a video.",
    result="`output_url`",
)
REEL: Final = Kind(
    "reel",
    job="reels",
    lane="media",
    description="Speak a script and make a video of it.",
    result="`result_url`, `duration_seconds`, and the `voice_id` and `language` that it is spoken in",
)
AVATAR: Final = Kind(
    "avatar",
    job="avatar_videos",
    lane=None,  # a local one is rendered in the media lane, one of HeyGen's is waited for in the io lane
    description="Make a video of an avatar that speaks a script.",
    result="`video_url`, `duration_seconds` and `credits_billed`",
    is_billed=True,
)
BATCH: Final = Kind(
    "batch",
    job=None,
    lane=None,
    description="Make a reel of each row of a CSV.",
    result="`batch_id`, and how many reels are `done` and how many `failed`",
)
VIDEO_COPY: Final = Kind(
    "video_copy",
    job="video_copies",
    lane="io",
    description="Copy the video of a calendar item from its URL, which may expire before its time.",
    result="`item_id`",
)
PUBLICATION: Final = Kind(
    "publication",
    job="publications",
    lane="io",  # its run mostly waits for the platform; captions should not queue behind that
    description="Publish a post on its platform, once.",
    result="`platform`, `account_id`, `post_id`, `post_url` (the last two may be null)",
)
EXPORT: Final = Kind(
    "export",
    job="analytics_exports",
    lane="io",
    description="Write the figures of a period into a file.",
    result="`download_url` and `expires_at` (null once the file is a day old), and how many `rows` it has",
)

WORKSPACE_EXPORT: Final = Kind(
    "workspace_export",
    job="workspace_exports",
    lane="io",
    description="Write all that a workspace has into a ZIP file.",
    result="`download_url` and `expires_at` (null once the file was deleted), how many `rows` and `files` it has, and "
    "its `bytes`",
)

KINDS: Final = {
    kind.name: kind
    for kind in (CAPTION, BURN_IN, REEL, AVATAR, BATCH, VIDEO_COPY, PUBLICATION, EXPORT, WORKSPACE_EXPORT)
}


def jobs() -> dict[str, str]:
    """The job of each kind that has runs, by the kind's name."""
    return {kind.name: kind.job for kind in KINDS.values() if kind.job}
