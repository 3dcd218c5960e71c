"""The run coordinator: limits of lanes, which runs skip the queue, and cancels through Dagster, as in the UI."""

from typing import Any, get_args
from uuid import UUID, uuid4

import dagster as dg
import pytest
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.run_coordinator import SubmitRunContext

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Plan, Task
from content_pipeline.core.settings import Lane, settings
from content_pipeline.core.tasks import dagster_client, kinds, starts, tasks
from content_pipeline.core.workspaces import workspaces
from content_pipeline.engine.coordinator import QueuedRunCoordinator
from tests.factories import make_workspace

FAILURE, NOT_STARTED = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.NOT_STARTED
QUEUED, STARTED, STARTING = dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="media")


@pytest.mark.slow
@pytest.mark.parametrize(("start", "state"), [(1, "queued"), (2, "canceled")])
def test_a_task_ends_with_its_latest_run_and_with_no_earlier_one(
    instance: dg.DagsterInstance, task: Task, start: int, state: str
) -> None:
    with transaction() as session:
        assert starts.reserve_start(session, session.get_one(Task, task.id))
    tags = {dagster_client.TASK_TAG: task.id, dagster_client.START_TAG: str(start)}
    run = instance.add_run(dg.DagsterRun(job_name="captions", status=dg.DagsterRunStatus.STARTED, tags=tags))
    assert instance.run_coordinator.cancel_run(run.run_id)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == state
    canceled = instance.get_run_by_id(run.run_id)
    assert canceled
    assert canceled.status is dg.DagsterRunStatus.CANCELED


@pytest.mark.slow
def test_a_run_that_is_publishing_goes_on_in_spite_of_an_operator(instance: dg.DagsterInstance, task: Task) -> None:
    with transaction() as session:
        tasks.set_irrevocable(session, task.id, irrevocable=True)
    tags = {dagster_client.TASK_TAG: task.id, dagster_client.START_TAG: "1"}
    run = instance.add_run(dg.DagsterRun(job_name="captions", status=dg.DagsterRunStatus.STARTED, tags=tags))
    assert not instance.run_coordinator.cancel_run(run.run_id)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "queued"
    going_on = instance.get_run_by_id(run.run_id)
    assert going_on
    assert going_on.status is dg.DagsterRunStatus.STARTED


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────


def limits(instance: dg.DagsterInstance) -> dict[tuple[str, str], int]:
    """The limits of the queue by tag and value; `each` where it holds for each value by itself."""
    coordinator = instance.run_coordinator
    assert isinstance(coordinator, QueuedRunCoordinator)
    found = coordinator.get_run_queue_config().tag_concurrency_limits
    each = {"applyLimitPerUniqueValue": True}
    return {(limit["key"], "each" if limit["value"] == each else limit["value"]): limit["limit"] for limit in found}


def set_slots(monkeypatch: pytest.MonkeyPatch, **slots: int) -> None:
    for name, number in slots.items():
        monkeypatch.setattr(settings(), f"slots_{name}", number)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slots", "most"),
    [
        ({"interactive": 2, "media": 4, "io": 8, "media_elsewhere": 0}, {"interactive": 1, "media": 2, "io": 4}),
        ({"interactive": 2, "media": 4, "io": 9, "media_elsewhere": 6}, {"interactive": 1, "media": 5, "io": 4}),
        ({"interactive": 1, "media": 1, "io": 1, "media_elsewhere": 0}, {"interactive": 1, "media": 1, "io": 1}),
    ],
)
def test_back_fills_have_half_of_a_lanes_slots_on_all_hosts_and_at_least_one(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, slots: dict[str, int], most: dict[str, int]
) -> None:
    set_slots(monkeypatch, **slots)
    found = limits(instance)
    assert {lane: found[dagster_client.BACK_FILL_TAG, lane] for lane in get_args(Lane)} == most


def test_each_workspace_has_the_share_of_its_plan_and_no_more_than_twice_the_slots(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_slots(monkeypatch, media=3, io=5, media_elsewhere=1)
    studio = plan("studio")
    set_plan(monkeypatch, studio, concurrent_runs=3)
    assert shares(instance, "studio") == {"interactive": studio.interactive_runs, "media": 3, "io": 10}
    set_plan(monkeypatch, studio, concurrent_runs=100)
    assert shares(instance, "studio") == {"interactive": studio.interactive_runs, "media": 8, "io": 10}


def test_a_workspace_has_one_export_at_work_at_a_time(instance: dg.DagsterInstance, workspace_id: UUID) -> None:
    """Ten at once filled the lane, and PostgreSQL copied for all of them: reads of others took five times as long."""
    for kind in (kinds.EXPORT, kinds.WORKSPACE_EXPORT):
        with transaction() as session:
            task = tasks.create(session, workspace_id=workspace_id, kind=kind.name, key=str(uuid4()))
        key = f"dagster/serial.{kind.name}"
        assert dagster_client.run_tags(task)[key] == str(workspace_id)
        assert limits(instance)[key, "each"] == 1
    assert not any(name.startswith("dagster/serial.") for name in tags_of(workspace_id))


def shares(instance: dg.DagsterInstance, name: str) -> dict[str, int]:
    """How many runs of each lane a workspace with this plan may have with the workers."""
    found = limits(instance)
    return {lane: found[dagster_client.concurrency_tag(lane, name), "each"] for lane in get_args(Lane)}


def plan(name: str) -> Plan:
    with transaction() as session:
        return next(plan for plan in workspaces.plans(session) if plan.name == name)


def set_plan(monkeypatch: pytest.MonkeyPatch, plan: Plan, **columns: int) -> None:
    """Let the plan have these limits for this test: the plans are rows of all tests."""
    for name, value in columns.items():
        setattr(plan, name, value)
    monkeypatch.setattr(workspaces, "plans", lambda _: [plan])


# ── runs that skip the queue ─────────────────────────────────────────────────────────────────────────────


def tags_of(workspace_id: UUID, lane: Lane = "interactive") -> dict[str, str]:
    """The tags of a run of a task."""
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane=lane)
    return dagster_client.run_tags(task)


def add_run(
    instance: dg.DagsterInstance, tags: dict[str, str], status: dg.DagsterRunStatus = NOT_STARTED
) -> dg.DagsterRun:
    location = RegisteredCodeLocationOrigin(dagster_client.LOCATION)
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "captions")
    return instance.add_run(dg.DagsterRun("captions", status=status, tags=tags, remote_job_origin=origin))


def submitted(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRun:
    run = add_run(instance, tags)
    no_workspace: Any = None
    instance.run_coordinator.submit_run(SubmitRunContext(run, no_workspace))
    found = instance.get_run_by_id(run.run_id)
    assert found
    return found


def submit(instance: dg.DagsterInstance, tags: dict[str, str]) -> dg.DagsterRunStatus:
    """Submit a run, and return whether it is launched (STARTING) or waits in the queue (QUEUED)."""
    return submitted(instance, tags).status


@pytest.mark.slow
def test_interactive_runs_skip_the_queue_until_their_workspace_has_its_share_of_them(
    instance: dg.DagsterInstance, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_plan(monkeypatch, plan("studio"), interactive_runs=2)
    assert [submit(instance, tags_of(workspace_id)) for _ in range(3)] == [STARTING, STARTING, QUEUED]
    with transaction() as session:
        another = make_workspace(session)
    assert submit(instance, tags_of(another)) is STARTING


@pytest.mark.slow
def test_runs_that_have_ended_or_wait_leave_the_share_of_a_workspace_to_others(
    instance: dg.DagsterInstance, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_plan(monkeypatch, plan("studio"), interactive_runs=2)
    for status in (FAILURE, QUEUED, STARTED):
        add_run(instance, tags_of(workspace_id), status)
    assert [submit(instance, tags_of(workspace_id)) for _ in range(2)] == [STARTING, QUEUED]


@pytest.mark.slow
@pytest.mark.parametrize("lane", ["media", "io"])
def test_runs_of_other_lanes_wait_in_the_queue(instance: dg.DagsterInstance, workspace_id: UUID, lane: Lane) -> None:
    assert submit(instance, tags_of(workspace_id, lane)) is QUEUED


@pytest.mark.slow
def test_a_row_that_repeats_a_lost_run_goes_before_the_others_of_its_batch(
    instance: dg.DagsterInstance, workspace_id: UUID
) -> None:
    waiting = tags_of(workspace_id, "media") | dagster_client.lane_tags("media", is_single=False)
    waiting[dagster_client.PARENT_TAG] = "batch"
    first = submitted(instance, {**waiting, dagster_client.RETRY_TAG: "1"}).tags
    assert int(first[dagster_client.PRIORITY_TAG]) == int(waiting[dagster_client.PRIORITY_TAG]) + 1
    second = submitted(instance, {**first, dagster_client.RETRY_TAG: "2"}).tags
    assert second[dagster_client.PRIORITY_TAG] == first[dagster_client.PRIORITY_TAG]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lane", "priority", "parent"),
    [
        ("media", "2", {dagster_client.PARENT_TAG: "batch"}),
        ("media", "-10", {dagster_client.PARENT_TAG: "batch"}),
        ("media", "at once", {dagster_client.PARENT_TAG: "batch"}),
        ("io", "5", {}),  # the copy of a planned video, and a post that is prepared
    ],
)
def test_no_other_run_gets_a_higher_priority_by_repeating(
    instance: dg.DagsterInstance, workspace_id: UUID, lane: Lane, priority: str, parent: dict[str, str]
) -> None:
    again = {dagster_client.PRIORITY_TAG: priority, dagster_client.RETRY_TAG: "1", **parent}
    tags = tags_of(workspace_id, lane) | again
    assert submitted(instance, tags).tags == tags


@pytest.mark.slow
def test_a_run_of_no_workspace_has_no_share_and_waits(instance: dg.DagsterInstance, workspace_id: UUID) -> None:
    tags = tags_of(workspace_id)
    without = {name: value for name, value in tags.items() if "share" not in name}
    assert submit(instance, without) is QUEUED
