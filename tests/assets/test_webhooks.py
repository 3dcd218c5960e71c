"""The run that delivers webhook events: what it records, and that there is one at a time."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import dagster as dg
import pytest

from content_pipeline.assets.webhooks import SUBJECT
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.tasks import leases
from content_pipeline.definitions import definitions
from tests.core.webhooks.registered import deliveries, happen, register
from tests.webhook_receiver import Receiver, receiving


@pytest.fixture
def receiver(database: None) -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def execute(run_id: str) -> dg.ExecuteInProcessResult:
    """A run of the job, as a worker has it."""
    leases.begin(run_id, "io@test")
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def("webhooks").execute_in_process(
            run_id=run_id, instance=instance, raise_on_error=False
        )
        leases.end(run_id)
        return result


def test_a_run_delivers_what_is_due_and_records_how_much(workspace_id: UUID, receiver: Receiver) -> None:
    register(workspace_id, f"{receiver.url}/works")
    register(workspace_id, f"{receiver.url}/fails")
    receiver.answers["/fails"] = 500, {}
    happen(workspace_id)
    result = execute(str(uuid4()))
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert {name: value.value for name, value in event.materialization.metadata.items()} == {
        "accepted": 1,
        "refused": 1,
    }


@pytest.mark.slow
def test_a_run_beside_a_live_one_sends_nothing(workspace_id: UUID, receiver: Receiver) -> None:
    endpoint_id, _ = register(workspace_id, receiver.url)
    happen(workspace_id)
    leases.begin(first := str(uuid4()), "io@test")
    assert leases.claim(first, SUBJECT)
    result = execute(str(uuid4()))
    assert result.success
    assert result.get_asset_materialization_events() == receiver.received == []
    leases.end(first)
    execute(str(uuid4()))
    assert [delivery.status for delivery in deliveries(endpoint_id)] == ["delivered"]


def test_a_run_that_was_stopped_sends_nothing(workspace_id: UUID, receiver: Receiver) -> None:
    register(workspace_id, receiver.url)
    happen(workspace_id)
    with transaction() as session:
        leases.stop(session, run_id := str(uuid4()))
    assert not execute(run_id).success
    assert receiver.received == []
