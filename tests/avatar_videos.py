"""Avatar videos for tests: requested, worked on as a worker does, and looked at."""

from uuid import UUID, uuid4

import dagster as dg

from content_pipeline.core.avatars import avatar_videos, polling
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.database import transaction
from content_pipeline.core.models import AvatarVideo, Task
from content_pipeline.core.tasks import executions, tasks
from content_pipeline.definitions import definitions
from tests.factories import make_twin

SCRIPT = "Hello! I am your AI twin. Let us create something amazing together."


def request(workspace_id: UUID, **fields: object) -> Task:
    """An accepted request."""
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        video = avatar_videos.create(session, twin, AvatarSpec(**{"script": SCRIPT} | fields))  # type: ignore[arg-type]
        return avatar_videos.create_task(session, video)


def work(task: Task) -> dg.ExecuteInProcessResult:
    """The next run of a task, as a worker executes it."""
    task = newest(task)
    tags = {"task_id": task.id, "task_start": str(task.starts), "dagster-celery/queue": str(task.lane)}
    return execute(task.key, task.partition_key, tags)


def execute(row_id: str, partition_key: str, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
    """A run of the job for a row."""
    executions.begin(run_id := str(uuid4()), "io@test")
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("avatar_videos", [partition_key])
        result = definitions.resolve_job_def("avatar_videos").execute_in_process(
            run_id=run_id, partition_key=partition_key, tags=tags, instance=instance, raise_on_error=False
        )
        executions.end(run_id)
        return result


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
