"""The twin of the calendar's items."""

from uuid import UUID

import pytest

from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Twin
from tests.factories import make_twin


@pytest.fixture
def twin(workspace_id: UUID) -> Twin:
    with transaction() as session:
        return make_twin(session, workspace_id)
