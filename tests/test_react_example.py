"""The React hook in examples/: type-checked, and run in Node by the query client that React uses."""

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from pytest_httpserver import HTTPServer

from content_pipeline.cli.stack_config import ROOT
from tests.programs import leave_out, need

pytestmark = pytest.mark.slow

PACKAGES: Final = ("typescript@5.9.3", "@tanstack/react-query@5.90.5", "react@19.2.0", "@types/react@19.2.2")
COMPILE: Final = ("--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler")
# Runs the hook's query without React, and prints each state that a component would be shown.
MAIN: Final = """
globalThis.window = globalThis; // without one, nothing is fetched again
const { QueryClient, QueryObserver } = await import('@tanstack/react-query');
const { useTask } = await import('./useTask.mjs');

const options = useTask('1', process.argv[2], 'sk_1');
const observer = new QueryObserver(new QueryClient({ defaultOptions: { queries: { retry: false } } }), options);
let last;
observer.subscribe(({ data, error }) => {
  if (data !== undefined && data !== last) console.log(JSON.stringify(data));
  last = data;
  if (error) console.log(JSON.stringify({ failed: error.message }));
  if (error || data?.status === 'done' || data?.status === 'error') process.exit(0);
});
"""
QUEUED: Final = {"task_id": "1", "status": "queued", "progress": 0, "result": None, "error": None}
HALF: Final = {**QUEUED, "status": "processing", "progress": 50}
DONE: Final = {**QUEUED, "status": "done", "progress": 100, "result": {"output_url": "https://…"}}


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module that runs the compiled hook."""
    node, npm, folder = need("node"), need("npm"), tmp_path_factory.mktemp("react")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
    installed = subprocess.run(install, capture_output=True, text=True, cwd=folder)
    if installed.returncode:
        leave_out(f"needs npm packages: {installed.stderr}")
    (folder / "useTask.ts").write_bytes((ROOT / "examples/react/src/useTask.ts").read_bytes())
    compiler = folder / "node_modules/typescript/bin/tsc"
    compiled = subprocess.run([node, str(compiler), *COMPILE, "useTask.ts"], capture_output=True, text=True, cwd=folder)
    assert compiled.returncode == 0, compiled.stdout
    source = (folder / "useTask.js").read_text()
    without_react = source.replace("import { useQuery } from '@tanstack/react-query';", "const useQuery = (it) => it;")
    assert without_react != source
    (folder / "useTask.mjs").write_text(without_react)
    main = folder / "main.mjs"
    main.write_text(MAIN)
    return main


def shown(hook: Path, server: HTTPServer) -> list[dict[str, Any]]:
    """The states that are shown until the task has ended."""
    command = [need("node"), str(hook), server.url_for("").rstrip("/")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def stream(*states: dict[str, Any]) -> str:
    return "".join(f": ping\r\n\r\nevent: progress\r\ndata: {json.dumps(state)}\r\nid: 1\r\n\r\n" for state in states)


def test_a_task_is_shown_as_it_is_pushed(hook: Path) -> None:
    with HTTPServer() as server:
        events = server.expect_oneshot_request("/api/v1/tasks/1/events", headers={"X-API-Key": "sk_1"})
        events.respond_with_data(stream(QUEUED, HALF, DONE), content_type="text/event-stream")
        assert shown(hook, server)[-1] == DONE
        assert [request.path for request, _ in server.log] == ["/api/v1/tasks/1/events"]


@pytest.mark.parametrize(("status", "sent"), [(502, ""), (200, stream(QUEUED)), (200, "<p>Sign in</p>\n")])
def test_it_is_polled_where_no_events_come_through(hook: Path, status: int, sent: str) -> None:
    with HTTPServer() as server:
        for state in (HALF, DONE):
            server.expect_ordered_request("/api/v1/tasks/1/events").respond_with_data(sent, status)
            server.expect_ordered_request("/api/v1/tasks/1").respond_with_json(state)
        states = shown(hook, server)
        server.check_assertions()
    assert states[-1] == DONE
    assert HALF in states


def test_a_refused_request_is_an_error_with_the_servers_sentence(hook: Path) -> None:
    with HTTPServer() as server:
        server.expect_request("/api/v1/tasks/1/events").respond_with_json({"detail": "No such key."}, 401)
        server.expect_request("/api/v1/tasks/1").respond_with_json({"detail": "No such key."}, 401)
        assert shown(hook, server) == [{"failed": "No such key."}]
