"""The workspace of a client's key."""

from uuid import UUID

from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.workspaces import workspaces


def workspace_of(client: TestClient) -> UUID:
    with transaction() as session:
        return workspaces.authenticate(session, client.headers["X-API-Key"]).workspace_id
