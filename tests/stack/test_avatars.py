"""Avatar videos over HTTP, and the signed event of their end."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from standardwebhooks import Webhook
from werkzeug import Request, Response

from content_pipeline.core.media.probe import probe
from tests.polling import until
from tests.stack.client import Client
from tests.stack.harness import Stack

SCRIPT = "Hello! I am your AI twin."


@pytest.mark.smoke
def test_an_avatar_speaks_a_script_and_its_end_is_told(stack: Stack, client: Client, tmp_path: Path) -> None:
    received: list[Request] = []

    def take(request: Request) -> Response:
        received.append(request)
        return Response(status=204)

    with HTTPServer(port=stack.remote_port) as server:
        server.expect_request("/hook").respond_with_handler(take)
        accepted = client.post(
            "/multimodal/avatar/generate",
            json={
                "twin_id": client.create_twin(),
                "script": SCRIPT,
                "captions": True,
                "webhook_url": server.url_for("/hook"),
            },
        )
        task = client.wait_for_task(accepted["task_id"])
        assert task["status"] == "done", task
        (event,) = until(lambda: received, seconds=60, what="the event")
    job = client.get(f"/multimodal/avatar/{accepted['job_id']}")
    assert job["result"].keys() == {"video_url", "duration_seconds", "credits_billed"}
    media = probe(client.download(job["result"]["video_url"], tmp_path / "avatar.mp4"))
    assert (media.width, media.height, media.frames_per_second) == (1080, 1920, 30.0)
    assert stack.check_results(accepted["task_id"]) == {
        "playable": True,
        "portrait": True,
        "length": True,
        "mouth": True,
        "loudness": True,
    }
    Webhook(accepted["webhook_secret"]).verify(event.data, dict(event.headers))
    told = json.loads(event.data)
    assert (told["type"], told["data"]["task_id"]) == ("task.completed", accepted["task_id"])
    usage = client.get("/usage")["credits"]
    assert (usage["held"], usage["charged"]) == (0, job["result"]["credits_billed"])
