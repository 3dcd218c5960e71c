"""Maximum runtime of runs: one that takes longer is fenced off, and its task ends as `max_runtime_exceeded`.

The run's own process does this, in our database: it needs neither Dagster's daemon nor its database.
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Error
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import leases, tasks

# The errors of runs of this process, by run id.
_errors: Final[dict[str, Error]] = {}


def end(run_id: str, lane: Lane) -> None:
    """Fence off a run of this process that has taken too long, and end the task that it works on.

    Does nothing to a run that is fenced off already.
    """
    with transaction() as session:
        # The run is fenced off first, as for a cancel: what it has committed before is seen, and it commits nothing
        # more.
        stopped = leases.stop_begun(session, run_id)
        if stopped is None:
            return
        error = _errors[run_id] = _exceeded(lane)
        (subject,) = stopped
        if subject and (task_id := _task_at_work(session, subject)):
            tasks.fail(session, task_id, error)


def error_of(run_id: str) -> Error | None:
    """The error with which `end` has ended a run of this process."""
    return _errors.pop(run_id, None)


def _task_at_work(session: Session, subject: str) -> str | None:
    """The id of the task whose run has claimed this subject; None for a run without one, or one that is to wait."""
    kind, _, key = subject.partition(":")
    query = select(Task.id).where(Task.subject_kind == kind, Task.subject_key == key, Task.state == "processing")
    return session.scalars(query).one_or_none()


def _exceeded(lane: Lane) -> Error:
    minutes = settings().max_runtime_seconds(lane) / 60
    return Error(
        f"A run of the lane {lane} may take {minutes:g} minutes, and took longer.",
        code="max_runtime_exceeded",
        remedy=f"Send shorter media, or ask the operator to raise CONTENT_PIPELINE_MAX_RUNTIME_{lane.upper()}.",
    )
