"""Rows that tests need before they begin."""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from content_pipeline.core.clock import now
from content_pipeline.core.models import Workspace


def make_workspace(session: Session, plan: str = "studio") -> UUID:
    """A workspace of its own, so that tests do not see each other's rows."""
    workspace = Workspace(id=uuid4(), name=f"workspace-{uuid4()}", plan=plan, created_at=now())
    session.add(workspace)
    session.flush()
    return workspace.id
