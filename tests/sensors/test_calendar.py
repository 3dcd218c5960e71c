"""The calendar sensor: the runs and partition keys that it requests."""

from datetime import timedelta
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import dagster_client, kinds, tasks
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.sensors.calendar import prepare_scheduled_posts, publish_scheduled_content
from tests.core.calendar.planned import BROKEN, OWN_VIDEO, finish_run, item
from tests.factories import make_account, make_item, make_twin


def create_due_item(workspace_id: UUID, **fields: object) -> UUID:
    with transaction() as session:
        return make_item(session, make_twin(session, workspace_id), due_in=timedelta(), **fields).id


def tick(sensor: dg.SensorDefinition = publish_scheduled_content) -> dg.SensorResult:
    result = sensor(dg.build_sensor_context())
    assert isinstance(result, dg.SensorResult)
    return result


def requests_by_key(result: dg.SensorResult) -> dict[str | None, dg.RunRequest]:
    return {row_id(request.partition_key or ""): request for request in result.run_requests or []}


def added_keys(result: dg.SensorResult) -> dict[str, list[str]]:
    """The rows whose partition keys are registered, by set of keys."""
    return {
        added.partitions_def_name: list(map(row_id, added.partition_keys))
        for added in result.dynamic_partitions_requests or []
    }


def test_a_due_item_gets_a_run_with_its_key_and_the_tags_of_its_task(workspace_id: UUID) -> None:
    item_id = create_due_item(workspace_id)
    result = tick()
    reel_id = str(item(item_id).reel_id)
    request = requests_by_key(result)[reel_id]
    with transaction() as session:
        task = tasks.newest(session, reels.KIND, reel_id)
    assert request.tags.items() >= dagster_client.run_tags(task).items()
    assert reel_id in added_keys(result)[kinds.jobs()[reels.KIND]]


def test_a_reel_is_asked_for_once(workspace_id: UUID) -> None:
    item_id = create_due_item(workspace_id)
    tick()
    assert str(item(item_id).reel_id) not in requests_by_key(tick())


def test_a_due_post_and_a_reel_that_is_to_be_made_get_runs_of_their_own_jobs(workspace_id: UUID) -> None:
    with transaction() as session:
        account = make_account(session, workspace_id)
    reel, post = create_due_item(workspace_id), create_due_item(workspace_id, reel_url=OWN_VIDEO)
    result = tick()
    jobs = {key: request.job_name for key, request in requests_by_key(result).items()}
    reel_id, post_id = str(item(reel).reel_id), str(item(post).publication_id)
    assert {reel_id: "reels", post_id: "publications"}.items() <= jobs.items()
    added = added_keys(result)
    assert reel_id in added["reels"]
    assert post_id in added["publications"]
    assert item(post).account_id == account.id
    again = requests_by_key(tick())
    assert reel_id not in again
    assert post_id not in again


def test_a_tick_asks_for_no_more_runs_than_can_be_submitted_before_they_seem_forgotten(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("content_pipeline.sensors.calendar.RUNS_A_TICK", 2)
    with transaction() as session:
        make_account(session, workspace_id)
    reel = create_due_item(workspace_id)
    posts = [create_due_item(workspace_id, reel_url=OWN_VIDEO) for _ in range(3)]
    assert [len(tick().run_requests or []) for _ in range(3)] == [2, 2, 0]
    assert {item(post).status for post in posts} == {"publishing"}  # which come first
    assert item(reel).status == "rendering"


def test_a_tick_waits_for_an_item_that_is_due_before_the_next_tick(workspace_id: UUID) -> None:
    with transaction() as session:
        make_account(session, workspace_id, "tiktok")
        twin = make_twin(session, workspace_id)
        item_id = make_item(
            session, twin, due_in=timedelta(seconds=1), reel_url=OWN_VIDEO, platform="tiktok", caption="Look!"
        ).id
    requests = requests_by_key(tick())
    assert str(item(item_id).publication_id) in requests
    assert item(item_id).status == "publishing"


def test_the_run_that_prepares_a_post_queues_behind_those_of_due_ones(workspace_id: UUID) -> None:
    with transaction() as session:
        make_account(session, workspace_id)
        twin = make_twin(session, workspace_id)
        near, due = (
            make_item(session, twin, due_in=timedelta(minutes=minutes), reel_url=OWN_VIDEO).id for minutes in (2, 0)
        )
    prepared, published = (
        requests_by_key(tick(sensor))[str(item(found).publication_id)]
        for sensor, found in ((prepare_scheduled_posts, near), (publish_scheduled_content, due))
    )
    priorities = [int(request.tags[dagster_client.PRIORITY_TAG]) for request in (prepared, published)]
    assert priorities[0] < priorities[1]
    assert (item(near).status, item(due).status) == ("scheduled", "publishing")


def test_a_tick_with_nothing_to_do_asks_for_nothing(workspace_id: UUID) -> None:
    with transaction() as session:
        make_item(session, make_twin(session, workspace_id))  # due in a day
    result = tick()
    assert (result.run_requests, result.dynamic_partitions_requests) == ([], [])


@pytest.mark.parametrize(("is_done", "status"), [(True, "scheduled"), (False, "failed")])
def test_a_tick_notes_how_reels_have_ended(workspace_id: UUID, is_done: bool, status: str) -> None:
    item_id = create_due_item(workspace_id)
    tick()
    key = str(item(item_id).reel_id)
    with transaction() as session:
        items.get(session, workspace_id, item_id, lock=True).scheduled_at += timedelta(hours=1)
        task = session.get_one(Task, key)
    finish_run(task, error=None if is_done else BROKEN)
    tick()
    assert item(item_id).status == status


def test_a_post_goes_out_in_the_tick_that_notes_that_its_reel_is_made(workspace_id: UUID) -> None:
    with transaction() as session:
        make_account(session, workspace_id)
    item_id = create_due_item(workspace_id)
    tick()
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).reel_id))
    finish_run(task)
    jobs = requests_by_key(tick())
    assert str(item(item_id).publication_id) in jobs
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).publication_id))
    finish_run(task)
    tick()
    assert item(item_id).status == "published"


def test_a_reel_that_dagster_never_heard_of_is_left_to_the_safety_net(workspace_id: UUID) -> None:
    item_id = create_due_item(workspace_id)
    tick()  # and the daemon dies before it has submitted anything
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).reel_id))
    assert (task.state, task.lane) == ("queued", "media")
    assert task.not_before == task.created_at + tasks.START_LEASE


def test_no_reel_of_a_canceled_item_is_started_again(workspace_id: UUID) -> None:
    item_id = create_due_item(workspace_id)
    tick()
    with transaction() as session:
        items.cancel(session, items.get(session, workspace_id, item_id, lock=True))
    tick()
    assert item(item_id).status == "canceled"
