"""The state machine of tasks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from content_pipeline.core.errors import Conflict, InternalError, Invalid, NotFound
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.tasks import cancellation, deferral, leases, starts, tasks
from tests.core.lock_waits import is_lock_awaited
from tests.factories import make_workspace
from tests.polling import until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def session() -> Iterator[Session]:
    with transaction() as session:
        yield session


def queued(session: Session, workspace_id: UUID) -> Task:
    return tasks.create(session, workspace_id=workspace_id, kind="caption", key=str(uuid4()), lane="interactive")


def taken(session: Session, workspace_id: UUID) -> Task:
    task = tasks.mark_processing(session, "caption", queued(session, workspace_id).key)
    assert task
    return task


def test_one_row_never_has_two_open_tasks(session: Session, workspace_id: UUID) -> None:
    task = queued(session, workspace_id)
    with pytest.raises(Conflict) as caught:
        tasks.create(session, workspace_id=workspace_id, kind="caption", key=task.key, lane="media")
    assert caught.value.code == "task_open"


def test_a_run_takes_the_open_task_of_its_subject(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    assert task.state == "processing"
    assert task.started_at is not None


def test_a_run_without_an_open_task_takes_none(session: Session) -> None:
    assert tasks.mark_processing(session, "caption", str(uuid4())) is None


def test_another_workspaces_task_does_not_exist(session: Session, workspace_id: UUID) -> None:
    with pytest.raises(NotFound):
        tasks.get(session, uuid4(), queued(session, workspace_id).id)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(fractions=st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_progress_never_goes_back_and_ends_below_a_hundred(fractions: list[float]) -> None:
    with transaction() as session:
        workspace_id = make_workspace(session)
        task = taken(session, workspace_id)
        seen = [0]
        for fraction in fractions:
            tasks.set_progress(session, task.id, fraction)
            session.refresh(task)
            seen.append(task.progress)
    assert seen == sorted(seen)
    assert seen[-1] == int(99 * max(fractions))


def test_a_finished_task_is_at_a_hundred(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    tasks.finish(session, task.id)
    session.refresh(task)
    assert (tasks.wire_status(task), task.progress) == ("done", 100)


@pytest.mark.parametrize("end", ["done", "error", "canceled"])
def test_terminal_is_terminal(session: Session, workspace_id: UUID, end: str) -> None:
    task = taken(session, workspace_id)
    {
        "done": lambda: tasks.finish(session, task.id),
        "error": lambda: tasks.fail(session, task.id, InternalError("x")),
        "canceled": lambda: cancellation.cancel(session, task),
    }[end]()
    session.refresh(task)
    before = (task.state, task.progress, task.error, task.finished_at)
    tasks.set_progress(session, task.id, 1.0)
    tasks.finish(session, task.id)
    tasks.fail(session, task.id, InternalError("later"))
    deferral.defer(session, task.id, not_before=now(), attempt=1, lane="io")
    assert tasks.mark_processing(session, task.subject_kind, task.subject_key) is None
    assert not starts.reserve_start(session, task)
    with pytest.raises(Conflict):
        cancellation.cancel(session, task)
    session.refresh(task)
    assert (task.state, task.progress, task.error, task.finished_at) == before == (end, *before[1:])


def test_a_cancel_fences_off_the_run_of_the_task(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    session.commit()
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    leases.claim(run_id, tasks.subject("caption", task.key))
    with transaction() as other:
        cancellation.cancel(other, task)
    with pytest.raises(leases.Stopped), leases.fenced(run_id):
        pass


def test_a_retry_is_a_new_task_that_names_the_old(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    tasks.fail(session, task.id, InternalError("x"))
    session.refresh(task)
    again = tasks.retry(session, task)
    assert (again.retry_of, again.state, again.key) == (task.id, "queued", task.key)
    assert tasks.newest(session, "caption", task.key).id == again.id


def test_a_task_is_retried_once(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    tasks.fail(session, task.id, InternalError("x"))
    session.refresh(task)
    again = tasks.retry(session, task)
    tasks.mark_processing(session, again.kind, again.key)
    tasks.finish(session, again.id)
    with pytest.raises(Conflict) as caught:
        tasks.retry(session, task)
    assert caught.value.code == "task_retried"


# ── irrevocable tasks ────────────────────────────────────────────────────────────────────────────────────


def irrevocable(session: Session, workspace_id: UUID) -> Task:
    task = taken(session, workspace_id)
    tasks.set_irrevocable(session, task.id, True)
    session.refresh(task)
    return task


def test_what_cannot_be_taken_back_cannot_be_canceled_and_its_run_goes_on(workspace_id: UUID) -> None:
    with transaction() as session:
        task, other = irrevocable(session, workspace_id), queued(session, workspace_id)
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    leases.claim(run_id, tasks.subject("caption", task.key))
    with pytest.raises(Conflict) as caught, transaction() as session:
        cancellation.cancel_all(session, [other, task])
    assert caught.value.code == "task_irrevocable"
    with leases.fenced(run_id) as session:
        assert session.get_one(Task, other.id).state == "queued"
        tasks.set_irrevocable(session, task.id, False)
    with transaction() as session:
        cancellation.cancel(session, task)


def test_a_cancel_also_fences_off_a_run_that_claims_and_takes_the_task_meanwhile(
    workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop_and_lose_the_race(session: Session, subject: str) -> None:
        stop(session, subject)
        if not stopped:
            leases.claim(run_id, subject)
            with leases.fenced(run_id) as run:
                assert tasks.mark_processing(run, "caption", task.key)
        stopped.append(subject)

    with transaction() as session:
        task = queued(session, workspace_id)
    leases.begin(run_id := str(uuid4()), "media@test")
    stopped: list[str] = []
    stop = leases.stop_subject
    monkeypatch.setattr(leases, "stop_subject", stop_and_lose_the_race)
    with transaction() as session:
        cancellation.cancel(session, task)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "canceled"
    with pytest.raises(leases.Stopped), leases.fenced(run_id):
        pass
    assert len(stopped) == 2


def test_what_cannot_be_taken_back_and_failed_may_have_happened(session: Session, workspace_id: UUID) -> None:
    task = irrevocable(session, workspace_id)
    tasks.fail(session, task.id, InternalError("It broke.", remedy="Retry it."))
    session.refresh(task)
    assert task.error == {
        "code": "unconfirmed",
        "message": "It broke. It is not known whether the post was published.",
        "remedy": "Check the account on the platform. A retry also checks before it publishes.",
        "retryable": False,
    }
    again = tasks.retry(session, task)
    with pytest.raises(Conflict, match="can no longer be canceled"):
        cancellation.cancel(session, again)
    tasks.fail(session, again.id, InternalError("Nobody knows.", code="unconfirmed"))
    session.refresh(again)
    assert again.error
    assert again.error["message"] == "Nobody knows."


# ── waiting ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_that_waits_for_others_is_woken_into_one_run(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    assert not starts.resume(session, task), "it is at work"
    deferral.defer(session, task.id, not_before=now() + timedelta(hours=1), attempt=0, lane="io", for_others=True)
    session.refresh(task)
    assert task.id not in {found.id for found in starts.unattended(session)}
    assert starts.resume(session, task)
    assert (task.starts, task.waits) == (2, 1)
    assert task.id not in {found.id for found in starts.unattended(session)}, (
        "the caller that resumed it launches its run"
    )
    cancellation.cancel(session, task)
    assert not starts.resume(session, task)


@pytest.mark.parametrize("for_others", [True, False])
def test_only_waits_for_others_are_counted(session: Session, workspace_id: UUID, for_others: bool) -> None:
    task = taken(session, workspace_id)
    deferral.defer(session, task.id, not_before=now(), attempt=1, lane="media", for_others=for_others)
    session.refresh(task)
    assert task.waits == for_others


def test_only_what_failed_can_be_retried(session: Session, workspace_id: UUID) -> None:
    with pytest.raises(Conflict) as caught:
        tasks.retry(session, queued(session, workspace_id))
    assert caught.value.code == "task_not_failed"


def test_two_starters_that_saw_the_same_task_start_one_run(workspace_id: UUID) -> None:
    with transaction() as session:
        task_id = queued(session, workspace_id).id
    with transaction() as first, transaction() as second:
        first_copy, second_copy = first.get_one(Task, task_id), second.get_one(Task, task_id)
        assert starts.reserve_start(first, first_copy)
        first.commit()
        assert not starts.reserve_start(second, second_copy)


def test_a_fresh_task_is_left_to_the_request_that_created_it(session: Session, workspace_id: UUID) -> None:
    task = queued(session, workspace_id)
    assert task.id not in {found.id for found in starts.unattended(session)}
    task.not_before = now()
    session.flush()
    assert task.id in {found.id for found in starts.unattended(session)}


def test_a_task_that_switches_its_subject_keeps_its_progress(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    tasks.set_progress(session, task.id, 0.6)
    burn_in = str(uuid4())
    deferral.switch_subject(session, task.id, kind="burn_in", key=burn_in, lane="media")
    assert tasks.mark_processing(session, "burn_in", burn_in)
    tasks.set_progress(session, task.id, 0.5)
    session.refresh(task)
    assert (task.progress, task.kind, task.lane) == (79, "caption", "media")


def test_a_worker_that_shuts_down_requeues_its_tasks(session: Session, workspace_id: UUID) -> None:
    task = taken(session, workspace_id)
    deferral.requeue(session, [tasks.subject("caption", task.key)])
    session.refresh(task)
    assert (task.state, tasks.wire_status(task)) == ("waiting", "processing")
    assert task.id in {found.id for found in starts.unattended(session)}


def test_pages_hold_each_task_once_newest_first(session: Session, workspace_id: UUID) -> None:
    made = [queued(session, workspace_id).id for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page, cursor = tasks.list_page(session, workspace_id, limit=2, cursor=cursor)
        seen += [task.id for task in page]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_an_invented_cursor_is_refused(session: Session, workspace_id: UUID) -> None:
    with pytest.raises(Invalid) as caught:
        tasks.list_page(session, workspace_id, limit=2, cursor="bm9wZQ==")
    assert caught.value.code == "cursor_invalid"


def test_a_cancel_and_the_progress_bar_never_lock_each_other_out(workspace_id: UUID) -> None:
    with transaction() as session:
        task = taken(session, workspace_id)
    run_id = str(uuid4())
    leases.begin(run_id, "media@test")
    leases.claim(run_id, tasks.subject("caption", task.key))

    def cancel() -> None:
        with transaction() as session:
            cancellation.cancel(session, task)

    with ThreadPoolExecutor(1) as pool:
        with leases.fenced(run_id) as session:
            canceling = pool.submit(cancel)
            until(is_lock_awaited, seconds=30, what="a cancel that waits for the fence")
            tasks.set_progress(session, task.id, 0.5)
        canceling.result()
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "canceled"


def test_a_task_that_a_run_has_just_taken_is_not_started_again(workspace_id: UUID) -> None:
    with transaction() as session:
        task = queued(session, workspace_id)
    with transaction() as session:
        tasks.mark_processing(session, "caption", task.key)
    with transaction() as session:
        assert not starts.reserve_start(session, task)
