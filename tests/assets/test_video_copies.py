"""Asset `scheduled_video`: a run copies the video of a calendar item once."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.core.calendar import copies
from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import Task
from content_pipeline.core.settings import settings
from tests.asset_runs import execute_task, recorded
from tests.factories import make_item, make_twin
from tests.media import samples


@pytest.mark.slow
def test_a_run_copies_the_video_of_an_item(
    workspace_id: UUID, httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "allowed_private_hosts", [f"localhost:{httpserver.port}"])
    body = samples.video(tmp_path / "reel.mp4", seconds=1).read_bytes()
    httpserver.expect_ordered_request("/reel.mp4").respond_with_data(body)
    with transaction() as session:
        item = make_item(session, make_twin(session, workspace_id), reel_url=httpserver.url_for("/reel.mp4"))
        task = copies.begin(session, item)
    shown = recorded(execute_task(task))["scheduled_video"]
    assert shown["calendar_item"] == f"[{item.title}](/records/calendar_items/{item.id})"
    assert re.fullmatch(r"!\[thumbnail\]\(/pictures/[0-9a-f]{16}/\S+\.jpg\)", shown["thumbnail"])
    assert (shown["scheduled_at"], round(shown["seconds"])) == (item.scheduled_at.timestamp(), 1)
    with transaction() as session:
        assert session.get_one(Task, task.id).state == "done"
    assert storage.exists(f"{workspace_id}/publications/{item.copy_id}/video")
