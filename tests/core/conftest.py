"""Fixtures that several tests of the core share."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.captions import captions
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.publishing import account_lock
from content_pipeline.core.settings import settings
from content_pipeline.core.tasks import leases
from content_pipeline.core.tasks.run_context import RunContext
from tests.core.publishing import posting
from tests.core.publishing.posting import Stage


@pytest.fixture
def server(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """A third party's server, from which files may be fetched."""
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    return httpserver


@pytest.fixture
def run(database: None) -> RunContext:
    leases.begin(run_id := str(uuid4()), "interactive@test")
    return RunContext(run_id, "interactive")


@pytest.fixture
def stage(workspace_id: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(account_lock, "WAIT_SECONDS", 0.2)
    with posting.stage(workspace_id, tmp_path) as stage:
        yield stage


@pytest.fixture
def caption_id(workspace_id: UUID) -> UUID:
    """Captions that have been asked for."""
    with transaction() as session:
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url="http://8.8.8.8/a.mp4", language="en", burn_in=False
        )
    return caption.id
