"""The calendar's sensors: the runs that they launch, and the partition keys that they register."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import dagster as dg
import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.reels import reels
from content_pipeline.core.tasks import dagster_client, tasks
from content_pipeline.core.tasks.partition_keys import row_id
from content_pipeline.sensors.calendar import (
    copy_scheduled_videos,
    prepare_scheduled_posts,
    publish_scheduled_content,
    render_scheduled_videos,
)
from tests.core.calendar.planned import BROKEN, OWN_VIDEO, finish_run, item
from tests.factories import make_account, make_item, make_twin
from tests.polling import until


def create_due_item(workspace_id: UUID, **fields: object) -> UUID:
    with transaction() as session:
        return make_item(session, make_twin(session, workspace_id), due_in=timedelta(), **fields).id


@dataclass(frozen=True)
class Launched:
    """A run that a tick has launched or requested, of the row with this id."""

    row: str
    job: str
    tags: Mapping[str, str]


def look(monkeypatch: pytest.MonkeyPatch, *, times: int) -> None:
    """Let a tick of the publishing sensor look so often for due posts: by its clock each look takes a second."""
    clock = SimpleNamespace(monotonic=count(step=0.5).__next__, sleep=time.sleep)
    monkeypatch.setattr("content_pipeline.sensors.calendar.time", clock)
    monkeypatch.setattr("content_pipeline.sensors.calendar.PUBLISHING_SECONDS", times + 0.5)


LAUNCHED = {"launchMultipleRuns": {"launchMultipleRunsResult": [{"__typename": "LaunchRunSuccess"}]}}
Ticks = Callable[..., dict[str, Launched]]


@pytest.fixture
def tick(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    """A tick of each of these sensors. Returns what runs they launch, by row, of registered keys."""
    look(monkeypatch, times=1)
    launched: list[Launched] = []

    def execute(document: str, *, runs: list[dict[str, Any]], **variables: Any) -> dict[str, Any]:
        for number, run in enumerate(runs):
            tags = {tag["key"]: tag["value"] for tag in run["executionMetadata"]["tags"]}
            assert variables[f"key{number}"] == tags[dagster_client.PARTITION_TAG]
            launched.append(Launched(row_id(variables[f"key{number}"]), run["selector"]["jobName"], tags))
        return LAUNCHED

    monkeypatch.setattr(dagster_client, "execute", execute)

    def tick(*sensors: dg.SensorDefinition) -> dict[str, Launched]:
        launched.clear()
        for sensor in sensors or (render_scheduled_videos, publish_scheduled_content):
            result = sensor(dg.build_sensor_context())
            if isinstance(result, dg.SensorResult):
                launched.extend(requested(result))
        return {run.row: run for run in launched}

    return tick


def requested(result: dg.SensorResult) -> Iterator[Launched]:
    registered = {
        (added.partitions_def_name, key)
        for added in result.dynamic_partitions_requests or []
        for key in added.partition_keys
    }
    for run in result.run_requests or []:
        assert (run.job_name, run.partition_key) in registered
        yield Launched(row_id(run.partition_key or ""), run.job_name or "", run.tags)


def test_a_due_item_gets_a_run_with_its_key_and_the_tags_of_its_task(workspace_id: UUID, tick: Ticks) -> None:
    item_id = create_due_item(workspace_id)
    launched = tick()
    reel_id = str(item(item_id).reel_id)
    with transaction() as session:
        task = tasks.newest(session, reels.KIND, reel_id)
    assert launched[reel_id].tags.items() >= dagster_client.run_tags(task).items()


@pytest.mark.slow
def test_a_due_post_and_a_reel_that_is_to_be_made_get_runs_of_their_own_jobs_once(
    workspace_id: UUID, tick: Ticks
) -> None:
    with transaction() as session:
        account = make_account(session, workspace_id)
    reel, post = create_due_item(workspace_id), create_due_item(workspace_id, reel_url=OWN_VIDEO)
    jobs = {row: run.job for row, run in tick().items()}
    assert jobs == {str(item(reel).reel_id): "reels", str(item(post).publication_id): "publications"}
    assert item(post).account_id == account.id
    assert tick() == {}


def test_a_tick_requests_no_more_videos_than_can_be_submitted_before_they_seem_forgotten(
    workspace_id: UUID, tick: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("content_pipeline.sensors.calendar.RUNS_A_TICK", 2)
    for _ in range(3):
        create_due_item(workspace_id)
    assert [len(tick()) for _ in range(3)] == [2, 1, 0]


def test_a_tick_goes_on_until_all_that_is_due_is_launched(
    workspace_id: UUID, tick: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(monkeypatch, times=3)
    monkeypatch.setattr(dagster_client, "STARTS_AT_ONCE", 2)
    with transaction() as session:
        make_account(session, workspace_id)
    posts = [create_due_item(workspace_id, reel_url=OWN_VIDEO) for _ in range(5)]
    assert tick().keys() == {str(item(post).publication_id) for post in posts}


@pytest.mark.slow
def test_a_tick_waits_for_an_item_that_is_due_before_the_next_tick(
    workspace_id: UUID, tick: Ticks, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(monkeypatch, times=2)
    with transaction() as session:
        make_account(session, workspace_id, "tiktok")
        twin = make_twin(session, workspace_id)
        item_id = make_item(
            session, twin, due_in=timedelta(seconds=0.3), reel_url=OWN_VIDEO, platform="tiktok", caption="Look!"
        ).id
    assert tick().keys() == {str(item(item_id).publication_id)}
    assert item(item_id).status == "publishing"


def test_the_run_that_prepares_a_post_queues_behind_those_of_due_ones(workspace_id: UUID, tick: Ticks) -> None:
    with transaction() as session:
        make_account(session, workspace_id)
        twin = make_twin(session, workspace_id)
        near, due = (
            make_item(session, twin, due_in=timedelta(minutes=minutes), reel_url=OWN_VIDEO).id for minutes in (2, 0)
        )
    prepared, published = (
        tick(sensor)[str(item(found).publication_id)]
        for sensor, found in ((prepare_scheduled_posts, near), (publish_scheduled_content, due))
    )
    priorities = [int(run.tags[dagster_client.PRIORITY_TAG]) for run in (prepared, published)]
    assert priorities[0] < priorities[1]
    assert (item(near).status, item(due).status) == ("scheduled", "publishing")


def test_the_video_behind_a_link_is_copied_by_a_run_that_queues_behind_those_of_due_posts(
    workspace_id: UUID, tick: Ticks
) -> None:
    with transaction() as session:
        item_id = make_item(session, make_twin(session, workspace_id), reel_url=OWN_VIDEO).id
    copied = tick(copy_scheduled_videos)
    run = copied[str(item_id)]
    assert (run.job, run.tags[dagster_client.PRIORITY_TAG]) == ("video_copies", "5")
    assert run.tags[dagster_client.QUEUE_TAG] == "io"
    assert tick(copy_scheduled_videos) == {}


def test_a_tick_with_nothing_to_do_launches_nothing(workspace_id: UUID, tick: Ticks) -> None:
    with transaction() as session:
        make_item(session, make_twin(session, workspace_id))  # due in a day
    assert tick() == {}


@pytest.fixture
def due_posts(workspace_id: UUID) -> list[UUID]:
    """The items of one post more than a request launches, in the order of their times."""
    with transaction() as session:
        make_account(session, workspace_id)
    return [create_due_item(workspace_id, reel_url=OWN_VIDEO) for _ in range(dagster_client.STARTS_AT_ONCE + 1)]


def test_the_next_posts_are_claimed_while_the_first_are_launched(
    due_posts: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    launched: list[int] = []

    def execute(_: str, *, runs: list[object], **variables: object) -> dict[str, Any]:
        until(lambda: item(due_posts[-1]).status == "publishing", seconds=30, what="the claim of the last post")
        launched.append(len(runs))
        return LAUNCHED

    look(monkeypatch, times=3)
    monkeypatch.setattr(dagster_client, "execute", execute)
    publish_scheduled_content(dg.build_sensor_context())
    assert launched == [len(due_posts) - 1, 1]


def test_a_tick_does_not_wait_for_its_last_launch_when_more_posts_are_due(
    due_posts: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    tick_is_over, is_launched = Event(), Event()

    def execute(_: str, **variables: object) -> dict[str, Any]:
        if tick_is_over.wait(30):
            is_launched.set()
        return LAUNCHED

    look(monkeypatch, times=1)
    monkeypatch.setattr(dagster_client, "execute", execute)
    publish_scheduled_content(dg.build_sensor_context())
    tick_is_over.set()
    assert is_launched.wait(30)


@pytest.mark.slow
def test_posts_whose_launch_is_broken_are_left_to_the_safety_net(
    due_posts: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    def execute(_: str, **variables: object) -> dict[str, Any]:
        raise ValueError

    look(monkeypatch, times=3)
    monkeypatch.setattr(dagster_client, "execute", execute)
    publish_scheduled_content(dg.build_sensor_context())
    with transaction() as session:
        found = [tasks.newest(session, "publication", str(item(post).publication_id)) for post in due_posts]
    assert {(task.state, task.lane) for task in found} == {("queued", "io")}


@pytest.mark.parametrize(("is_done", "status"), [(True, "scheduled"), (False, "failed")])
def test_a_tick_notes_how_reels_have_ended(workspace_id: UUID, tick: Ticks, is_done: bool, status: str) -> None:
    item_id = create_due_item(workspace_id)
    tick()
    key = str(item(item_id).reel_id)
    with transaction() as session:
        items.get(session, workspace_id, item_id, lock=True).scheduled_at += timedelta(hours=1)
        task = session.get_one(Task, key)
    finish_run(task, error=None if is_done else BROKEN)
    tick()
    assert item(item_id).status == status


def test_a_post_goes_out_in_the_tick_that_notes_that_its_reel_is_made(workspace_id: UUID, tick: Ticks) -> None:
    with transaction() as session:
        make_account(session, workspace_id)
    item_id = create_due_item(workspace_id)
    tick()
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).reel_id))
    finish_run(task)
    assert tick().keys() == {str(item(item_id).publication_id)}
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).publication_id))
    finish_run(task)
    tick()
    assert item(item_id).status == "published"


def test_a_reel_that_dagster_never_heard_of_is_left_to_the_safety_net(workspace_id: UUID, tick: Ticks) -> None:
    item_id = create_due_item(workspace_id)
    tick()  # and the daemon dies before it has submitted anything
    with transaction() as session:
        task = session.get_one(Task, str(item(item_id).reel_id))
    assert (task.state, task.lane) == ("queued", "media")
    assert task.not_before == task.created_at + tasks.START_LEASE


def test_no_reel_of_a_canceled_item_is_started_again(workspace_id: UUID, tick: Ticks) -> None:
    item_id = create_due_item(workspace_id)
    tick()
    with transaction() as session:
        items.cancel(session, items.get(session, workspace_id, item_id, lock=True))
    tick()
    assert item(item_id).status == "canceled"
