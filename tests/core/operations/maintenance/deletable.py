"""What a client can delete, as its runs leave it."""

import io
from uuid import UUID

from content_pipeline.core.bulk import batches
from content_pipeline.core.bulk.csv_rows import VideoRow
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import (
    Batch,
    Reel,
    Task,
)
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.tasks import tasks
from tests.factories import make_twin

SCRIPT_TEXT = "Bread needs time."


def store(*keys: str) -> None:
    for key in keys:
        storage.put(key, io.BytesIO(b"some bytes"), content_type="video/mp4")


def finish(task: Task) -> None:
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        tasks.finish(session, task.id)


def rendered_reel(workspace_id: UUID) -> Reel:
    """A finished reel with its narration and its video in the bucket."""
    with transaction() as session:
        spec = ReelSpec(script=SCRIPT_TEXT, platform="youtube", voice_id="en-US")
        reel = reels.create(session, make_twin(session, workspace_id), spec)
        reel.output_key, reel.narration_key = (reels.object_key(reel, name) for name in ("reel.mp4", "narration.wav"))
        task = reels.create_task(session, reel)
    store(reels.object_key(reel, "reel.mp4"), reels.object_key(reel, "narration.wav"))
    finish(task)
    return reel


def a_batch(workspace_id: UUID, rows: int) -> tuple[Batch, list[Task]]:
    """A batch whose videos are queued, and their tasks."""
    made = [VideoRow(row=row, script=f"Tip {row}.", platform="youtube", voice_id="en-US") for row in range(1, rows + 1)]
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        batch, _, children = batches.create_with_tasks(
            session, workspace_id=workspace_id, twin=twin, platform="youtube", rows=made
        )
    return batch, children
