"""Interactive runs start at once, the rest queues."""

from typing import get_args
from uuid import UUID

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator as DagsterQueuedRunCoordinator
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.run_coordinator.queued_run_coordinator import RunQueueConfig

from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Conflict
from content_pipeline.core.models import Plan, Task
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.core.workspaces import workspaces

WITH_WORKERS = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


class QueuedRunCoordinator(DagsterQueuedRunCoordinator):
    """Dagster's queue, with a door beside it for people who wait.

    No lane is one workspace's: each may have only so many runs of a lane with the workers at once, and what is
    over that waits in the queue, however early it came.
    """

    def get_run_queue_config(self) -> RunQueueConfig:
        # In a transaction, whose connection is pinged first: each run asks as it begins, and one that got a connection
        # from before a restart of the database failed over it.
        with transaction() as session:
            limits = [
                {
                    "key": dagster_client.concurrency_tag(lane, plan.name),
                    "value": {"applyLimitPerUniqueValue": True},
                    "limit": _share(lane, plan),
                }
                for plan in workspaces.plans(session)
                for lane in get_args(Lane)
            ]
        return super().get_run_queue_config()._replace(tag_concurrency_limits=limits)

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        run = context.dagster_run
        if run.status == dg.DagsterRunStatus.NOT_STARTED and self._may_start_at_once(run):
            return self._instance.launch_run(run.run_id, context.workspace)
        return super().submit_run(context)

    def _may_start_at_once(self, run: dg.DagsterRun) -> bool:
        if run.tags.get(dagster_client.QUEUE_TAG) != "interactive" or dagster_client.WORKSPACE_TAG not in run.tags:
            return False
        workspace = run.tags[dagster_client.WORKSPACE_TAG]
        with transaction() as session:
            plan = workspaces.plan_of(session, UUID(workspace))
        alive = dg.RunsFilter(
            statuses=WITH_WORKERS, tags={dagster_client.concurrency_tag("interactive", plan.name): workspace}
        )
        return self._instance.get_runs_count(alive) < _share("interactive", plan)

    def cancel_run(self, run_id: str) -> bool:
        """Called for every cancel, also an operator's in the UI: the task ends with its latest run.

        False: it is publishing something, which cannot be called back, and goes on.
        """
        run = self._instance.get_run_by_id(run_id)
        try:
            if run and dagster_client.TASK_TAG in run.tags:
                _cancel_task(run.tags[dagster_client.TASK_TAG], run.tags[dagster_client.START_TAG])
        except Conflict:
            return False
        return super().cancel_run(run_id)


def _cancel_task(task_id: str, start: str) -> None:
    """End the task of this run, unless it goes on in another. Raises Conflict for one that is irrevocable."""
    with transaction() as session:
        task = session.get(Task, task_id)
        if task and task.state in tasks.OPEN and str(task.starts) == start:
            tasks.try_cancel(session, task)


def _share(lane: Lane, plan: Plan) -> int:
    """How many runs of a lane one workspace may have with the workers at once.

    Twice the slots where work is queued: fewer, and a slot idles between two dequeues; more, and others wait.
    """
    match lane:
        case "interactive":
            return plan.interactive_runs
        case "media":
            return min(plan.concurrent_runs, 2 * settings().slots_media)
        case "io":
            return 2 * settings().slots_io
