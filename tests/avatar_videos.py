"""Avatar videos for tests: requested, worked on as a worker does, and looked at."""

from collections.abc import Sequence
from uuid import UUID

import dagster as dg

from content_pipeline.core.avatars import avatar_videos, polling
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media.glossary import GlossaryEntry
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.tasks import tasks
from tests.asset_runs import execute_job, execute_task
from tests.factories import make_twin

SCRIPT = "Hello! I am your AI twin."


def request(workspace_id: UUID, glossary: Sequence[GlossaryEntry] = (), **fields: object) -> Task:
    """An accepted request, of a twin with this glossary."""
    with transaction() as session:
        twin = make_twin(session, workspace_id, glossary=tuple(glossary))
        video = avatar_videos.create(session, twin, AvatarSpec(**{"script": SCRIPT} | fields))  # type: ignore[arg-type]
        return avatar_videos.create_task(session, video)


def work(task: Task) -> dg.ExecuteInProcessResult:
    """The next run of a task, as a worker executes it."""
    return execute_task(newest(task))


def execute(partition_key: str) -> dg.ExecuteInProcessResult:
    """A run without a task: a re-run."""
    return execute_job("avatar", partition_key, lane="io")


def poll() -> list[Task]:
    """A tick of the sensor: the tasks that it starts."""
    with transaction() as session:
        due = polling.claim_due(session, most=1000)
    return polling.poll(due)


def newest(task: Task) -> Task:
    with transaction() as session:
        return tasks.newest(session, avatar_videos.KIND, task.key)


def video_of(task: Task) -> AvatarVideo:
    with transaction() as session:
        return session.get_one(AvatarVideo, UUID(task.key))
