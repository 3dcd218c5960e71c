"""The reconciliation sensor: its action for open tasks without a live run."""

from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy import text

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import leases, tasks
from content_pipeline.sensors.tasks import (
    LIVE,
    MAX_STARTS,
    REASON_TAG,
    WILL_RETRY_TAG,
    RunState,
    choose_action,
    claim_unattended,
    classify_run,
    fail_stranded,
)

Status = dg.DagsterRunStatus


def task(state: str, starts: int = 1, waits: int = 0) -> Task:
    return Task(id="t", state=state, starts=starts, waits=waits)


def run(status: Status, will_retry: str | None = None, reason: str = "UNKNOWN") -> dg.DagsterRun:
    tags = {} if will_retry is None else {WILL_RETRY_TAG: will_retry}
    return dg.DagsterRun(job_name="captions", status=status, tags={REASON_TAG: reason, **tags})


@pytest.mark.parametrize("state", ["queued", "waiting", "processing"])
def test_a_task_without_any_run_is_started(state: str) -> None:
    assert choose_action(task(state), None) == "start"


def test_a_task_with_a_live_run_needs_no_action() -> None:
    assert choose_action(task("processing"), "live") == "none"


def test_a_lost_run_without_retries_left_fails_its_task() -> None:
    assert choose_action(task("processing"), "lost") == "fail"


def test_a_task_that_was_requeued_or_interrupted_is_started() -> None:
    assert choose_action(task("waiting"), "ended") == "start"
    assert choose_action(task("processing"), "ended") == "start"


def test_a_run_that_failed_before_a_worker_took_it_is_replaced() -> None:
    assert choose_action(task("queued"), "lost") == "start"


def test_a_task_caught_in_a_loop_fails() -> None:
    assert choose_action(task("waiting", starts=MAX_STARTS), "ended") == "fail"


def test_waits_for_a_platform_do_not_count_as_starts() -> None:
    assert choose_action(task("waiting", starts=MAX_STARTS, waits=1), "ended") == "start"


# Dagster cannot create a queued run without its code location.
@pytest.mark.parametrize("status", [status for status in LIVE if status is not Status.QUEUED])
def test_an_unfinished_run_is_live(status: Status) -> None:
    assert classify_run(run(status), 0) == "live"


@pytest.mark.parametrize("status", [Status.CANCELED, Status.SUCCESS])
def test_a_run_that_ended_without_failing_is_ended(status: Status) -> None:
    assert classify_run(run(status), 0) == "ended"


@pytest.mark.parametrize(
    ("will_retry", "seconds", "expected"),
    [
        ("true", 1, "live"),
        ("true", 3600, "ended"),  # the daemon was down meanwhile; its retry would be superseded
        (None, 1, "live"),  # Dagster sets the tag a moment after it fails the run
        (None, 3600, "ended"),
        ("false", 1, "lost"),
    ],
)
def test_a_failed_run_is_live_as_long_as_dagster_may_retry_it(
    will_retry: str | None, seconds: float, expected: RunState
) -> None:
    assert classify_run(run(Status.FAILURE, will_retry), seconds) == expected


def test_a_step_that_failed_without_ending_its_task_is_not_a_lost_run() -> None:
    assert classify_run(run(Status.FAILURE, "false", reason="STEP_FAILURE"), 1) == "ended"


@pytest.fixture
def due_task(workspace_id: UUID) -> Task:
    """A task in processing, without a run in Dagster."""
    with transaction() as session:
        key = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media").key
        due_task = tasks.mark_processing(session, "caption", key)
    assert due_task
    return due_task


def keys_to_start(due_task: Task) -> list[str]:
    with dg.DagsterInstance.ephemeral() as instance:
        return [task.subject_key for task in claim_unattended(instance, set()) if task.id == due_task.id]


def test_a_task_without_a_claim_gets_a_run(due_task: Task) -> None:
    assert keys_to_start(due_task) == [due_task.key]


@pytest.mark.slow
def test_a_task_claimed_by_a_run_without_its_tags_gets_none(due_task: Task) -> None:
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    assert leases.claim(run_id, tasks.subject("caption", due_task.key))
    assert keys_to_start(due_task) == []


def status_after_tick(instance: dg.DagsterInstance, status: Status, *, silent: bool) -> Status:
    """The status, after `fail_stranded`, of a run that a worker has begun."""
    run_id = str(uuid4())
    instance.add_run(dg.DagsterRun(job_name="captions", run_id=run_id, status=status))
    leases.begin(run_id, "media@test")
    with transaction() as session:
        silence = "update executions set beat_at = beat_at - interval '1 minute' where run_id = :run and :silent"
        session.execute(text(silence), {"run": run_id, "silent": silent})
    fail_stranded(instance, instance.get_run_records(dg.RunsFilter(run_ids=[run_id])))
    failed = instance.get_run_by_id(run_id)
    assert failed
    return failed.status


@pytest.mark.usefixtures("database")
def test_a_run_whose_worker_died_before_its_first_event_is_failed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert status_after_tick(instance, Status.STARTING, silent=True) is Status.FAILURE
        assert status_after_tick(instance, Status.STARTING, silent=False) is Status.STARTING
