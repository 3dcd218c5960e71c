"""Audit events: they are kept as they were written, and for as long as the plan says."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.operations.maintenance import retention
from content_pipeline.core.workspaces import audit
from tests.factories import make_workspace


def record(workspace_id: UUID, action: str, monkeypatch: pytest.MonkeyPatch, *, days_ago: float = 0) -> None:
    with monkeypatch.context() as patch, transaction() as session:
        patch.setattr(audit, "now", lambda: now() - timedelta(days=days_ago))
        audit.record(session, workspace_id, audit.OPERATOR, action, "thing", "one")


def actions_of(workspace_id: UUID) -> list[str]:
    with transaction() as session:
        page, _ = audit.list_page(session, workspace_id, limit=50, equal={})
        return [event.action for event in page]


def test_an_event_is_not_changed(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    record(workspace_id, "things.create", monkeypatch)
    with pytest.raises(DBAPIError, match="are not changed"), transaction() as session:
        session.execute(text("update audit_events set actor_name = 'another'"))


def test_events_are_kept_as_long_as_the_plan_says(workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        starter = make_workspace(session, "starter")
    for workspace in (workspace_id, starter):
        for days in (1, 89, 91, 364, 366):
            record(workspace, f"things.{days}", monkeypatch, days_ago=days)
    retention.sweep_rows()
    assert actions_of(workspace_id) == ["things.1", "things.89", "things.91", "things.364"]
    assert actions_of(starter) == ["things.1", "things.89"]
