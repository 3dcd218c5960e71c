"""Fixture: an account with metrics."""

from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.infrastructure.database import transaction
from tests.api.client_workspace import workspace_of
from tests.factories import make_account


@pytest.fixture
def account_id(client: TestClient) -> UUID:
    with transaction() as session:
        return make_account(session, workspace_of(client), "instagram").id
