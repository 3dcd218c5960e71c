"""Recovery: whatever is killed during a transcription, its task is done, once."""

import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from sqlalchemy.exc import OperationalError

from content_pipeline.core.tasks.leases import HEARTBEAT_SECONDS, UNREACHABLE_SECONDS
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

LOST = 120.0


def assert_done_once(stack: Stack, client: Client, accepted: dict[str, str]) -> None:
    task = client.wait_for_task(accepted["task_id"], seconds=LOST)
    assert task["status"] == "done", task
    assert len(client.get(f"/captions/{accepted['caption_id']}")["segments"]) > 10
    assert stack.materialized("captions", [accepted["caption_id"]]) == [1]


@pytest.mark.parametrize("services", [["valkey"], ["daemon"], ["api"], ["code", "webserver"]], ids=" and ".join)
def test_a_killed_service_is_restarted_and_the_task_is_done(
    stack: Stack, client: Client, long_recording: Path, services: list[str]
) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    stack.kill(*services)
    stack.wait_until_ready()
    assert_done_once(stack, client, accepted)


@pytest.mark.parametrize("service", ["postgres", "seaweedfs"])
def test_a_run_outlives_a_restart_of_the_stores(
    stack: Stack, client: Client, long_recording: Path, service: str
) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    killed = time.monotonic()
    stack.kill(service)
    until(lambda: _database_answers(stack), seconds=90, what="an answer of PostgreSQL")
    outage = time.monotonic() - killed
    stack.wait_until_ready()
    assert_done_once(stack, client, accepted)
    first, *others = reversed(stack.runs(accepted["task_id"]))
    # It is repeated where the outage was too long for a run, which one heartbeat before it and two after it (the first
    # finds its connection lost) may make longer; and where its work had ended during the outage and was not stored.
    if outage + 3 * HEARTBEAT_SECONDS < UNREACHABLE_SECONDS:
        assert not others or "The database did not answer. Retried" in stack.run_log(first["runId"])


def _database_answers(stack: Stack) -> bool:
    try:
        return bool(stack.sql("select 1"))
    except OperationalError:
        return False


@pytest.mark.sample
def test_a_killed_pool_process_loses_nothing(stack: Stack, client: Client, long_recording: Path) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    stack.pool_process(accepted["task_id"]).kill()
    assert_done_once(stack, client, accepted)


def test_a_killed_worker_group_loses_nothing(stack: Stack, client: Client, long_recording: Path) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    stack.kill("media")
    assert_done_once(stack, client, accepted)


def test_a_run_that_an_operator_executes_again_is_repeated_when_its_worker_is_killed(
    stack: Stack, client: Client, long_recording: Path
) -> None:
    accepted = client.caption(long_recording)
    assert_done_once(stack, client, accepted)
    (first,) = stack.runs(accepted["task_id"])
    again = stack.re_execute(first["runId"])
    until(lambda: stack.executing_runs(accepted["task_id"]), seconds=60, what="the run at work")
    stack.pool_process(accepted["task_id"]).kill()
    stack.wait_for_run(again, "FAILURE")
    until(
        lambda: stack.materialized("captions", [accepted["caption_id"]]) == [2], seconds=LOST, what="the repeated run"
    )
    assert client.task(accepted["task_id"])["status"] == "done"


def test_a_frozen_worker_is_replaced_and_writes_nothing_when_it_wakes(
    stack: Stack, client: Client, long_recording: Path
) -> None:
    accepted = client.caption(long_recording)
    client.wait_for_progress(accepted["task_id"])
    frozen = stack.processes("media")
    for process in frozen:
        process.send_signal(signal.SIGSTOP)
    try:
        with stack.extra_worker("media"):
            assert_done_once(stack, client, accepted)
            before = stack.sql("select * from captions where id = :id", id=accepted["caption_id"])
            _wake(frozen)
            until(lambda: not stack.executing_runs(accepted["task_id"]), seconds=60, what="the end of the frozen run")
            assert stack.sql("select * from captions where id = :id", id=accepted["caption_id"]) == before
            assert stack.materialized("captions", [accepted["caption_id"]]) == [1]
    finally:
        _wake(frozen)


def _wake(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):  # one that reads media has ended when it was awake
            process.send_signal(signal.SIGCONT)
