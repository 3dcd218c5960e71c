"""Each change that webhooks tell of is recorded once, in its own transaction."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from content_pipeline.core.calendar import items
from content_pipeline.core.errors import InternalError, Invalid
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.platforms.accounts import accounts, tokens
from content_pipeline.core.platforms.base import Disconnected
from content_pipeline.core.tasks import cancellation, tasks
from content_pipeline.core.webhooks.events import EVENT_TYPES
from tests.accounts import connect
from tests.core.calendar.planned import connect as make_account
from tests.core.calendar.planned import create_due_item, finish_and_record, start_posts
from tests.core.webhooks.registered import recorded, register
from tests.factories import make_item, make_twin
from tests.sandbox_server import Sandbox


@pytest.fixture(autouse=True)
def _webhook(workspace_id: UUID) -> None:
    register(workspace_id)


def told(workspace_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of what was recorded, the oldest first."""
    events = recorded(workspace_id)
    assert {event.type for event in events} <= set(EVENT_TYPES)
    return [(event.type, event.data) for event in events]


def make_task(workspace_id: UUID, **fields: Any) -> Task:
    with transaction() as session:
        task = tasks.create(session, workspace_id=workspace_id, kind="reel", key=str(uuid4()), **fields)
        tasks.mark_processing(session, "reel", task.key)
    return task


@pytest.mark.parametrize(
    ("end", "event_type", "status", "code"),
    [
        (lambda session, task: tasks.finish(session, task.id), "task.completed", "done", None),
        (lambda session, task: tasks.fail(session, task.id, InternalError("No.")), "task.failed", "error", "broken"),
        (lambda session, task: cancellation.cancel(session, task), "task.canceled", "error", "canceled"),
    ],
)
def test_the_end_of_a_task_is_told_once(
    workspace_id: UUID, end: Callable[..., None], event_type: str, status: str, code: str | None
) -> None:
    task = make_task(workspace_id)
    for _ in range(2):
        with transaction() as session:
            if session.get_one(Task, task.id).state in tasks.OPEN:
                end(session, task)
            else:
                tasks.finish(session, task.id)
    ((told_type, data),) = told(workspace_id)
    assert told_type == event_type
    assert (data["task_id"], data["kind"], data["resource_id"], data["status"]) == (task.id, "reel", task.key, status)
    assert (data["error"] or {}).get("code") == code
    assert data["finished_at"]


def test_a_batch_tells_of_each_row_and_of_its_end(workspace_id: UUID) -> None:
    with transaction() as session:
        parent = tasks.create(session, workspace_id=workspace_id, kind="batch", key=str(uuid4()))
    children = [make_task(workspace_id, parent=parent) for _ in range(3)]
    for child in children[:2]:
        with transaction() as session:
            tasks.finish(session, child.id)
    with transaction() as session:
        tasks.fail(session, children[2].id, InternalError("It broke."))
    events = told(workspace_id)
    assert [event_type for event_type, _ in events if event_type.startswith("task.")] == [
        "task.completed", "task.completed", "task.failed", "task.completed",
    ]  # fmt: skip
    progress = [data for event_type, data in events if event_type == "batch.progress"]
    assert [(data["done"], data["failed"], data["total"]) for data in progress] == [(1, 0, 3), (2, 0, 3), (2, 1, 3)]
    assert {(data["task_id"], data["batch_id"]) for data in progress} == {(parent.id, parent.key)}


def test_an_item_tells_of_its_way_to_its_post(workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
    account = make_account(twin)
    item_id = create_due_item(twin)
    (task,) = start_posts(twin)
    finish_and_record(task)
    moves = [(name, data) for name, data in told(workspace_id) if name.startswith("calendar_item.")]
    assert [name for name, _ in moves] == [
        "calendar_item.scheduled", "calendar_item.publishing", "calendar_item.published",
    ]  # fmt: skip
    for _, data in moves[1:]:
        assert (data["item_id"], data["account_id"]) == (str(item_id), str(account.id))
        assert data["publication_id"] == task.key


def test_a_canceled_item_tells_why(workspace_id: UUID) -> None:
    with transaction() as session:
        item = make_item(session, make_twin(session, workspace_id))
        items.cancel(session, item)
    (_, (name, data)) = told(workspace_id)
    assert (name, data["status"], data["reason"]["code"]) == ("calendar_item.canceled", "canceled", "canceled")


def test_an_item_tells_that_it_was_created(workspace_id: UUID) -> None:
    with transaction() as session:
        item = make_item(session, make_twin(session, workspace_id))
    ((name, data),) = told(workspace_id)
    assert name == "calendar_item.scheduled"
    assert (data["item_id"], data["twin_id"], data["reason"]) == (str(item.id), str(item.twin_id), None)


def test_an_item_that_is_refused_tells_nothing(workspace_id: UUID) -> None:
    with pytest.raises(Invalid), transaction() as session:
        make_item(session, make_twin(session, workspace_id), script="", reel_url=None)
    assert told(workspace_id) == []


@pytest.mark.slow
def test_an_account_tells_when_it_is_connected_lost_and_disconnected(workspace_id: UUID, platforms: Sandbox) -> None:
    account = connect(platforms, workspace_id, "youtube")
    token = accounts.decrypt_tokens(account).access
    for _ in range(2):
        tokens.mark_disconnected(account.id, token, Disconnected("Consent was revoked.", remedy="Connect it again."))
    accounts.disconnect(workspace_id, "youtube")
    events = told(workspace_id)
    assert [name for name, _ in events] == [
        "account.connected",
        "account.needs_reconnect",
        "account.disconnected",
    ]
    assert {data["account_id"] for _, data in events} == {str(account.id)}
    assert [(data["reason"] or {}).get("message") for _, data in events] == [None, "Consent was revoked.", None]
    assert token not in str(events)
