"""Celery app of the workers: executes Dagster runs with a heartbeat, and requeues them at shutdown.

    celery -A content_pipeline.engine.worker worker -Q interactive -n interactive@%h

On SIGTERM a worker requeues the tasks of its runs, interrupts the runs, and exits when they have ended; Celery's warm
shutdown alone would wait for them without a limit.
"""

import os
import signal
from functools import cache, partial
from typing import Any, Final

import dagster as dg
import structlog
from celery import Celery, signals
from dagster._cli.api import _execute_run_command_body  # dagster-celery's own worker calls it; pinned with it

from content_pipeline.core.infrastructure import database, logs, process_memory, tracing
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import deferral, leases, max_runtime, scratch
from content_pipeline.core.tasks.leases import Begin, Heartbeat
from content_pipeline.engine import dagster_storage, idle
from content_pipeline.engine.launcher import EXECUTE, CeleryRunLauncher
from content_pipeline.engine.memory_limit import limit_memory
from content_pipeline.engine.preloading import preload

logs.configure()
log = structlog.get_logger()

# Workers of this lane import these modules at their start, because people wait for its runs.
_IMPORTED: Final[dict[Lane | None, tuple[str, ...]]] = {"interactive": ("faster_whisper",)}

# Renders, and what waits for platforms and copies files, yield the CPU to the API and to people who wait. Beside 20
# calendar items a second, whose videos are copied, reads took 2.9 times as long with 2 for `io`, and take 1.3 times
# (bench noisy-neighbor).
_NICENESS: Final[dict[Lane | None, int]] = {"media": 5, "io": 5}


@cache
def _instance() -> dg.DagsterInstance:
    """This process's Dagster instance."""
    instance = dg.DagsterInstance.get()
    assert isinstance(instance.run_launcher, CeleryRunLauncher)
    return instance


def _make_app() -> Celery:
    with dg.DagsterInstance.get() as instance:
        assert isinstance(instance.run_launcher, CeleryRunLauncher)
        return instance.run_launcher.celery


app = _make_app()


@app.task(name=EXECUTE, bind=True)
def execute_run(self: Any, run_id: str) -> None:
    """Execute one run in this process, unless an earlier message has begun it."""
    # Around all of it: of 2,888 idle timers that closed the pooled connections while `begin` ran, one made it fail, and
    # the run waited for its message to be sent again.
    with idle.paused():
        begin = leases.begin(run_id, worker=self.request.hostname)
        if begin is Begin.BEGUN:
            _execute(run_id)
        elif begin is Begin.CANCELED:
            _report_canceled(run_id)


def _execute(run_id: str) -> None:
    # Celery's pool processes ignore SIGINT outside of a run, as needed here: only while Dagster handles it does the
    # heartbeat's interrupt end the run in order. Elsewhere it could leave the heartbeat thread running, which would
    # interrupt the next run.
    before = signal.getsignal(signal.SIGTERM)
    try:
        lane = settings().lane or "media"
        heartbeat = Heartbeat(
            run_id,
            max_seconds=settings().max_runtime_seconds(lane),
            on_overdue=partial(max_runtime.end, run_id, lane),
        )
        with heartbeat:
            _execute_run_command_body(
                instance=_instance(), run_id=run_id, write_stream_fn=lambda _: None, set_exit_code_on_failure=False
            )
    finally:
        signal.signal(signal.SIGTERM, before)  # Dagster sets it to what it found for SIGINT: ignored
        leases.end(run_id)


def _report_canceled(run_id: str) -> None:
    run = _instance().get_run_by_id(run_id)
    if run and not run.is_finished:
        _instance().report_run_canceled(run, "Canceled before it began.")


@signals.worker_init.connect
def _preload(**_: Any) -> None:
    """Load before the fork what all pool processes need, so that they share its memory."""
    _instance()
    preload(_IMPORTED.get(settings().lane, ()))


@signals.worker_process_init.connect
def _begin_to_wait(**_: Any) -> None:
    """Give each pool process a limit of memory, and its own connections after the fork."""
    limit_memory(settings().worker_memory_mb)
    database.discard_engines()
    dagster_storage.discard_connections(_instance())
    os.nice(_NICENESS.get(settings().lane, 0))
    tracing.configure(f"worker-{settings().lane}")
    process_memory.call_when_idle(database.dispose_engines)
    process_memory.call_when_idle(lambda: dagster_storage.close_idle_connections(_instance()))
    idle.begin()


@signals.worker_process_shutdown.connect
def _send_last_spans(**_: Any) -> None:
    """A pool process ends without Python's own exit handlers."""
    tracing.shutdown()


@signals.worker_ready.connect
def _sweep_scratch(**_: Any) -> None:
    """Remove the scratch folders of runs that were killed on this machine."""
    found = scratch.run_ids()
    with database.transaction() as session:
        alive = leases.live_runs(session, found) if found else set()
    scratch.sweep([run_id for run_id in found if run_id not in alive])


@signals.worker_shutting_down.connect
def _requeue_on_shutdown(sender: str, **_: Any) -> None:
    """Fence the worker's runs off, in its parent process: their next heartbeat interrupts them."""
    with database.transaction() as session:
        subjects = leases.stop_worker(session, sender)
        deferral.requeue(session, subjects)
    log.info("tasks_requeued", worker=sender, tasks=len(subjects), home=str(settings().home))
