"""The calendar's sensor: what it asks Dagster for."""

from datetime import timedelta
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core import calendar, reels, runs, tasks
from content_pipeline.core.database import transaction
from content_pipeline.core.errors import Broken
from content_pipeline.core.models import CalendarItem, Task
from content_pipeline.sensors.calendar import publish_scheduled_content
from tests.factories import make_item, make_twin


def enter(workspace_id: UUID, **fields: object) -> UUID:
    with transaction() as session:
        return make_item(session, make_twin(session, workspace_id), due_in=timedelta(), **fields).id


def item(item_id: UUID) -> CalendarItem:
    with transaction() as session:
        return session.get_one(CalendarItem, item_id)


def tick() -> dg.SensorResult:
    result = publish_scheduled_content(dg.build_sensor_context())
    assert isinstance(result, dg.SensorResult)
    return result


def requested(result: dg.SensorResult) -> dict[str | None, dg.RunRequest]:
    return {request.partition_key: request for request in result.run_requests or []}


def test_a_due_item_gets_a_run_with_its_key_and_the_tags_of_its_task(workspace_id: UUID) -> None:
    entered = enter(workspace_id)
    result = tick()
    reel_id = str(item(entered).reel_id)
    request = requested(result)[reel_id]
    with transaction() as session:
        task = tasks.newest(session, reels.KIND, reel_id)
    assert request.tags.items() >= runs.tags(task).items()
    (addition,) = result.dynamic_partitions_requests or []
    assert reel_id in addition.partition_keys
    assert addition.partitions_def_name == runs.JOBS[reels.KIND]


def test_a_reel_is_asked_for_once(workspace_id: UUID) -> None:
    entered = enter(workspace_id)
    tick()
    assert str(item(entered).reel_id) not in requested(tick())


def test_a_tick_with_nothing_to_do_asks_for_nothing(workspace_id: UUID) -> None:
    while tick().run_requests:  # what others have left
        pass
    enter(workspace_id, reel_url="https://8.8.8.8/reel.mp4")
    result = tick()
    assert (result.run_requests, result.dynamic_partitions_requests) == ([], [])


@pytest.mark.parametrize(("is_done", "status"), [(True, "scheduled"), (False, "failed")])
def test_a_tick_notes_how_reels_have_ended(workspace_id: UUID, is_done: bool, status: str) -> None:
    entered = enter(workspace_id)
    tick()
    key = str(item(entered).reel_id)
    with transaction() as session:
        tasks.take(session, reels.KIND, key)
        tasks.finish(session, key) if is_done else tasks.fail(session, key, Broken("It broke."))
    tick()
    assert item(entered).status == status


def test_a_reel_that_dagster_never_heard_of_is_left_to_the_safety_net(workspace_id: UUID) -> None:
    entered = enter(workspace_id)
    tick()  # and the daemon dies before it has submitted anything
    with transaction() as session:
        task = session.get_one(Task, str(item(entered).reel_id))
    assert (task.state, task.lane) == ("queued", "media")
    assert task.not_before == task.created_at + tasks.START_LEASE


def test_no_reel_of_a_canceled_item_is_started_again(workspace_id: UUID) -> None:
    entered = enter(workspace_id)
    tick()
    with transaction() as session:
        calendar.cancel(session, calendar.get(session, workspace_id, entered, lock=True))
    tick()
    assert item(entered).status == "canceled"
