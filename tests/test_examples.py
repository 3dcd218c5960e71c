"""The example clients, run from the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from pytest_httpserver import HTTPServer, RequestHandler

from api.main import create_app
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.analytics import analysts
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.workspaces import workspaces
from tests import analyst_history, analyst_roles
from tests.media.samples import SPEECH
from tests.servers import serving


def caption(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "examples" / "captions.py"), str(SPEECH)]
    env = {**os.environ, "API_URL": f"{url}/api/v1/public", "API_KEY": "sk_nobody"}
    return subprocess.run(command, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_an_error_is_printed_with_its_remedy(database: None) -> None:
    with serving(create_app()) as url:
        refused = caption(url)
    assert refused.returncode == 1
    assert refused.stderr.strip() == ("This API key is not valid. Check the X-API-Key header, or create a new key.")


@pytest.mark.slow
def test_an_upload_that_was_interrupted_is_gone_on_with(database: None) -> None:
    with transaction() as session:
        key = workspaces.create_key(session, workspace=str(uuid4()))
    with serving(create_app()) as url:
        api = f"{url}/api/v1/public"
        body = {"file_name": SPEECH.name, "size": SPEECH.stat().st_size}
        headers = {"X-API-Key": key}
        begun = httpx.post(f"{api}/uploads/multipart", json=body, headers=headers).json()
        command = [sys.executable, str(ROOT / "examples" / "upload_in_parts.py"), str(SPEECH)]
        env = {**os.environ, "API_URL": api, "API_KEY": key}
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        upload = httpx.get(f"{api}/uploads/{begun['id']}", headers=headers).json()
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (0, begun["id"], "sent part 1")
    assert (upload["kind"], upload["content_type"]) == ("sound", "audio/flac")


DONE: Final = {"status": "done", "progress": 100, "error": None}


@pytest.mark.slow
def test_a_task_is_followed_by_its_events() -> None:
    half = {"status": "processing", "progress": 50, "error": None}
    sent = [("progress", half), ("done", DONE)]
    with HTTPServer() as server:
        accepted = {"caption_id": "1", "task_id": "sync_1"}
        location = {"Location": "/api/v1/public/tasks/sync_1"}
        server.expect_request("/api/v1/public/captions/generate").respond_with_json(accepted, 202, location)
        stream = ": ping\n\n" + "".join(f"event: {name}\ndata: {json.dumps(task)}\nid: 1\n\n" for name, task in sent)
        server.expect_oneshot_request("/api/v1/public/tasks/sync_1/events").respond_with_data(
            stream, content_type="text/event-stream"
        )
        server.expect_request("/api/v1/public/captions/1.srt").respond_with_data("1\n00:00:00,000 --> …")
        done = caption(server.url_for(""))
    assert done.returncode == 0, done.stderr
    assert done.stderr.split() == ["processing", "50", "%", "done", "100", "%"]


@pytest.mark.slow
def test_a_busy_server_is_retried_after_its_retry_after_and_polled_without_events() -> None:
    with HTTPServer() as server:

        def expect(path: str, method: str = "GET") -> RequestHandler:
            return server.expect_ordered_request(f"/api/v1/public{path}", method=method)

        expect("/captions/generate", "POST").respond_with_json({}, 503, {"Retry-After": "0"})
        accepted = {"caption_id": "1", "task_id": "sync_1"}
        expect("/captions/generate", "POST").respond_with_json(
            accepted, 202, {"Location": "/api/v1/public/tasks/sync_1"}
        )
        expect("/tasks/sync_1/events").respond_with_json({}, 429)
        expect("/tasks/sync_1").respond_with_json({}, 429, {"Retry-After": "0"})
        expect("/tasks/sync_1").respond_with_json(DONE)
        expect("/captions/1.srt").respond_with_data("1\n00:00:00,000 --> …")
        done = caption(server.url_for(""))
        server.check_assertions()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1\n00:00")


@pytest.mark.slow
def test_four_charts_are_drawn_by_an_analyst_who_is_dropped_afterwards(workspace_id: UUID, tmp_path: Path) -> None:
    with transaction() as session:
        analyst_history.fill(session, workspace_id)
    drawn = draw("--output", str(tmp_path / "charts"))
    assert (drawn.returncode, drawn.stderr) == (0, "")
    names = ["best-hours.png", "followers.png", "views-by-day.png", "watch-through.png"]
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == names
    for name in names:
        with Image.open(tmp_path / "charts" / name) as picture:
            assert picture.size == (1600, 896)
            hsv = picture.convert("HSV")
        saturated = sum(hsv.getchannel("S").histogram()[100:])
        assert saturated > 2000, name  # more than paper and text
    with transaction() as session:
        assert analysts.list_all(session) == []


@pytest.mark.nightly
def test_no_curve_is_drawn_of_a_single_day(workspace_id: UUID, tmp_path: Path) -> None:
    with transaction() as session:
        analyst_history.fill(session, workspace_id)
    drawn = draw("--output", str(tmp_path), "--days", "1")
    assert drawn.stderr.count("there are no figures for it yet") == 4
    assert "Warning" not in drawn.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_without_figures_no_chart_is_drawn(workspace_id: UUID, tmp_path: Path) -> None:
    with analyst_roles.analyst(workspace_id) as url:
        refused = draw("--url", url, "--output", str(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.count("there are no figures for it yet") == 4


def draw(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.analytics", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
