"""No secret of a connected account is stored or returned in plaintext, after connecting and publishing."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import NullPool, create_engine, text

from content_pipeline.core.platforms.registry import PLATFORMS
from tests.stack.client import REDIRECT_URI, Client
from tests.stack.harness import Stack

# Files of the sandbox and stores, and those with the stack's passwords (mode 0600).
KEPT_SECRET = {"sandbox", "stack.json", "stack.env", "postgres", "objects", "valkey", "s3.json", "valkey.conf"}


def secrets_of(stack: Stack) -> set[str]:
    """Every code, token and upload URL that the platforms issued, the app secrets and the encryption key."""
    with closing(sqlite3.connect(f"file:{stack.home}/sandbox/world.sqlite?mode=ro", uri=True)) as world:
        rows = world.execute("select kind, id, body from documents").fetchall()
    found = {id for kind, id, _ in rows if kind in ("code", "token", "youtube_session")}
    for kind, _, body in rows:
        if kind in ("linkedin_video", "tiktok_publish"):
            found |= set(re.findall(r'"[\w-]*token": "([\w\-.~]{16,})"', body))
    return found | {f"sandbox-{platform}-secret" for platform in PLATFORMS} | {_stack_secret(stack, "encryption_key")}


def _stack_secret(stack: Stack, name: str) -> str:
    return str(json.loads((stack.home / "stack.json").read_text())[name])


def written(stack: Stack) -> Iterator[tuple[str, str]]:
    """Everything that the stack wrote: its files, and each row of both databases, as (place, content)."""
    for path in stack.home.rglob("*"):
        if path.is_file() and path.relative_to(stack.home).parts[0] not in KEPT_SECRET:
            yield str(path), path.read_bytes().decode("latin-1")
    settings = (stack.home / "stack.env").read_text()
    for name in ("DATABASE_URL", "DAGSTER_DATABASE_URL"):
        url = re.search(rf"^CONTENT_PIPELINE_{name}=(.*)$", settings, re.MULTILINE)
        assert url
        yield from rows(url[1])


def rows(url: str) -> Iterator[tuple[str, str]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        tables = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
        for table in tables:
            for (row,) in connection.execute(text(f'select t::text from "{table}" t')):
                yield f"table {table}", row


def test_no_secret_of_an_account_is_written_in_plaintext(
    stack: Stack,
    client: Client,
    reel_url: str,
) -> None:
    accounts = {platform: client.connect(stack.sandbox, platform) for platform in PLATFORMS}
    answers = [_bad_callback(stack, client)]
    stack.sandbox.fail("instagram", "commit", "status", status=400, body={"error": {"code": 100, "message": "No."}})
    stack.sandbox.fail("youtube", "prepare", "status", status=500)
    body = {
        "platforms": list(PLATFORMS),
        "reel_url": reel_url,
        "caption": f"Nothing to see {uuid4()}",
        "accounts": accounts,
    }
    for result in client.post("/social/publish", json=body)["results"]:
        client.wait_for_task(result["task_id"])
        answers.append(json.dumps(client.get(f"/social/publish/{result['task_id']}")))
    answers.append(client.http.get("/social/accounts").text)
    secrets = secrets_of(stack)
    assert len(secrets) > 15
    places = [*written(stack), *(("an answer", answer) for answer in answers)]
    assert len(places) > 100
    leaks = {(place, _shortened(secret)) for place, content in places for secret in secrets if secret in content}
    assert leaks == set()


def _bad_callback(stack: Stack, client: Client) -> str:
    """The response to a callback with a foreign state."""
    begun = client.http.post("/social/connect/tiktok", json={"redirect_uri": REDIRECT_URI}).json()
    back = stack.sandbox.decide(begun["authorize_url"])
    answer = httpx.get(back.copy_set_param("state", "somebody-elses"))
    assert answer.status_code == 400
    return answer.text + str(answer.headers)


def _shortened(secret: str) -> str:
    return f"{secret[:6]}… ({len(secret)} characters)"


def test_the_search_finds_a_leaked_token(stack: Stack, tmp_path: Path) -> None:
    """The search itself: a token in a log is found."""
    token = next(iter(secrets_of(stack)))
    log = stack.home / "logs" / "leak.log"
    log.write_text(f"GET /me?access_token={token}")
    try:
        assert any(token in content for _, content in written(stack))
    finally:
        log.unlink()
