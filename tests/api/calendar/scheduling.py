"""Schedules items of the content calendar over HTTP, and ends the tasks of their videos and posts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from content_pipeline.core.errors import InternalError
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task, Twin
from tests.api.conftest import PUBLIC
from tests.core.calendar.planned import finish_and_record
from tests.factories import make_account

CALENDAR = f"{PUBLIC}/content/calendar"


def time_from_now(**time: float) -> str:
    return (now() + timedelta(**time)).isoformat()


def schedule(client: TestClient, item_body: dict[str, Any], **changes: Any) -> str:
    created = client.post(CALENDAR, json=item_body | changes)
    assert created.status_code == 201, created.text
    return created.headers["Location"]


def finish_task(task_id: str, *, done: bool) -> None:
    """Finish the task of a reel or a post, and record its outcome."""
    with transaction() as session:
        task = session.get_one(Task, task_id)
    finish_and_record(task, error=None if done else InternalError("It broke.", remedy="Retry it."))


def create_account(twin_id: str) -> str:
    """Create an account in the twin's workspace. Returns its id."""
    with transaction() as session:
        return str(make_account(session, session.get_one(Twin, UUID(twin_id)).workspace_id).id)
