"""Run launcher: executes each run as a Celery task in a warm worker; cancels and health checks use `leases`.

dagster-celery's launcher revokes without reporting the cancel first (the run ends FAILURE and is retried), and reads
Celery's results to check a worker (they say STARTED forever when a host is gone). Here the executions table serves
both, so there is no result backend, and a message holds only the run's id.
"""

from typing import Final

import dagster as dg
import dagster_celery.launcher
from dagster._core.launcher import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from kombu.exceptions import OperationalError

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import dagster_client, leases

EXECUTE: Final = "execute_run"
# A broker that restarts is back in a few seconds; after that the sensor sends the message again (sensors/tasks.py).
PUBLISH_RETRY: Final = {"max_retries": 5, "interval_start": 0.1, "interval_step": 0.3, "interval_max": 1.0}


class CeleryRunLauncher(dagster_celery.launcher.CeleryRunLauncher):
    def launch_run(self, context: LaunchRunContext) -> None:
        self.send(context.dagster_run)

    def send(self, run: dg.DagsterRun) -> None:
        """Send the run to its queue; sending it twice is harmless (leases.begin).

        When the broker does not answer, the run stays STARTING and is sent again later.
        """
        queue = run.tags.get(dagster_client.QUEUE_TAG) or self.default_queue
        try:
            # Only `queue` is given, because the queue that Celery declares has no binding for dagster-celery's routing
            # key.
            self.celery.send_task(
                EXECUTE, args=[run.run_id], queue=queue, retry=True, retry_policy=PUBLISH_RETRY, ignore_result=True
            )
        except OperationalError:
            self._instance.report_engine_event("The broker does not answer; the run will be sent again.", run)
            return
        self._instance.report_engine_event(f"Sent to the {queue} workers.", run)

    def terminate(self, run_id: str) -> bool:
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        self._instance.report_run_canceling(run)
        with transaction() as session:
            begun = leases.stop(session, run_id)
        if not begun:
            self._instance.report_run_canceled(run)
        return True

    @property
    def supports_resume_run(self) -> bool:
        return False

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        if leases.mark_if_dead(run.run_id):
            return CheckRunHealthResult(
                WorkerStatus.FAILED, f"Its worker has sent no heartbeat for {leases.DEAD_SECONDS:.0f} s."
            )
        return CheckRunHealthResult(WorkerStatus.RUNNING)

    def get_run_worker_debug_info(self, run: dg.DagsterRun, include_container_logs: bool | None = True) -> str | None:
        return None
