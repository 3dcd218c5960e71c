"""Clients that are generated from the live document: without a warning, and they call each operation once."""

import enum
import importlib
import inspect
import io
import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from api import logs
from content_pipeline.cli.stack_config import ROOT
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import DailyMetric, Task
from tests.api.conftest import PUBLIC
from tests.factories import make_account
from tests.generated_client import FILES, JSON, Call, World, calls
from tests.programs import leave_out, need
from tests.sandbox_client import Sandbox
from tests.servers import serving

pytestmark = pytest.mark.slow

TYPESCRIPT: Final = ROOT / "tests" / "clients"
# A WAV file is bytes to it.
PYTHON: Final = "post_hooks: []\ncontent_type_overrides: {audio/wav: application/octet-stream}\n"


@pytest.fixture(scope="module")
def api_url(app: FastAPI) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "configure", lambda: None)  # would stay configured for the tests that follow
        with serving(app, lifespan="on") as url:
            yield url


@pytest.fixture(scope="module")
def document(api_url: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{api_url}/openapi.json").json()
    return found


@pytest.fixture
def world(connect, platforms: Sandbox) -> World:
    """A workspace that has one of each."""
    client = connect(redirect_uris=["https://yourapp.com/callback"])

    def made(path: str, **sent: Any) -> Any:
        answer = client.post(f"{PUBLIC}{path}", **sent)
        assert answer.is_success, answer.text
        return answer.json()

    twin_id = made("/twins", json={"name": "Tech Creator", "voice_id": "en-US"})["id"]
    caption = made("/captions/generate", data={"reel_url": "http://8.8.8.8/clip.mp4"})
    made(f"/tasks/{caption['task_id']}/cancel")
    with transaction() as session:
        workspace_id = session.get_one(Task, caption["task_id"]).workspace_id
        make_account(session, workspace_id, "tiktok")
        account_id = make_account(session, workspace_id, "instagram").id
        session.add(DailyMetric(account_id=account_id, day=now().date(), estimated=False, views=5))
    form = {"twin_id": twin_id, "platform": "instagram"}
    batch_id = made("/bulk/reels", files={"csv_file": FILES["csv_file"]}, data=form)["batch_id"]
    made(f"/bulk/reels/{batch_id}/cancel")
    post = {"platforms": ["tiktok"], "reel_url": "http://8.8.8.8/clip.mp4", "caption": "Look."}
    webhook_id = made("/webhooks", json={"url": "https://8.8.8.8/hooks"})["id"]
    item = {"twin_id": twin_id, "title": "Bread", "platform": "tiktok", "scheduled_at": "2033-05-02T10:00:00Z"}
    script = {"twin_id": twin_id, "script": "Hello world!"}
    return World(
        client.headers["X-API-Key"],
        twin_id,
        {
            "twin_id": twin_id,
            "task_id": caption["task_id"],
            "caption_id": caption["caption_id"],
            "batch_id": batch_id,
            "job_id": made("/multimodal/avatar/generate", json=script)["job_id"],
            "get_publication.job_id": made("/social/publish", json=post)["results"][0]["task_id"],
            "item_id": made("/content/calendar", json={**item, "script": "Hello world!"})["id"],
            "disconnect.platform": "youtube",  # the accounts have no tokens that could be revoked
            "webhook_id": webhook_id,
            "get_upload.upload_id": made("/uploads", files={"file": FILES["file"]})["id"],
            "delivery_id": made(f"/webhooks/{webhook_id}/test")["id"],
            "memory_id": made("/memory/v2/remember", json={"namespace": f"twin_{twin_id}", "content": "A."})[
                "memory_id"
            ],
        },
    )


def check_all(called: dict[Call, int]) -> None:
    for call, status in called.items():
        call.check(status)
    done = [status for status in called.values() if status < 400]
    assert len(done) > len(called) * 0.7, {call.operation: status for call, status in called.items() if status >= 400}


# ── Python ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def python_client(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package that openapi-python-client generates."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "openapi.json").write_text(json.dumps(document))
    (folder / "config.yml").write_text(PYTHON)
    name = f"generated_{uuid4().hex}"
    options = ["--path", "openapi.json", "--output-path", name, "--meta", "none", "--config", "config.yml"]
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", *options, "--fail-on-warning"]
    generated = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "WARNING" not in generated.stdout
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield importlib.import_module(name)


def test_every_operation_is_called_by_a_generated_python_client(
    python_client: ModuleType, document: dict[str, Any], api_url: str, world: World
) -> None:
    package = python_client.__name__
    client = python_client.AuthenticatedClient(
        api_url, token=world.api_key, prefix="", auth_header_name="X-API-Key", timeout=httpx.Timeout(60)
    )
    modules = {path.stem: path for path in Path(str(python_client.__file__)).parent.glob("api/*/*.py")}
    called = {}
    with client:
        for call in calls(document, world):
            path = modules[call.operation]
            module = importlib.import_module(f"{package}.api.{path.parent.name}.{path.stem}")
            answer = module.sync_detailed(client=client, **arguments(module.sync_detailed, call))
            if call.answers_json and answer.status_code not in (204, 302, 303):
                assert answer.parsed is not None, call.operation
            called[call] = int(answer.status_code)
    check_all(called)


def arguments(function: Any, call: Call) -> dict[str, Any]:
    """The arguments of a generated function, of the types that it names."""
    hints = get_type_hints(function)
    sent = {name: typed(hints[name], value) for name, value in (call.path_values | call.query).items()}
    if call.media_type:
        (body,) = (kind for kind in alternatives(hints["body"]) if inspect.isclass(kind) and hasattr(kind, "from_dict"))
        sent["body"] = body.from_dict(call.body) if call.media_type == JSON else form(body, call)
    return sent


def form(body: type[Any], call: Call) -> Any:
    hints = get_type_hints(body)
    file = importlib.import_module(body.__module__.split(".")[0] + ".types").File
    files = {name: file(io.BytesIO(data), file_name=name_of) for name, (name_of, data) in call.files.items()}
    return body(**{name: typed(hints[name], value) for name, value in call.fields.items()}, **files)


def typed(hint: Any, value: Any) -> Any:
    for kind in alternatives(hint):
        if kind is UUID or (inspect.isclass(kind) and issubclass(kind, enum.Enum)):
            return kind(value)
    return value


def alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


# ── TypeScript ───────────────────────────────────────────────────────────────────────────────────────────

_HEAD: Final = """
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: %s, headers: { "X-API-Key": %s }, redirect: "manual" });
const file = (name: string, data: string) =>
  new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name) as unknown as string;
const multipart = (body: object = {}) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.append(name, value as string);
  return form;
};
const urlencoded = (body: object = {}) => new URLSearchParams(Object.entries(body) as [string, string][]);
const say = (operation: string, { response }: { response: Response }) =>
  console.log(JSON.stringify([operation, response.status]));
"""


@pytest.fixture(scope="module")
def typescript_client(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the types that openapi-typescript generates, and openapi-fetch."""
    npm, folder = need("npm"), tmp_path_factory.mktemp("typescript") / "client"
    shutil.copytree(TYPESCRIPT, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"]
    installed = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if installed.returncode:
        leave_out(f"needs npm packages: {installed.stderr}")
    (folder / "openapi.json").write_text(json.dumps(document))
    # Otherwise fields that have a default could not be left out of a request.
    options = ["--output", "schema.ts", "--default-non-nullable=false"]
    command = [npm, "exec", "--", "openapi-typescript", "openapi.json", *options]
    generated = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    told = generated.stdout + generated.stderr
    assert generated.returncode == 0, told
    assert "warn" not in told.lower(), told
    return folder


def test_every_operation_is_called_by_a_generated_typescript_client(
    typescript_client: Path, document: dict[str, Any], api_url: str, world: World
) -> None:
    made = list(calls(document, world))
    lines = [_HEAD % (json.dumps(api_url), json.dumps(world.api_key)), *map(statement, made)]
    (typescript_client / "main.ts").write_text("\n".join(lines))
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck"]
    command = [need("npm"), "exec", "--", "tsc", *options, "main.ts"]
    compiled = subprocess.run(command, capture_output=True, text=True, cwd=typescript_client)
    assert compiled.returncode == 0, compiled.stdout
    ran = subprocess.run([need("node"), "main.js"], capture_output=True, text=True, cwd=typescript_client)
    assert ran.returncode == 0, ran.stderr
    statuses = dict(json.loads(line) for line in ran.stdout.splitlines())
    for call in made:
        call.check(statuses[call.operation])
    assert len(statuses) == len(made)


def statement(call: Call) -> str:
    """A call in TypeScript, whose values the compiler checks against the types."""
    values = {"path": call.path_values, "query": call.query}
    parts = [f"params: {json.dumps({place: sent for place, sent in values.items() if sent})}"]
    if call.media_type == JSON:
        parts.append(f"body: {json.dumps(call.body)}")
    elif call.media_type:
        encoder = "multipart" if call.media_type.startswith("multipart/") else "urlencoded"
        fields = [f"{name}: {json.dumps(value)}" for name, value in call.fields.items()]
        fields += [
            f"{name}: file({json.dumps(told)}, {json.dumps(b64encode(data).decode())})"
            for name, (told, data) in call.files.items()
        ]
        parts += [f"body: {{ {', '.join(fields)} }}", f"bodySerializer: {encoder}"]
        if encoder == "urlencoded":
            parts.append(f'headers: {{ "Content-Type": "{call.media_type}" }}')
    if not call.answers_json:
        parts.append('parseAs: "text"')
    options = ", ".join(parts)
    name, path = json.dumps(call.operation), json.dumps(call.path)
    return f"say({name}, await client.{call.method.upper()}({path}, {{ {options} }}));"
