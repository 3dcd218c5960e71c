"""Runs that operators launch: the task that they repair, and the tags that they get."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import dagster as dg
import pytest
from sqlalchemy import select

from content_pipeline.core.errors import InternalError, Unavailable
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AuditEvent, Task, Workspace
from content_pipeline.core.operations.maintenance import deletion
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import cancellation, credits, dagster_client, deferral, tasks
from content_pipeline.core.tasks.run_context import RunContext, SwitchLane
from content_pipeline.core.webhooks import endpoints
from tests import avatar_videos as requested_avatars
from tests.core.webhooks import registered
from tests.engine import step_runs
from tests.engine.step_runs import Body, Ended, raises
from tests.engine.submitted_runs import BACK_FILLED, missing_tags
from tests.factories import make_item, make_twin
from tests.webhook_receiver import Receiver, receiving

CANCELED = dg.DagsterRunStatus.CANCELED
FAILURE = dg.DagsterRunStatus.FAILURE
SUCCESS = dg.DagsterRunStatus.SUCCESS
# Dagster gives these tags to a run that repeats one whose worker was lost.
REPEATED = {"dagster/parent_run_id": "1", "dagster/retry_number": "1"}


@pytest.fixture(autouse=True)
def _dagster_is_away(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "dagster_url", "http://127.0.0.1:1")


@pytest.fixture
def task(workspace_id: UUID) -> Task:
    """The task of a reel."""
    with transaction() as session:
        spec = ReelSpec(script="Hello.", platform="tiktok", voice_id="en-US")
        return reels.create_task(session, reels.create(session, make_twin(session, workspace_id), spec))


def stamp() -> dict[str, str]:
    """The tag of a run that an operator launches now."""
    return {dagster_client.OPERATOR_TAG: now().isoformat()}


def launch(task: Task, body: Body, tags: dict[str, str] | None = None) -> Ended:
    return step_runs.execute(task.kind, task.key, body, tags or stamp())


def finish(run: RunContext) -> None:
    """The body of a run that makes what was asked for."""
    if run.task_id:
        with run.write() as session:
            tasks.finish(session, run.task_id)


def fail(task: Task) -> None:
    with transaction() as session:
        tasks.fail(session, task.id, InternalError("It broke."))


def cancel(task: Task) -> None:
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, task.id))


def newest(task: Task) -> Task:
    with transaction() as session:
        return tasks.newest(session, task.kind, task.key)


@pytest.mark.slow
@pytest.mark.parametrize("end", [fail, cancel])
def test_a_run_on_a_row_that_failed_is_a_retry_of_its_task(task: Task, end: Callable[[Task], None]) -> None:
    end(task)
    ended = launch(task, finish)
    again = newest(task)
    assert (again.retry_of, again.state, ended.has_made) == (task.id, "done", True)
    assert ended.tags.items() >= dagster_client.task_tags(again).items()
    with transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.object_id == task.id)).all()
    assert [(event.actor, event.action) for event in events] == [("operator", "tasks.retry")]


@pytest.fixture
def receiver(database: None) -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def test_the_clients_webhook_sees_the_retry_that_a_run_enters(task: Task, receiver: Receiver) -> None:
    _, secret = registered.register(task.workspace_id, receiver.url)
    fail(task)
    launch(task, finish)
    registered.deliver()
    assert told(receiver, secret) == [("task.failed", task.id, None), ("task.completed", newest(task).id, task.id)]


@pytest.mark.slow
def test_the_webhook_of_one_task_sees_its_retries(workspace_id: UUID, receiver: Receiver) -> None:
    task = requested_avatars.request(workspace_id)
    with transaction() as session:
        secret = endpoints.create_for_task(session, workspace_id, task.id, receiver.url)
    fail(task)
    launch(task, raises(InternalError("It broke again.")))
    again = newest(task)
    launch(task, finish)
    registered.deliver()
    assert told(receiver, secret) == [
        ("task.failed", task.id, None),
        ("task.failed", again.id, task.id),
        ("task.completed", newest(task).id, again.id),
    ]


def told(receiver: Receiver, secret: str) -> list[tuple[str, str, str | None]]:
    """Type, task and what it retries, of each event that the receiver has got."""
    events = [received.verified(secret) for received in receiver.received]
    return [(event["type"], event["data"]["task_id"], event["data"]["retry_of"]) for event in events]


def test_a_run_that_fails_again_ends_the_retry_with_its_error(task: Task) -> None:
    fail(task)
    assert launch(task, raises(InternalError("It broke again."))).status is FAILURE
    again = newest(task)
    assert (again.retry_of, again.state, (again.error or {})["message"]) == (task.id, "error", "It broke again.")


def test_a_run_on_a_row_that_is_done_leaves_its_task_alone(task: Task) -> None:
    assert launch(task, finish).has_made
    assert launch(task, finish).has_made
    assert (newest(task).id, newest(task).state) == (task.id, "done")


def test_a_cancel_after_the_launch_is_not_undone(task: Task) -> None:
    launched = stamp()
    cancel(task)
    ended = launch(task, raises(AssertionError("It worked.")), launched)
    assert (ended.status, newest(task).id) == (CANCELED, task.id)


def test_a_cancel_after_the_launch_is_not_undone_where_the_task_had_gone_on_with_another_row(task: Task) -> None:
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        deferral.switch_subject(session, task.id, kind="burn_in", key=str(uuid4()), lane="media")
    launched = stamp()
    cancel(task)
    ended = launch(task, raises(AssertionError("It worked.")), launched)
    assert (ended.status, newest(task).id) == (CANCELED, task.id)


@pytest.mark.slow
def test_a_cancel_while_it_works_ends_it_and_what_dagster_repeats_of_it(task: Task) -> None:
    launched = stamp()

    def body(run: RunContext) -> None:
        cancel(task)
        with run.write():
            raise AssertionError("It writes in spite of the cancel.")

    ended = launch(task, body, launched)
    assert ended.status is CANCELED
    for lost in (ended.tags, launched):  # killed before, or after it was known whose task it had taken
        assert launch(task, raises(AssertionError("It worked.")), {**lost, **REPEATED}).status is CANCELED
    assert (newest(task).id, newest(task).state) == (task.id, "canceled")


def test_what_is_canceled_after_a_launch_costs_nothing(workspace_id: UUID) -> None:
    launched, task = stamp(), requested_avatars.request(workspace_id)
    cancel(task)
    assert launch(task, raises(AssertionError("It worked.")), launched).status is CANCELED
    with transaction() as session:
        balance = credits.balance(session, workspace_id)
    assert (balance.held, balance.charged) == (0, 0)


@pytest.mark.slow
def test_a_repaired_avatar_is_paid_once(workspace_id: UUID) -> None:
    task = requested_avatars.request(workspace_id)
    fail(task)

    def render(run: RunContext) -> None:
        with run.write() as session:
            held.append(credits.balance(session, workspace_id).held)
            credits.charge(session, UUID(task.key), 2.0)
        finish(run)

    held: list[int] = []
    launch(task, render)
    launch(task, render)
    with transaction() as session:
        balance = credits.balance(session, workspace_id)
    assert held[0] > 0
    assert (held[1], balance.held, balance.charged) == (0, 0, credits.price(2.0))


def test_a_row_whose_credits_are_missing_stays_as_it_is(workspace_id: UUID) -> None:
    task = requested_avatars.request(workspace_id)
    fail(task)
    with transaction() as session:
        credits.hold(session, workspace_id, uuid4(), credits.balance(session, workspace_id).available)
    ended = launch(task, raises(AssertionError("It worked.")))
    assert isinstance(ended.raised, dg.Failure)
    assert ended.raised.metadata["code"].value == "plan_limit"
    assert newest(task).id == task.id


def test_a_row_that_was_deleted_is_not_made_again(task: Task) -> None:
    fail(task)
    with transaction() as session:
        deletion.delete_reel(session, task.workspace_id, UUID(task.key))
    ended = launch(task, raises(AssertionError("It worked.")))
    assert isinstance(ended.raised, dg.Failure)
    assert ended.raised.metadata["code"].value == "task_not_found"


def test_a_post_is_not_retried_by_a_run(workspace_id: UUID) -> None:
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="publication", key=str(uuid4()))
    fail(task)
    assert launch(task, finish).status is SUCCESS
    assert newest(task).id == task.id


@pytest.mark.slow
@pytest.mark.parametrize("was_done", [True, False])
def test_a_repeated_run_whose_worker_was_lost_makes_what_it_was_to_make(task: Task, was_done: bool) -> None:
    if was_done:
        launch(task, finish)
    else:
        fail(task)
    by_hand = {**dagster_client.task_tags(task), **stamp(), "dagster/parent_run_id": "1"}

    def body(_run: RunContext) -> None:
        raise KeyboardInterrupt  # as a lost worker leaves it: nothing is written

    lost = launch(task, body, by_hand)
    assert not lost.has_made
    assert launch(task, finish, {**lost.tags, **REPEATED}).has_made
    assert newest(task).state == "done"


# ── tags ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_of_one_asset_gets_the_tags_of_its_row(workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id, name="Mara")
        reel = reels.create(session, twin, ReelSpec(script="Hello.", platform="tiktok", voice_id="en-US"))
        task = reels.create_task(session, reel)
        item = make_item(session, twin, platform="tiktok")
        item.reel_id = reel.id
        workspace = session.get_one(Workspace, workspace_id)
    added = missing_tags(
        "__ASSET_JOB", {"reel_video": ["__ASSET_JOB", "reels"]}, **{"dagster/partition": task.partition_key}
    )
    assert now() - timedelta(minutes=1) < datetime.fromisoformat(added.pop("dagster/operator_run"))
    assert added == {
        "user": workspace.name,
        "twin": "Mara",
        "dagster/platform": "tiktok",
        "dagster/calendar_item": str(item.id),
        "dagster/task_kind": "reel",
        "dagster/queue": "media",
        "dagster/priority": "2",
        "dagster/share.media.studio": str(workspace_id),
    }


def test_a_back_fill_comes_after_all_else_and_never_in_the_lane_of_those_who_wait(workspace_id: UUID) -> None:
    with transaction() as session:
        key, kind = str(uuid4()), "caption"
        task = tasks.create(session, workspace_id=workspace_id, kind=kind, key=key, lane="interactive")
    row = {"dagster/partition": task.partition_key}
    by_hand = missing_tags("captions", **row)
    assert (by_hand["dagster/queue"], by_hand["dagster/priority"]) == ("interactive", "12")
    added = missing_tags("captions", **row, **{"dagster/backfill": "1"})
    assert (added["dagster/queue"], added["dagster/priority"]) == ("media", "-10")
    assert added["dagster/operator_run"] == BACK_FILLED.isoformat(), "what was canceled since stays canceled"
    assert (added["dagster/back_fill_lane"], added["dagster/share.media.studio"]) == ("media", str(workspace_id))


def test_a_run_on_captions_that_went_on_with_a_burn_in_has_the_share_of_their_workspace(workspace_id: UUID) -> None:
    with transaction() as session:
        key = str(uuid4())
        task = tasks.create(session, workspace_id=workspace_id, kind="caption", key=key, lane="media")
        row = {"dagster/partition": task.partition_key}
        tasks.mark_processing(session, "caption", key)
        deferral.switch_subject(session, task.id, kind="burn_in", key=str(uuid4()), lane="media")
    added = missing_tags("captions", **row)
    assert (added["dagster/task_kind"], added["dagster/share.media.studio"]) == ("caption", str(workspace_id))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("then", "lane"),
    [(SwitchLane("io"), "io"), (SwitchLane("interactive"), "media"), (Unavailable("The store is away."), "media")],
)
def test_each_run_that_goes_on_with_what_a_back_fill_repairs_counts_for_its_limit(
    task: Task, then: Exception, lane: str
) -> None:
    fail(task)
    launch(task, raises(then), {**stamp(), **dagster_client.back_fill_tags("media")})
    again = newest(task)
    assert (again.retry_of, again.state) == (task.id, "waiting")
    expected = {"dagster/queue": lane, "dagster/back_fill_lane": lane, "dagster/priority": "-10"}
    assert dagster_client.run_tags(again).items() >= expected.items()
    assert f"dagster/share.{lane}.studio" in dagster_client.run_tags(again)


def test_a_clients_retry_of_what_a_back_fill_could_not_repair_goes_before_back_fills(task: Task) -> None:
    fail(task)
    launch(task, raises(InternalError("It broke again.")), {**stamp(), **dagster_client.back_fill_tags("media")})
    with transaction() as session:
        again = tasks.retry(session, tasks.newest(session, task.kind, task.key))
    tags = dagster_client.run_tags(again)
    assert (tags["dagster/priority"], "dagster/back_fill_lane" in tags) == ("2", False)


def test_a_run_on_figures_goes_to_the_io_lane() -> None:
    days = {"daily_metrics": ["__ASSET_JOB"]}
    assert missing_tags("__ASSET_JOB", days) == {"dagster/queue": "io", "dagster/priority": "7"}
    assert missing_tags("__ASSET_JOB", days, **{"dagster/backfill": "1"})["dagster/back_fill_lane"] == "io"


def test_a_run_of_a_task_has_its_tags_already(task: Task) -> None:
    assert missing_tags("reels", **dagster_client.run_tags(task)) == {}


def test_only_what_a_person_repeats_is_launched_anew(task: Task) -> None:
    tags = {**dagster_client.run_tags(task), **stamp(), "dagster/parent_run_id": "1"}
    assert missing_tags("reels", **tags).keys() == {"dagster/operator_run"}
    assert missing_tags("reels", **tags, **{"dagster/retry_number": "1"}) == {}


def test_what_an_operator_says_of_a_run_holds(task: Task) -> None:
    added = missing_tags("reels", **{"dagster/partition": task.partition_key, "dagster/priority": "99"})
    assert "dagster/priority" not in added
