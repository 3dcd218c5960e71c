"""What the safety net decides for an open task without a live run of its own."""

import dagster as dg
import pytest

from content_pipeline.core.models import Task
from content_pipeline.sensors.tasks import LIVE, MAX_STARTS, decide

Status = dg.DagsterRunStatus


def task(state: str, starts: int = 1) -> Task:
    return Task(id="t", state=state, starts=starts)


@pytest.mark.parametrize("state", ["queued", "waiting", "processing"])
def test_a_task_that_no_run_was_ever_made_for_is_started(state: str) -> None:
    assert decide(task(state), None, will_retry=False) == "start"


@pytest.mark.parametrize("status", LIVE)
def test_a_task_whose_run_lives_is_left_alone(status: Status) -> None:
    assert decide(task("processing"), status, will_retry=False) == "leave"


def test_a_lost_run_that_dagster_will_repeat_is_left_to_it() -> None:
    assert decide(task("processing"), Status.FAILURE, will_retry=True) == "leave"


def test_a_run_lost_for_good_ends_its_task() -> None:
    assert decide(task("processing"), Status.FAILURE, will_retry=False) == "give_up"


@pytest.mark.parametrize("status", [Status.CANCELED, Status.SUCCESS])
def test_work_that_was_handed_back_or_interrupted_goes_on(status: Status) -> None:
    assert decide(task("waiting"), status, will_retry=False) == "start"
    assert decide(task("processing"), status, will_retry=False) == "start"


def test_a_run_that_failed_before_a_worker_took_it_is_replaced() -> None:
    assert decide(task("queued"), Status.FAILURE, will_retry=False) == "start"


def test_a_task_caught_in_a_circle_is_given_up() -> None:
    assert decide(task("waiting", starts=MAX_STARTS), Status.SUCCESS, will_retry=False) == "give_up"
