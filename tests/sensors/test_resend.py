"""Messages that were lost between Dagster and a worker are sent again."""

from uuid import uuid4

import dagster as dg
import pytest

from content_pipeline.core.tasks import dagster_client, leases
from content_pipeline.engine.launcher import CeleryRunLauncher
from content_pipeline.sensors.tasks import resend


def starting(instance: dg.DagsterInstance, queue: str) -> dg.RunRecord:
    """A run that was sent to a queue and that no worker has begun."""
    status, tags = dg.DagsterRunStatus.STARTING, {dagster_client.QUEUE_TAG: queue}
    run = instance.add_run(dg.DagsterRun(job_name="captions", status=status, tags=tags))
    (record,) = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
    return record


def messages(instance: dg.DagsterInstance, queue: str) -> int:
    launcher = instance.run_launcher
    assert isinstance(launcher, CeleryRunLauncher)
    with launcher.celery.connection_for_read() as connection, connection.SimpleQueue(queue) as waiting:
        return int(waiting.qsize())


@pytest.mark.slow
def test_a_run_that_no_worker_began_is_sent_again_once_it_waited_long(instance: dg.DagsterInstance) -> None:
    queue = str(uuid4())
    record = starting(instance, queue)
    run_id = record.dagster_run.run_id
    resend(instance, [record], {})
    assert messages(instance, queue) == 0, "it has only just been sent"

    sent = resend(instance, [record], {run_id: 0.0})
    assert messages(instance, queue) == 1
    resend(instance, [record], sent)
    assert messages(instance, queue) == 1, "it has only just been sent again"


@pytest.mark.slow
def test_a_run_that_a_worker_began_is_not_sent_again(instance: dg.DagsterInstance) -> None:
    queue = str(uuid4())
    record = starting(instance, queue)
    leases.begin(record.dagster_run.run_id, "media@test")
    resend(instance, [record], {record.dagster_run.run_id: 0.0})
    assert messages(instance, queue) == 0
