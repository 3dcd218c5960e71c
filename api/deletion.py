"""Post-commit step of deletions: deletes the files, then ends the runs."""

from fastapi import BackgroundTasks

from api.background_tasks import cancel_runs
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.operations.maintenance.deletion import Deleted


def finish_deletion(deleted: Deleted, background: BackgroundTasks) -> None:
    """Delete the files now, so that no link works when the client has its answer; end the runs after the answer."""
    deletion.delete_files(deleted)
    background.add_task(cancel_runs, *deleted.canceled)
