"""The sensor that counts failed runs by their code, and tells of them."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import dagster as dg
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.operations.alerts import failures
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, dagster_client, tasks
from content_pipeline.sensors.alerts import report_failures
from tests.core.operations.alerts.test_webhook import SECRET
from tests.webhook_receiver import Receiver, serving


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with serving() as serves:
        monkeypatch.setattr(settings(), "alert_webhook_url", SecretStr(serves.url))
        monkeypatch.setattr(settings(), "alert_webhook_secret", SecretStr(SECRET))
        yield serves


def fail(instance: dg.DagsterInstance, error: BaseException, tags: dict[str, str] | None = None) -> None:
    """A run with these tags whose step raises this."""

    @dg.asset
    def failing() -> None:
        raise error

    assert not dg.materialize([failing], instance=instance, tags=tags, raise_on_error=False).success


def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[str | None, list[dict[str, object]]]:
    """The next cursor, and what was logged."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    with capture_logs() as logged:
        report_failures(context)
    return context.cursor, [dict(entry) for entry in logged]


def counted() -> dict[str, int]:
    with transaction() as session:
        return failures.totals(session)


@pytest.mark.slow
def test_runs_that_fail_are_counted_by_the_code_of_their_step(instance: dg.DagsterInstance) -> None:
    fail(instance, dg.Failure("Long ago.", {"code": "old"}))
    cursor, logged = tick(instance, None)
    assert (counted(), logged) == ({}, []), "a new installation tells nothing of what was before"
    for _ in range(2):
        fail(instance, dg.Failure("There is no sound.", {"code": "no_audio"}))
    fail(instance, ZeroDivisionError())
    fail(instance, dg.DagsterExecutionInterruptedError())  # a worker that is stopped ends its runs so
    lost = instance.add_run(dg.DagsterRun(job_name="reels", status=dg.DagsterRunStatus.STARTED))
    instance.report_run_failed(lost, "Its worker has sent no heartbeat for 15 s.")
    cursor, logged = tick(instance, cursor)
    assert counted() == {"no_audio": 2, "broken": 1, "worker_lost": 2}
    told = {entry["code"]: entry["failures"] for entry in logged if entry["event"] == "runs_failed"}
    assert told == counted()
    assert next(entry["job"] for entry in logged if entry["code"] == "worker_lost") == "reels"
    _, logged = tick(instance, cursor)
    assert logged == []


@pytest.mark.slow
def test_a_canceled_run_that_ends_as_that_of_a_lost_worker_is_no_failure(
    instance: dg.DagsterInstance, workspace_id: UUID
) -> None:
    cursor, _ = tick(instance, None)
    with transaction() as session:
        canceled, at_work, failed = (
            tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")
            for _ in range(3)
        )
        for task in (canceled, failed):
            cancellation.cancel(session, task)
    for task in (canceled, at_work):
        fail(instance, dg.DagsterExecutionInterruptedError(), dagster_client.task_tags(task))
    fail(instance, dg.Failure("There is no sound.", {"code": "no_audio"}), dagster_client.task_tags(failed))
    tick(instance, cursor)
    assert counted() == {"worker_lost": 1, "no_audio": 1}


@pytest.mark.slow
def test_a_code_that_the_webhook_refuses_holds_up_no_other(instance: dg.DagsterInstance, receiver: Receiver) -> None:
    cursor, _ = tick(instance, None)
    receiver.answers["/"] = (503, {})
    fail(instance, dg.Failure("There is no sound.", {"code": "no_audio"}))
    cursor, logged = tick(instance, cursor)
    assert [entry["reason"] for entry in logged if entry["event"] == "alert_refused"] == ["It answered 503."]
    receiver.answers.clear()
    fail(instance, dg.Failure("It is too large.", {"code": "too_large"}))
    tick(instance, cursor)
    assert [request.verified(SECRET)["data"]["code"] for request in receiver.received] == ["no_audio", "too_large"]


def test_a_secret_that_cannot_sign_stops_no_tick(
    instance: dg.DagsterInstance, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "alert_webhook_secret", SecretStr(""))
    cursor, _ = tick(instance, None)
    fail(instance, dg.Failure("There is no sound.", {"code": "no_audio"}))
    _, logged = tick(instance, cursor)
    assert {entry["event"] for entry in logged} == {"runs_failed", "alert_refused"}
    assert receiver.received == []
