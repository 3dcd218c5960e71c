"""API client of one workspace of a stack."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from time import sleep
from typing import Any

import httpx

from tests.connect_page import filled_in
from tests.polling import until
from tests.sandbox_client import Sandbox

# OAuth redirect URI of the client; nothing listens there.
REDIRECT_URI = "http://127.0.0.1/connected"


@dataclass
class Client:
    """API client of one workspace."""

    http: httpx.Client

    def caption(self, recording: Path, **fields: Any) -> dict[str, Any]:
        files = {"audio_file": (recording.name, recording.read_bytes())}
        return _accepted(self.send_files("/captions/generate", files, data=fields))

    def send_files(self, path: str, files: dict[str, tuple[str, bytes]], **options: Any) -> httpx.Response:
        """Send a form with files, as often as `answered` does."""
        return answered(lambda: self.http.post(path, files=files, **options))

    def create_twin(self, name: str = "Tech Creator") -> str:
        """Create a twin. Returns its id."""
        answer = self.http.post("/twins", json={"name": name, "voice_id": "en-US", "style_tags": ["casual"]})
        assert answer.status_code == 201, answer.text
        twin_id: str = answer.json()["id"]
        return twin_id

    def batch(self, *rows: str | dict[str, str], twin: str | None = None) -> dict[str, Any]:
        """Upload a CSV of scripts or whole rows. Returns the response."""
        cells = [row if isinstance(row, dict) else {"script": row} for row in rows]
        file = io.StringIO()
        columns = ["script", "platform", "format", "voice_id", "title", "background_url", "music"]
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(cells)
        form = {"twin_id": twin or self.create_twin(), "platform": "instagram"}
        return self.post("/bulk/reels", files={"csv_file": ("scripts.csv", file.getvalue())}, data=form)

    def jobs(self, batch_id: str) -> list[dict[str, Any]]:
        """The rows of a batch."""
        jobs: list[dict[str, Any]] = self.get(f"/bulk/reels/{batch_id}")["jobs"]
        return jobs

    def download(self, url: str, target: Path) -> Path:
        """Download a presigned URL to `target`."""
        response = httpx.get(url)
        assert response.status_code == 200, response.text
        target.write_bytes(response.content)
        return target

    def connect(self, sandbox: Sandbox, platform: str, username: str = "mara.bakes") -> str:
        """Connect an account through the platform's consent page and ours. Returns its id."""
        answer = self.http.post(f"/social/connect/{platform}", json={"redirect_uri": REDIRECT_URI})
        assert answer.status_code == 200, answer.text
        back = sandbox.decide(answer.json()["authorize_url"], username=username)
        page = httpx.get(back, timeout=60)
        ours = httpx.post(back.copy_with(query=None), data=filled_in(page), timeout=60)
        assert ours.status_code == 303, ours.text
        params = httpx.URL(ours.headers["location"]).params
        assert "account_id" in params, params
        return params["account_id"]

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        return _accepted(self.http.post(path, **body))

    def get(self, path: str) -> dict[str, Any]:
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def task(self, task_id: str) -> dict[str, Any]:
        return self.get(f"/tasks/{task_id}")

    def wait_for_task(self, task_id: str, seconds: float = 120, of: str = "task") -> dict[str, Any]:
        """Wait until the task is final. Returns it. `of` says what it is about, for the failure's message."""

        def final() -> dict[str, Any] | None:
            task = self.task(task_id)
            return task if task["status"] in ("done", "error") else None

        return until(final, seconds=seconds, what=f"the end of {of} {task_id}")

    def wait_for_progress(self, task_id: str) -> dict[str, Any]:
        """Wait until the task is processing and reports progress. Returns it."""

        def begun() -> dict[str, Any] | None:
            task = self.task(task_id)
            return task if task["status"] == "processing" and task["progress"] > 0 else None

        return until(begun, seconds=60, what=f"progress of task {task_id}")


def answered(send: Callable[[], httpx.Response]) -> httpx.Response:
    """The response, sent again after Retry-After where the workspace has sent too much."""
    while (response := send()).status_code == HTTPStatus.TOO_MANY_REQUESTS:
        sleep(int(response.headers["Retry-After"]))
    return response


def _accepted(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == HTTPStatus.ACCEPTED, response.text
    accepted: dict[str, Any] = response.json()
    return accepted
