"""The receivers of docs/guides/webhooks.md, with the libraries that they name, against what we deliver."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from content_pipeline.cli.stack_config import ROOT
from tests.core.webhooks.registered import deliver, happen, register
from tests.programs import leave_out, need
from tests.webhook_receiver import Received, Receiver

DOCUMENT: Final = (ROOT / "docs" / "guides" / "webhooks.md").read_text()
# Answers each request of a JSON list, one line each.
MAIN: Final = """
import { readFileSync } from "node:fs";
import { receive } from "./receiver.mjs";
console.log = () => {};
const answers = JSON.parse(readFileSync(0)).map(({ body, headers, secret }) => receive(body, headers, secret));
process.stdout.write(JSON.stringify(answers));
"""

Receive = Callable[[list[Received], str], list[int]]


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found
    return found[1]


def in_python(requests: list[Received], secret: str) -> list[int]:
    scope: dict[str, Any] = {}
    exec(example("python"), scope)
    return [scope["receive"](request.body, request.headers, secret) for request in requests]


@pytest.fixture(scope="module")
def in_node(tmp_path_factory: pytest.TempPathFactory) -> Receive:
    node, npm, folder = need("node"), need("npm"), tmp_path_factory.mktemp("node")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "standardwebhooks@1.1.1"]
    installed = subprocess.run(install, capture_output=True, text=True, cwd=folder)
    if installed.returncode:
        leave_out(f"needs the npm package standardwebhooks: {installed.stderr}")
    Path(folder, "receiver.mjs").write_text(example("js"))
    Path(folder, "main.mjs").write_text(MAIN)

    def receive(requests: list[Received], secret: str) -> list[int]:
        asked = [{"body": request.body.decode(), "headers": request.headers, "secret": secret} for request in requests]
        ran = subprocess.run(
            [node, str(folder / "main.mjs")], input=json.dumps(asked), capture_output=True, text=True, check=True
        )
        answers: list[int] = json.loads(ran.stdout)
        return answers

    return receive


def check(receive: Receive, workspace_id: UUID, receiver: Receiver) -> None:
    _, secret = register(workspace_id, receiver.url)
    happen(workspace_id, task_id="one", title="Café ☕")
    deliver()
    (delivered,) = receiver.received
    old = str(int(delivered.headers["webhook-timestamp"]) - 301)
    requests = [
        delivered,
        delivered._replace(body=delivered.body.replace(b"one", b"two")),
        delivered._replace(headers=delivered.headers | {"webhook-timestamp": old}),
        delivered._replace(headers=delivered.headers | {"webhook-id": "another"}),
    ]
    assert receive(requests, secret) == [204, 401, 401, 401]
    assert receive([delivered], "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD") == [401]


def test_the_one_in_python_accepts_our_deliveries_and_no_others(workspace_id: UUID, receiver: Receiver) -> None:
    check(in_python, workspace_id, receiver)


@pytest.mark.slow
def test_the_one_in_node_accepts_our_deliveries_and_no_others(
    workspace_id: UUID, receiver: Receiver, in_node: Receive
) -> None:
    check(in_node, workspace_id, receiver)
