"""Runs of exports without Dagster."""

from uuid import uuid4

from content_pipeline.core.analytics import exports
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.core.tasks.run_context import RunContext


def run_export(task_id: str) -> None:
    """Do the work of an export's task, as its run does."""
    with transaction() as session:
        key = session.get_one(Task, task_id).key
        tasks.mark_processing(session, exports.KIND, key)
    leases.begin(run_id := str(uuid4()), "io@test")
    exports.write(RunContext(run_id, "io", task_id), key)
    leases.end(run_id)
