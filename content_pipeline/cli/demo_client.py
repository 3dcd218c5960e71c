"""HTTP client of the demo: requests, polling of tasks with progress bars, downloads."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from content_pipeline.core.errors import InternalError

POLL_SECONDS: Final = 0.25

console = Console()


def call_api(client: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.request(method, path, **body).raise_for_status().json()
    return answer


def wait_for_task(client: httpx.Client, task_id: str, label: str) -> dict[str, Any]:
    """Poll a task until it is done, with a progress bar. Returns its result. Raises InternalError when it fails."""
    return wait_for_tasks(client, {label: task_id})[label]


def wait_for_tasks(client: httpx.Client, asked: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Poll tasks until all are done, with a bar for each. Returns the results by label. Raises InternalError."""
    results: dict[str, dict[str, Any]] = {}
    with progress_bars() as shown:
        rows = {label: shown.add_task(label, total=100) for label in asked}
        while len(results) < len(asked):
            for label in asked.keys() - results.keys():
                task = call_api(client, "GET", f"/tasks/{asked[label]}")
                shown.update(rows[label], completed=task["progress"])
                if task["status"] == "done":
                    results[label] = task["result"]
                raise_if_failed(task)
            time.sleep(POLL_SECONDS)
    return results


def raise_if_failed(found: Mapping[str, Any]) -> None:
    """Raises InternalError with the error of a task, job or item whose status is `error`."""
    if found["status"] == "error":
        raise InternalError(found["error"]["message"], remedy=found["error"]["remedy"])


def progress_bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<14}"),
        BarColumn(40),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=console,
    )


def download(url: str, target: Path) -> Path:
    target.parent.mkdir(exist_ok=True)
    with httpx.stream("GET", url) as response, target.open("wb") as file:
        response.raise_for_status()
        for chunk in response.iter_bytes():
            file.write(chunk)
    return target.resolve()
