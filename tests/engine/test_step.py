"""The wrapper around asset bodies: state of task, run and subject after each outcome."""

import errno
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import dagster as dg
import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from content_pipeline.core.errors import MediaUnusable, TooManyRequests, Unavailable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.media import media_errors
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, dagster_client, deferral, leases, max_runtime, starts, tasks
from content_pipeline.core.tasks.run_context import MAX_ATTEMPTS, PATIENCE, RunContext, Suspend, SwitchLane
from tests.core.lock_waits import is_lock_awaited
from tests.engine import step_runs
from tests.engine.step_runs import Body, raises
from tests.polling import until


@pytest.fixture(autouse=True)
def _dagster_is_away(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


def perform(task: Task, body: Body) -> BaseException | None:
    """Run `body` in a run of its own, as a worker would. Returns the exception that Dagster gets."""
    return perform_in_run(task, body)[0]


def perform_in_run(task: Task, body: Body) -> tuple[BaseException | None, dg.DagsterRunStatus]:
    """As `perform`; returns how the run ended, too."""
    ended = step_runs.execute(task.kind, task.key, body, dagster_client.task_tags(task))
    return ended.raised, ended.status


def now_is(task: Task) -> Task:
    with transaction() as session:
        return session.get_one(Task, task.id)


def test_a_permanent_error_ends_the_task(task: Task) -> None:
    raised = perform(task, raises(MediaUnusable("There is no sound.", code="no_audio")))
    assert isinstance(raised, dg.Failure)
    assert now_is(task).error == {
        "code": "no_audio",
        "message": "There is no sound.",
        "remedy": MediaUnusable.remedy,
        "retryable": False,
    }


def test_the_last_lines_of_ffmpeg_are_on_the_runs_page_and_not_in_the_clients_error(task: Task) -> None:
    raised = perform(task, raises(media_errors.ffmpeg_error(1, ["[libx264] broken pipe", "Conversion failed!"])))
    assert isinstance(raised, dg.Failure)
    assert raised.metadata["code"] == dg.MetadataValue.text("ffmpeg_failed")
    assert "[libx264] broken pipe\nConversion failed!" in str(raised.metadata["log"].value)
    assert "libx264" not in str(now_is(task).error)


@pytest.mark.slow
def test_an_unexpected_error_ends_the_task_as_broken(task: Task) -> None:
    raised = perform(task, raises(ZeroDivisionError()))
    assert isinstance(raised, ZeroDivisionError)
    assert (now_is(task).error or {})["code"] == "broken"


@pytest.mark.slow
@pytest.mark.parametrize(
    "body", [lambda _: np.empty(1 << 46), raises(RuntimeError("mkl_malloc: failed to allocate memory"))]
)
def test_a_row_that_takes_too_much_memory_ends_with_its_own_error_at_once(task: Task, body: Body) -> None:
    perform(task, body)
    after = now_is(task)
    assert (after.state, (after.error or {})["code"]) == ("error", "out_of_memory")
    assert (after.attempt, (after.error or {})["retryable"]) == (0, False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        Unavailable("The store is away."),
        OperationalError("select 1", {}, Exception()),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_a_retryable_error_reschedules_the_task(task: Task, error: Exception) -> None:
    before = now()
    assert perform(task, raises(error)) is None
    after = now_is(task)
    assert (after.state, after.attempt) == ("waiting", 1)
    assert after.not_before is not None
    assert after.not_before - before >= timedelta(seconds=5)


def test_a_suspended_task_keeps_its_attempt_count(task: Task) -> None:
    with transaction() as session:
        session.get_one(Task, task.id).attempt = 3
    until = now() + timedelta(hours=1)
    assert perform(task, raises(Suspend(until))) is None
    after = now_is(task)
    assert (after.state, after.attempt, after.not_before, after.waits) == ("waiting", 3, until, 1)


def test_a_rate_limit_is_no_failed_attempt(task: Task) -> None:
    with transaction() as session:
        session.get_one(Task, task.id).attempt = MAX_ATTEMPTS - 1
    before = now()
    assert perform(task, raises(TooManyRequests("Slowly.", retry_after=3600))) is None
    after = now_is(task)
    assert (after.state, after.attempt, after.waits) == ("waiting", MAX_ATTEMPTS - 1, 1)
    assert after.not_before is not None
    assert after.not_before - before >= timedelta(hours=1)


def test_a_rate_limit_that_lasts_for_days_ends_the_task_with_its_own_error(task: Task) -> None:
    with transaction() as session:
        row = session.get_one(Task, task.id)
        row.attempt, row.created_at = MAX_ATTEMPTS - 1, now() - PATIENCE
    perform(task, raises(TooManyRequests("Slowly.", code="daily_limit", retry_after=3600)))
    assert (now_is(task).error or {})["code"] == "daily_limit"


def test_what_keeps_failing_is_given_up_with_its_own_error(task: Task) -> None:
    with transaction() as session:
        session.get_one(Task, task.id).attempt = MAX_ATTEMPTS - 1
    perform(task, raises(Unavailable("The store is away.", code="storage_unavailable")))
    assert (now_is(task).error or {})["code"] == "storage_unavailable"


def test_a_database_session_that_is_ended_under_the_work_loses_nothing(task: Task) -> None:
    def body(run: RunContext) -> None:
        with run.write() as session:
            session.execute(text("select pg_terminate_backend(pg_backend_pid())"))

    assert perform(task, body) is None
    assert now_is(task).state == "waiting"


@pytest.mark.slow
def test_a_task_that_switches_its_lane_is_started_again_at_once_and_its_row_is_free(task: Task) -> None:
    perform(task, raises(SwitchLane("io")))
    after = now_is(task)
    assert (after.state, after.lane, after.starts) == ("waiting", "io", 2)
    leases.begin(rival := str(uuid4()), "io@test")
    assert leases.claim(rival, tasks.subject("caption", task.key))


@pytest.mark.slow
def test_a_task_that_switches_its_subject_is_started_again_at_once(task: Task) -> None:
    def body(run: RunContext) -> None:
        with run.write() as session:
            deferral.switch_subject(session, task.id, kind="burn_in", key=str(uuid4()), lane="media")

    perform(task, body)
    after = now_is(task)
    assert (after.state, after.subject_kind, after.starts) == ("waiting", "burn_in", 2)


def test_a_run_that_is_fenced_off_is_interrupted_whatever_else_goes_wrong(task: Task) -> None:
    def body(_work: RunContext) -> None:
        with transaction() as session:
            cancellation.cancel(session, task)
        raise Unavailable("The store is away.")

    raised, status = perform_in_run(task, body)
    assert isinstance(raised, dg.DagsterExecutionInterruptedError)
    assert (now_is(task).state, status) == ("canceled", dg.DagsterRunStatus.CANCELED)


def test_a_run_that_begins_after_its_task_was_canceled_ends_as_canceled(task: Task) -> None:
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))
    raised, status = perform_in_run(task, raises(AssertionError("It worked.")))
    assert isinstance(raised, dg.DagsterExecutionInterruptedError)
    assert (now_is(task).state, status) == ("canceled", dg.DagsterRunStatus.CANCELED)


@pytest.mark.slow
def test_a_run_whose_task_is_canceled_while_it_claims_it_does_nothing(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    canceled = threading.Event()

    def cancel() -> None:
        """A cancel that found no run to fence off, and commits once the run waits for it."""
        with transaction() as session:
            cancellation.cancel(session, session.get_one(Task, task.id))
            canceled.set()
            until(is_lock_awaited, seconds=30, what="the run that waits for the cancel")

    def claim(run_id: str, subject: str) -> bool:
        canceling.append(pool.submit(cancel))
        assert canceled.wait(30)
        return claim_now(run_id, subject)

    canceling: list[Future[None]] = []
    claim_now = leases.claim
    monkeypatch.setattr(leases, "claim", claim)
    with ThreadPoolExecutor(1) as pool:
        raised, status = perform_in_run(task, raises(AssertionError("It worked.")))
    canceling[0].result()
    assert isinstance(raised, dg.DagsterExecutionInterruptedError)
    assert (now_is(task).state, status) == ("canceled", dg.DagsterRunStatus.CANCELED)


def test_a_superseded_run_does_nothing(task: Task) -> None:
    with transaction() as session:
        assert starts.reserve_start(session, session.get_one(Task, task.id))
    assert perform(task, raises(AssertionError("it worked"))) is None
    assert now_is(task).state == "queued"


def test_a_run_that_takes_too_long_fails_with_its_code_and_is_not_retried(task: Task) -> None:
    def body(run: RunContext) -> None:
        max_runtime.end(run.run_id, "media")
        raise dg.DagsterExecutionInterruptedError  # the interrupt of the heartbeat

    raised, status = perform_in_run(task, body)
    assert isinstance(raised, dg.Failure)
    assert raised.metadata["code"].value == "max_runtime_exceeded"
    assert status is dg.DagsterRunStatus.FAILURE
    assert (now_is(task).error or {})["code"] == "max_runtime_exceeded"
