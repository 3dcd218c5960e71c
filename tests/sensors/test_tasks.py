"""The reconciliation sensor: its action for open tasks without a live run."""

from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy import text

from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import executions, tasks
from content_pipeline.sensors.tasks import (
    LIVE,
    MAX_STARTS,
    REASON_TAG,
    WILL_RETRY_TAG,
    Standing,
    claim_unattended,
    decide,
    fail_stranded,
    standing,
)

Status = dg.DagsterRunStatus


def task(state: str, starts: int = 1, waits: int = 0) -> Task:
    return Task(id="t", state=state, starts=starts, waits=waits)


def run(status: Status, will_retry: str | None = None, reason: str = "UNKNOWN") -> dg.DagsterRun:
    mark = {} if will_retry is None else {WILL_RETRY_TAG: will_retry}
    return dg.DagsterRun(job_name="captions", status=status, tags={REASON_TAG: reason, **mark})


@pytest.mark.parametrize("state", ["queued", "waiting", "processing"])
def test_a_task_that_no_run_was_ever_made_for_is_started(state: str) -> None:
    assert decide(task(state), None) == "start"


def test_a_task_whose_run_lives_is_left_alone() -> None:
    assert decide(task("processing"), "live") == "leave"


def test_a_run_lost_for_good_ends_its_task() -> None:
    assert decide(task("processing"), "lost") == "give_up"


def test_a_task_that_was_requeued_or_interrupted_is_started() -> None:
    assert decide(task("waiting"), "ended") == "start"
    assert decide(task("processing"), "ended") == "start"


def test_a_run_that_failed_before_a_worker_took_it_is_replaced() -> None:
    assert decide(task("queued"), "lost") == "start"


def test_a_task_caught_in_a_loop_is_given_up() -> None:
    assert decide(task("waiting", starts=MAX_STARTS), "ended") == "give_up"


def test_waiting_for_others_is_no_loop() -> None:
    assert decide(task("waiting", starts=MAX_STARTS, waits=1), "ended") == "start"


# Dagster makes no queued run without the place of its code.
@pytest.mark.parametrize("status", [status for status in LIVE if status is not Status.QUEUED])
def test_a_run_that_is_not_finished_lives(status: Status) -> None:
    assert standing(run(status), 0) == "live"


@pytest.mark.parametrize("status", [Status.CANCELED, Status.SUCCESS])
def test_a_run_that_ended_without_failing_has_ended(status: Status) -> None:
    assert standing(run(status), 0) == "ended"


@pytest.mark.parametrize(
    ("will_retry", "seconds", "stands"),
    [
        ("true", 1, "live"),
        ("true", 3600, "ended"),  # the daemon was away meanwhile; its retry would be superseded
        (None, 1, "live"),  # Dagster sets the mark a moment after it fails the run
        (None, 3600, "ended"),
        ("false", 1, "lost"),
    ],
)
def test_a_lost_run_lives_as_long_as_dagster_may_repeat_it(
    will_retry: str | None, seconds: float, stands: Standing
) -> None:
    assert standing(run(Status.FAILURE, will_retry), seconds) == stands


def test_a_step_that_failed_without_ending_its_task_is_no_lost_run() -> None:
    assert standing(run(Status.FAILURE, "false", reason="STEP_FAILURE"), 1) == "ended"


@pytest.fixture
def due(workspace_id: UUID) -> Task:
    """A task at work, with no run of its own in Dagster."""
    with transaction() as session:
        key = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media").key
        due = tasks.mark_processing(session, "caption", key)
    assert due
    return due


def requested(due: Task) -> list[str]:
    with dg.DagsterInstance.ephemeral() as instance:
        return [task.subject_key for task in claim_unattended(instance, set()) if task.id == due.id]


def test_a_task_that_nobody_works_on_gets_a_run(due: Task) -> None:
    assert requested(due) == [due.key]


def test_a_task_that_a_run_without_its_tags_works_on_gets_none(due: Task) -> None:
    run_id = str(uuid4())
    executions.begin(run_id, "media@test")
    assert executions.claim(run_id, tasks.subject("caption", due.key))
    assert requested(due) == []


def stranded(instance: dg.DagsterInstance, status: Status, *, silent: bool) -> Status:
    """What becomes of a run in that status whose worker has begun it."""
    run_id = str(uuid4())
    instance.add_run(dg.DagsterRun(job_name="captions", run_id=run_id, status=status))
    executions.begin(run_id, "media@test")
    with transaction() as session:
        silence = "update executions set beat_at = beat_at - interval '1 minute' where run_id = :run and :silent"
        session.execute(text(silence), {"run": run_id, "silent": silent})
    fail_stranded(instance, instance.get_run_records(dg.RunsFilter(run_ids=[run_id])))
    kept = instance.get_run_by_id(run_id)
    assert kept
    return kept.status


@pytest.mark.usefixtures("database")
def test_a_run_whose_worker_died_before_its_first_event_is_failed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert stranded(instance, Status.STARTING, silent=True) is Status.FAILURE
        assert stranded(instance, Status.STARTING, silent=False) is Status.STARTING
