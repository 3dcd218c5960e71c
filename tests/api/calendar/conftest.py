"""Items of the content calendar."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.calendar.scheduling import create_account, schedule, time_from_now
from tests.api.conftest import PUBLIC


@pytest.fixture
def twin_id(client: TestClient) -> str:
    return client.post(f"{PUBLIC}/twins", json={"name": "Tech Creator", "voice_id": "en-US"}).json()["id"]


@pytest.fixture
def item_body(twin_id: str) -> dict[str, Any]:
    """The body that schedules a post in a day."""
    return {
        "twin_id": twin_id,
        "title": "How AI is changing content creation",
        "platform": "instagram",
        "scheduled_at": time_from_now(days=1),
        "script": "AI is transforming how creators work...",
    }


@pytest.fixture
def item(client: TestClient, item_body: dict[str, Any]) -> str:
    """The URL of a new item."""
    return schedule(client, item_body)


@pytest.fixture
def account_id(client: TestClient, twin_id: str) -> str:
    """The only account of the workspace."""
    return create_account(twin_id)
