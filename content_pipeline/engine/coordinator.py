"""Run coordinator: launches interactive runs at once, queues the rest, and limits the shares of a lane.

Each workspace has a share of a lane, and back-fills have one; of exports it has one run at work at a time. Runs of
operators get their lane here.
"""

from typing import Any, get_args

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator as DagsterQueuedRunCoordinator
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.run_coordinator.queued_run_coordinator import RunQueueConfig

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Plan, Task
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import cancellation, dagster_client, tasks
from content_pipeline.core.tasks.kinds import KINDS
from content_pipeline.core.workspaces import workspaces
from content_pipeline.engine import operator_runs

LAUNCHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


class QueuedRunCoordinator(DagsterQueuedRunCoordinator):
    """Dagster's queued coordinator, which interactive runs bypass.

    Each workspace may have a limited number of runs per lane launched at once; the rest wait in the queue, so that
    one workspace cannot occupy a lane (bench/fairness.py).
    """

    def get_run_queue_config(self) -> RunQueueConfig:
        # In a transaction, whose connection is checked first: a pooled one from before a restart of the database would
        # fail the daemon's look at the queue, or a worker's first run.
        with transaction() as session:
            shares = [_share_limit(lane, plan) for plan in workspaces.plans(session) for lane in get_args(Lane)]
        serial = [_limit(dagster_client.serial_tag(kind.name), 1) for kind in KINDS.values() if kind.is_serial]
        limits = [*shares, *serial, *map(_back_fill_limit, get_args(Lane))]
        return super().get_run_queue_config()._replace(tag_concurrency_limits=limits)

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        run = context.dagster_run
        if run.status != dg.DagsterRunStatus.NOT_STARTED:
            return super().submit_run(context)
        added = operator_runs.missing_tags(self._instance, run, context.workspace)
        if added := added | dagster_client.retry_tags({**run.tags, **added}):
            self._instance.add_run_tags(run.run_id, added)
            run = run.with_tags({**run.tags, **added})
        if self._may_bypass_queue(run):
            return self._instance.launch_run(run.run_id, context.workspace)
        return super().submit_run(context)

    def _may_bypass_queue(self, run: dg.DagsterRun) -> bool:
        if run.tags.get(dagster_client.QUEUE_TAG) != "interactive":
            return False
        with transaction() as session:
            shares = {
                dagster_client.concurrency_tag("interactive", plan.name): plan for plan in workspaces.plans(session)
            }
        share = next((key for key in shares if key in run.tags), None)
        if share is None:
            return False
        alive = dg.RunsFilter(statuses=LAUNCHED, tags={share: run.tags[share]})
        return self._instance.get_runs_count(alive) < _share("interactive", shares[share])

    def cancel_run(self, run_id: str) -> bool:
        """Cancel a run, and its task when this is the task's latest run; also called for cancels in the UI.

        False when the run is publishing, which cannot be undone; it goes on.
        """
        run = self._instance.get_run_by_id(run_id)
        try:
            if run and (task_id := run.tags.get(dagster_client.TASK_TAG)):
                _cancel_task(task_id, run.tags.get(dagster_client.START_TAG))
        except Conflict:
            return False
        return super().cancel_run(run_id)


def _cancel_task(task_id: str, start: str | None) -> None:
    """Cancel the task unless a later run has taken it over. Raises Conflict when it is irrevocable."""
    with transaction() as session:
        task = session.get(Task, task_id)
        if task and task.state in tasks.OPEN and str(task.starts) == start:
            cancellation.try_cancel(session, task)


def _share_limit(lane: Lane, plan: Plan) -> dict[str, Any]:
    """The limit of a workspace's runs in a lane."""
    return _limit(dagster_client.concurrency_tag(lane, plan.name), _share(lane, plan))


def _limit(key: str, runs: int) -> dict[str, Any]:
    """The limit of a workspace's runs with this tag, whose value is the workspace."""
    return {"key": key, "value": {"applyLimitPerUniqueValue": True}, "limit": runs}


def _back_fill_limit(lane: Lane) -> dict[str, Any]:
    """At most half of a lane's slots, so that other work of it never waits for all of them."""
    return {"key": dagster_client.BACK_FILL_TAG, "value": lane, "limit": max(_slots(lane) // 2, 1)}


def _slots(lane: Lane) -> int:
    """The slots of a lane on all hosts."""
    configured = settings()
    return configured.slots(lane) + (configured.slots_media_elsewhere if lane == "media" else 0)


def _share(lane: Lane, plan: Plan) -> int:
    """How many launched runs of a lane one workspace may have.

    Twice the slots in queued lanes: with fewer a slot idles between two dequeues, with more other workspaces wait.
    """
    match lane:
        case "interactive":
            return plan.interactive_runs
        case "media":
            return min(plan.concurrent_runs, 2 * _slots(lane))
        case "io":
            return 2 * _slots(lane)
