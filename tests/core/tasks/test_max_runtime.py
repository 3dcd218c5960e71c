"""The longest time of a run: who ends what, by our own database alone."""

import signal
import subprocess
import sys
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import cancellation, deferral, leases, max_runtime, tasks
from content_pipeline.core.tasks.leases import Stopped


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


def begin(task: Task) -> str:
    """A run that works on the task. Returns its id."""
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    leases.claim(run_id, f"caption:{task.key}")
    with leases.fenced(run_id) as session:
        tasks.mark_processing(session, "caption", task.key)
    return run_id


def read(task: Task) -> Task:
    with transaction() as session:
        return session.get_one(Task, task.id)


def test_a_run_that_takes_too_long_is_fenced_off_and_its_task_ends(task: Task) -> None:
    run_id = begin(task)
    max_runtime.end(run_id, "media")
    error = read(task).error or {}
    assert (read(task).state, error["code"]) == ("error", "max_runtime_exceeded")
    assert "360 minutes" in error["message"]
    assert "CONTENT_PIPELINE_MAX_RUNTIME_MEDIA" in error["remedy"]
    with pytest.raises(Stopped), leases.fenced(run_id):
        pass
    kept = max_runtime.error_of(run_id)
    assert kept
    assert kept.code == "max_runtime_exceeded"


def test_a_post_that_may_be_out_ends_unconfirmed(task: Task) -> None:
    run_id = begin(task)
    with leases.fenced(run_id) as session:
        tasks.set_irrevocable(session, task.id, irrevocable=True)
    max_runtime.end(run_id, "io")
    assert (read(task).error or {})["code"] == "unconfirmed"


def test_a_task_that_the_run_has_put_off_meanwhile_goes_on(task: Task) -> None:
    run_id = begin(task)
    with leases.fenced(run_id) as session:
        deferral.defer(session, task.id, not_before=now(), attempt=1, lane="media")
    max_runtime.end(run_id, "media")
    assert read(task).state == "waiting"


def test_a_run_that_was_canceled_meanwhile_has_no_other_end(task: Task) -> None:
    run_id = begin(task)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    max_runtime.end(run_id, "media")
    assert read(task).state == "canceled"
    assert max_runtime.error_of(run_id) is None


def test_a_run_without_a_task_is_fenced_off_too(database: None) -> None:
    run_id = str(uuid4())
    leases.begin(run_id, "io@test")
    max_runtime.end(run_id, "io")
    assert max_runtime.error_of(run_id)
    with transaction() as session:
        assert leases.live_runs(session, [run_id]) == set()


# This program behaves like a library that hangs in C: SIGINT never arrives. It has no Dagster to ask.
HANGS = """
import signal, sys, time
from functools import partial
from content_pipeline.core.tasks import leases, max_runtime
leases.OVERDUE_SECONDS = 1.0
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
run_id = sys.argv[1]
with leases.Heartbeat(run_id, max_seconds=0, on_overdue=partial(max_runtime.end, run_id, "media")):
    time.sleep(600)
"""


@pytest.mark.slow
def test_a_process_that_nothing_interrupts_is_killed_when_its_task_has_ended(task: Task) -> None:
    run_id = begin(task)
    ended = subprocess.run([sys.executable, "-c", HANGS, run_id], timeout=120, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (read(task).error or {})["code"] == "max_runtime_exceeded"
