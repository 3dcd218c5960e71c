"""Runs that operators launch, on Dagster's pages or by back-fills: their lane and tags, and the task that they repair.

A run of a task has its tags when it is launched. One of an operator is given them when it is submitted
(coordinator.py), and those of its task when it takes one (step.py).
"""

from datetime import UTC, datetime
from typing import Final

import dagster as dg
from dagster._core.workspace.context import BaseWorkspaceRequestContext
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure import clock
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.operations import operator_tasks
from content_pipeline.core.settings import Lane
from content_pipeline.core.tasks import dagster_client, kinds, leases, tasks
from content_pipeline.core.tasks.leases import Stopped
from content_pipeline.core.tasks.partition_keys import row_id

# Dagster's tags of a run that was made from another one: by run retries, or by a person on its pages.
_PARENT_TAG: Final = "dagster/parent_run_id"
_BACK_FILL_TAG: Final = "dagster/backfill"
# This lane takes runs that do not work on the rows of tasks: webhook events, the platforms' figures.
_OTHER_WORK: Final[Lane] = "io"


def launched_at(run: dg.DagsterRun) -> datetime | None:
    """When an operator launched the run, or the one that it repeats; None for a run that was launched for a task."""
    stamp = run.tags.get(dagster_client.OPERATOR_TAG)
    return datetime.fromisoformat(stamp) if stamp else None


def _is_for_no_task(run: dg.DagsterRun) -> bool:
    """Whether the run was launched for no task; by hand from a run of one is for none, too."""
    is_by_hand = _PARENT_TAG in run.tags and dagster_client.RETRY_TAG not in run.tags
    return is_by_hand or dagster_client.TASK_TAG not in run.tags


# ── when a run is submitted ──────────────────────────────────────────────────────────────────────────────


def missing_tags(
    instance: dg.DagsterInstance, run: dg.DagsterRun, workspace: BaseWorkspaceRequestContext
) -> dict[str, str]:
    """The tags to add to a run when it is submitted; none for the run of a task."""
    is_new = dagster_client.RETRY_TAG not in run.tags and _is_for_no_task(run)
    has_lane = dagster_client.QUEUE_TAG in run.tags
    if has_lane and not is_new:
        return {}
    kind = _kind(run, workspace)
    added = {} if has_lane else _lane_tags(run, kind)
    if kind and is_new:
        added[dagster_client.OPERATOR_TAG] = _launch_time(instance, run).isoformat()
    return added


def _launch_time(instance: dg.DagsterInstance, run: dg.DagsterRun) -> datetime:
    """When the operator launched the run, or its back-fill, whose runs are submitted for minutes."""
    back_fill = instance.get_backfill(run.tags[_BACK_FILL_TAG]) if _BACK_FILL_TAG in run.tags else None
    return datetime.fromtimestamp(back_fill.backfill_timestamp, UTC) + clock.offset() if back_fill else clock.now()


def _kind(run: dg.DagsterRun, workspace: BaseWorkspaceRequestContext) -> kinds.Kind | None:
    """The kind of task whose rows the run works on, by its job or the jobs of the assets that it selects."""
    kind_of = {kind.job: kind for kind in kinds.KINDS.values() if kind.job}
    if run.job_name in kind_of:
        return kind_of[run.job_name]
    selected = run.asset_selection or {check.asset_key for check in run.asset_check_selection or ()}
    found = (kind_of.get(job) for key in selected for job in workspace.asset_graph.get(key).job_names)
    return next((kind for kind in found if kind), None)


def _lane_tags(run: dg.DagsterRun, kind: kinds.Kind | None) -> dict[str, str]:
    """The tags of a run's lane, and of its row where it works on one; what the operator has given stays."""
    with transaction() as session:
        key = row_id(run.tags[dagster_client.PARTITION_TAG]) if dagster_client.PARTITION_TAG in run.tags else ""
        task = tasks.newest_for_row(session, kind.name, key) if kind else None
        lane = _lane(kind, task) if kind else _OTHER_WORK
        if _BACK_FILL_TAG in run.tags:
            lane = dagster_client.back_fill_lane(lane)
            tags = dagster_client.back_fill_tags(lane)
        else:
            tags = dagster_client.lane_tags(lane, is_single=True)
        if kind and task:
            tags |= dagster_client.row_tags(session, task.workspace_id, kind.name, key, lane)
    return {name: tag for name, tag in tags.items() if name not in run.tags}


def _lane(kind: kinds.Kind, task: Task | None) -> Lane:
    """The lane of a kind; where each row decides, that of the row's newest task."""
    return kind.lane or (task.lane if task else None) or "media"


# ── when it has claimed its row ──────────────────────────────────────────────────────────────────────────


def take_task(instance: dg.DagsterInstance, run: dg.DagsterRun, kind: str, key: str, launched: datetime) -> Task | None:
    """The task that a run works for from here on: the open one of its row, or a retry of one that failed.

    None where the last one is done: then the run makes its output again. Raises Stopped when the task was canceled
    after the run was `launched`, and as `operator_tasks.enter_retry` does.
    """
    operator_tasks.enter_retry(kind, key, launched, in_back_fill=dagster_client.BACK_FILL_TAG in run.tags)
    with leases.fenced(run.run_id) as session:
        task = tasks.mark_processing(session, kind, key)
        if task is None and is_canceled(session, kind, key, since=launched):
            raise Stopped(run.run_id)
    if task:
        # With these tags the run ends with its task, and a cancel of the task finds it.
        instance.add_run_tags(run.run_id, dagster_client.task_tags(task))
    return task


def is_canceled(session: Session, kind: str, key: str, *, since: datetime) -> bool:
    """Whether the newest task of a row was canceled after this moment, and not retried."""
    task = tasks.newest_for_row(session, kind, key)
    return (
        task is not None
        and operator_tasks.is_canceled_since(task, since)
        and tasks.newest(session, task.kind, task.key).id == task.id
    )
