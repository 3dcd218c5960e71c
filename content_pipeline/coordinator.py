"""Interactive runs start at once, the rest queues."""

from uuid import UUID

import dagster as dg
from dagster._core.run_coordinator import QueuedRunCoordinator as DagsterQueuedRunCoordinator
from dagster._core.run_coordinator import SubmitRunContext
from dagster._core.run_coordinator.queued_run_coordinator import RunQueueConfig

from content_pipeline.core import runs, tasks, workspaces
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings

STARTED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]


class QueuedRunCoordinator(DagsterQueuedRunCoordinator):
    """Dagster's queue, with a door beside it for people who wait.

    A workspace may have as many interactive runs alive at once as its plan says; what is over that waits in
    the queue like everything else, so a flood from one does not fill the interactive workers.
    """

    def get_run_queue_config(self) -> RunQueueConfig:
        """Media runs of one workspace at once: about twice the slots, so that none idles between two dequeues
        and nobody waits behind another's hundred; fewer where the plan says so."""
        twice = 2 * settings().slots_media
        with transaction() as session:
            limits = [
                {
                    "key": runs.share_tag(plan.name),
                    "value": {"applyLimitPerUniqueValue": True},
                    "limit": min(plan.concurrent_runs, twice),
                }
                for plan in workspaces.plans(session)
            ]
        return super().get_run_queue_config()._replace(tag_concurrency_limits=limits)

    def submit_run(self, context: SubmitRunContext) -> dg.DagsterRun:
        run = context.dagster_run
        if run.status == dg.DagsterRunStatus.NOT_STARTED and self._may_start(run):
            return self._instance.launch_run(run.run_id, context.workspace)
        return super().submit_run(context)

    def _may_start(self, run: dg.DagsterRun) -> bool:
        if run.tags.get(runs.QUEUE_TAG) != "interactive" or runs.WORKSPACE_TAG not in run.tags:
            return False
        alive = dg.RunsFilter(
            statuses=STARTED,
            tags={runs.QUEUE_TAG: "interactive", runs.WORKSPACE_TAG: run.tags[runs.WORKSPACE_TAG]},
        )
        with transaction() as session:
            allowed = workspaces.plan_of(session, UUID(run.tags[runs.WORKSPACE_TAG])).interactive_runs
        return self._instance.get_runs_count(alive) < allowed

    def cancel_run(self, run_id: str) -> bool:
        """Called for every cancel, also an operator's in the UI: the task ends with its run."""
        run = self._instance.get_run_by_id(run_id)
        if run and runs.TASK_TAG in run.tags:
            with transaction() as session:
                task = session.get(Task, run.tags[runs.TASK_TAG])
                if task and task.state in tasks.OPEN:
                    tasks.cancel(session, task)
        return super().cancel_run(run_id)
