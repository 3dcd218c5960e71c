"""`content-pipeline restore` into stores that a person runs: it changes nothing where there is something to lose."""

import os
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from content_pipeline.cli import archive, privileges
from content_pipeline.cli.archive import Manifest
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Workspace, migrations
from content_pipeline.core.settings import settings
from tests.stack.harness import Stack


@pytest.fixture
def stack(database: None, tmp_path: Path) -> Stack:
    """A stack whose stores are those of the tests, and which has none of its own."""
    own = settings()
    return Stack(
        tmp_path / "home",
        CONTENT_PIPELINE_DATABASE_URL=own.database_url.get_secret_value(),
        CONTENT_PIPELINE_DAGSTER_DATABASE_URL=own.dagster_database_url.get_secret_value(),
        CONTENT_PIPELINE_BROKER_URL="redis://127.0.0.1:1/0",
        CONTENT_PIPELINE_S3_ENDPOINT=own.s3_endpoint,
        CONTENT_PIPELINE_S3_ACCESS_KEY=own.s3_access_key,
        CONTENT_PIPELINE_S3_SECRET_KEY=own.s3_secret_key.get_secret_value(),
    )


@pytest.fixture
def backup(database: None, tmp_path: Path) -> Path:
    """An empty one, which the owner of the stack may read."""
    folder = tmp_path / "backups"
    folder.mkdir()
    manifest = Manifest(made_at=now(), bucket=settings().s3_bucket, revision=migrations.newest(), key_check=None)
    with archive.writing(folder / "backup.tar", manifest) as writer:
        writer.add_end()
    if os.geteuid() == 0:
        privileges.hand_over(folder)
    return folder / "backup.tar"


@pytest.mark.nightly
def test_databases_elsewhere_that_are_not_empty_are_refused_and_left_as_they_are(
    stack: Stack, backup: Path, workspace_id: UUID
) -> None:
    stored = sorted(storage.keys_below(""))
    refused = stack.run("restore", str(backup), check=False)
    assert refused.returncode == 2, refused.stdout
    told = " ".join(refused.stderr.split())
    assert "is not empty. Stop all that uses it, then drop the database and create it again." in told
    assert sorted(storage.keys_below("")) == stored
    with transaction() as session:
        assert session.scalars(select(Workspace.id)).all() == [workspace_id]
