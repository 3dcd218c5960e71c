"""HTTP client of the demo: requests, progress bars of tasks from their events, downloads."""

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
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
    """Follow a task until it is done, with a progress bar. Returns its result. Raises InternalError when it fails."""
    return wait_for_tasks(client, {label: task_id})[label]


def wait_for_tasks(client: httpx.Client, asked: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Follow tasks until all are done, with a bar for each. Returns the results by label. Raises InternalError."""
    with progress_bars() as shown, ThreadPoolExecutor(len(asked)) as pool:

        def wait(label: str) -> dict[str, Any]:
            row = shown.add_task(label, total=100)
            for task in states(client, f"/tasks/{asked[label]}"):
                shown.update(row, completed=task["progress"])
            result: dict[str, Any] = task["result"]
            return result

        return dict(zip(asked, pool.map(wait, asked), strict=True))


def states(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """The states of a task or a batch until it is done: its events, or polls where these do not come through.

    Raises InternalError when it fails.
    """
    while True:
        for state in _states(client, path):
            raise_if_failed(state)
            yield state
            if state["status"] == "done":
                return
        time.sleep(POLL_SECONDS)


def _states(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    with suppress(httpx.HTTPError), client.stream("GET", f"{path}/events") as response:
        lines = response.raise_for_status().iter_lines()
        yield from (json.loads(line[6:]) for line in lines if line.startswith("data: "))
    yield call_api(client, "GET", path)


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
