"""Partition keys: readable, unique, and the row's id can be read back from each."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, Workspace
from content_pipeline.core.tasks import cancellation, deferral, tasks
from content_pipeline.core.tasks.partition_keys import partition_key, row_id

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
ID = "5bc41d91-867a-4ccb-821a-2b9544c45719"


@pytest.mark.parametrize(
    ("workspace", "key"),
    [
        ("studio", f"2026-11-26-studio-{ID}"),
        ("Mara's Bakery & Café", f"2026-11-26-mara-s-bakery-caf-{ID}"),
        ("工作室", f"2026-11-26-{ID}"),
        ("n" * 200, f"2026-11-26-{'n' * 32}-{ID}"),
    ],
)
def test_a_key_begins_with_the_day_and_names_the_workspace(workspace: str, key: str) -> None:
    assert partition_key(NOON, workspace, ID) == key


@pytest.mark.slow
@given(st.datetimes(timezones=st.just(UTC)), st.text(), st.uuids())
def test_a_key_gives_the_id_back_and_is_one_plain_word(created_at: datetime, workspace: str, row: UUID) -> None:
    key = partition_key(created_at, workspace, str(row))
    assert row_id(key) == str(row)
    assert key.replace("-", "").isalnum()
    assert key.isascii()


def test_a_bare_id_is_a_key_of_an_earlier_release() -> None:
    assert row_id(ID) == ID


def test_a_task_has_the_key_of_the_day_on_which_its_row_was_created(workspace_id: UUID) -> None:
    task = created(workspace_id)
    with transaction() as session:
        name = session.get_one(Workspace, workspace_id).name
    assert task.partition_key == partition_key(now(), name, task.key)


def test_all_tries_at_a_row_have_the_same_key(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    first = created(workspace_id)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, first.id))
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr(tasks, "now", lambda: tomorrow)
    with transaction() as session:
        again = tasks.retry(session, session.get_one(Task, first.id))
        cancellation.cancel(session, again)
        child = tasks.create(session, workspace_id=workspace_id, kind="reel", key=first.key, retry_of=again)
    assert again.partition_key == child.partition_key == first.partition_key


def test_a_task_that_goes_on_with_another_row_has_that_row_s_key(workspace_id: UUID) -> None:
    task = created(workspace_id)
    go_on(task, other := str(uuid4()))
    with transaction() as session:
        moved = session.get_one(Task, task.id)
    assert row_id(moved.partition_key) == other == moved.subject_key


def test_a_row_that_two_tasks_go_on_with_keeps_its_key(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    first, burned = created(workspace_id), str(uuid4())
    go_on(first, burned)
    with transaction() as session:
        cancellation.cancel(session, session.get_one(Task, first.id))
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr(tasks, "now", lambda: tomorrow)
    second = created(workspace_id)
    go_on(second, burned)
    with transaction() as session:
        keys = {session.get_one(Task, task.id).partition_key for task in (first, second)}
    assert [row_id(key) for key in keys] == [burned]


def go_on(task: Task, other: str) -> None:
    """The task goes on with this row."""
    with transaction() as session:
        tasks.mark_processing(session, task.kind, task.key)
        deferral.switch_subject(session, task.id, kind="burn_in", key=other, lane="media")


def created(workspace_id: UUID) -> Task:
    with transaction() as session:
        return tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()))
