"""A customer of the soak: a workspace with accounts on all platforms, who does one thing after the other by HTTP."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from bench.environment import PLAN, Environment
from content_pipeline.core.platforms.registry import PLATFORMS
from tests.polling import until
from tests.stack.client import Client

# In a system that keeps up, nothing waits this long.
_PATIENCE_SECONDS: Final = 600
_PAUSE_SECONDS: Final = 0.5
# Enough that newer ones are used while older ones go.
_KEPT: Final = 6


@dataclass
class Customer:
    """Activities share one. `kept` has what was made and is still there: the paths by which it is deleted."""

    environment: Environment
    name: str
    client: Client
    twin: str
    accounts: dict[str, str]
    film: Path
    talk: Path
    files_url: str
    receiver_url: str
    kept: dict[str, deque[str]] = field(default_factory=dict)
    deleting: Lock = field(default_factory=Lock)
    reels: deque[str] = field(default_factory=lambda: deque(maxlen=8))

    def ask(self, method: str, path: str, status: int, **body: Any) -> Any:
        """Send a request, which must be answered with this status. Returns the JSON of the answer."""
        answer = self.client.http.request(method, path, **body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else None

    def done(self, task_id: str) -> dict[str, Any]:
        """Wait until the task is done. Returns its result."""
        task = self.end(task_id)
        assert task["status"] == "done", f"task {task_id}: {task['error']}"
        result: dict[str, Any] = task["result"]
        return result

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until the condition is true. Returns its value."""
        return until(condition, seconds=_PATIENCE_SECONDS, what=what, pause=_PAUSE_SECONDS)

    def keep(self, path: str) -> None:
        """Keep what can be deleted at this path, and delete the oldest of its kind above `_KEPT`."""
        with self.deleting:
            kept = self.kept.setdefault(path.rpartition("/")[0], deque())
            kept.append(path)
            while len(kept) > _KEPT:
                answer = self.client.http.delete(kept[0])
                if answer.status_code == 409:  # an open post is of it: the next time
                    assert answer.json()["code"] == "in_use", answer.text
                    return
                assert answer.status_code == 204, f"DELETE {kept[0]}: {answer.status_code} {answer.text[:300]}"
                kept.popleft()

    def end(self, task_id: str) -> dict[str, Any]:
        """Wait until the task has ended. Returns it."""

        def final() -> dict[str, Any] | None:
            task = self.client.task(task_id)
            return task if task["status"] in ("done", "error") else None

        found: dict[str, Any] = self.wait(final, f"the end of task {task_id}")
        return found


@contextmanager
def customers(
    environment: Environment, number: int, film: Path, talk: Path, files_url: str, receiver_url: str
) -> Iterator[list[Customer]]:
    """New workspaces, with accounts whose names nobody else has, and a webhook for all events."""
    with ExitStack() as stack:
        yield [_customer(environment, stack, film, talk, files_url, receiver_url) for _ in range(number)]


def _customer(
    environment: Environment, stack: ExitStack, film: Path, talk: Path, files_url: str, receiver_url: str
) -> Customer:
    name = f"soak-{uuid4()}"
    client = stack.enter_context(environment.stack.client(name, PLAN))
    accounts = {
        platform: client.connect(environment.stack.sandbox, platform, f"{name[-8:]}-{platform}")
        for platform in PLATFORMS
    }
    customer = Customer(environment, name, client, client.create_twin(), accounts, film, talk, files_url, receiver_url)
    customer.ask("POST", "/webhooks", 201, json={"url": receiver_url})
    return customer
