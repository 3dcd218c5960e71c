"""The store: durability, transactions, sliding windows."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier, Thread

import httpx
import pytest
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from sandbox import sliding_window
from sandbox.store import Store
from tests.polling import until
from tests.sandbox.instagram.creator import connect, create, ended, publish
from tests.sandbox_client import Sandbox
from tests.servers import serving
from tests.stack.harness import free_port

pytestmark = pytest.mark.slow


@contextmanager
def process(folder: Path, clock: Path) -> Iterator[tuple[Sandbox, subprocess.Popen]]:
    """The sandbox as a process of its own, as `up` starts it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "sandbox.main:app", "--port", str(port), "--log-level", "warning"]
    running = subprocess.Popen(command, env={"SANDBOX_FOLDER": str(folder), "SANDBOX_CLOCK": str(clock)})
    with httpx.Client(base_url=url, timeout=30) as http:

        def answers() -> bool:
            try:
                return http.get("/_sandbox/health").is_success
            except httpx.ConnectError:
                return False

        until(answers, seconds=30, what="the sandbox")
        try:
            yield Sandbox(url, http), running
        finally:
            running.kill()
            running.wait()


class SlowHost:
    """A web server that delays its responses until it is `awake`."""

    def __init__(self, folder: Path) -> None:
        self._files = StaticFiles(directory=folder)
        self.asked = self.awake = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked = True
        while not self.awake:
            if (await receive())["type"] == "http.disconnect":
                return
        await self._files(scope, receive, send)


def test_what_was_begun_before_a_kill_goes_on_after_it(tmp_path: Path, reel: Path) -> None:
    folder, clock = tmp_path / "sandbox", tmp_path / "clock-offset"
    slow = SlowHost(reel.parent)
    with serving(slow) as host, process(folder, clock) as (sandbox, running):
        token = connect(sandbox)
        sandbox.advance(3600)
        sandbox.fail("instagram", "commit", "drop")
        container = create(sandbox, token, video_url=f"{host}/reel.mp4").json()["id"]
        until(lambda: slow.asked, seconds=10, what="the fetch")
        running.kill()
        running.wait()
        slow.awake = True
        _check_resumed(folder, clock, token, container)


def _check_resumed(folder: Path, clock: Path, token: str, container: str) -> None:
    with process(folder, clock) as (sandbox, _):
        assert ended(sandbox, token, container)["status_code"] == "FINISHED"
        with pytest.raises(httpx.RemoteProtocolError):
            publish(sandbox, token, container)
        media = publish(sandbox, token, container).json()["id"]
        assert [post["id"] for post in sandbox.posts()] == [media]
    assert float(clock.read_text()) == 3600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as store:
        yield store


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    store.put("thing", "1", {"state": "old"})

    def change() -> None:
        with store.transaction():
            store.put("thing", "1", {"state": "new"})
            with store.transaction():
                store.put("thing", "2", {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert store.find("thing") == [{"state": "old"}]


def test_many_at_once_never_go_over_a_limit(store: Store) -> None:
    start, shares = Barrier(8), []

    def use() -> None:
        start.wait()
        shares.extend(sliding_window.record(store, "calls", seconds=60, limit=20) for _ in range(10))

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(share <= 1 for share in shares) == 20


def test_a_window_slides(store: Store) -> None:
    assert sliding_window.record(store, "calls", seconds=60, limit=2) == 0.5
    store.advance(40)
    assert sliding_window.record(store, "calls", seconds=60, limit=2) == 1
    store.advance(15)
    assert sliding_window.record(store, "calls", seconds=60, limit=2) > 1
    store.advance(6)
    assert sliding_window.record(store, "calls", seconds=60, limit=2) == 1
