"""API keys over HTTP: made, shown once, listed, and refused as soon as they are revoked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api import logs
from api.main import create_app
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.workspaces import api_keys, caller
from content_pipeline.core.workspaces.scopes import Scope
from tests.api.conftest import PUBLIC
from tests.polling import until
from tests.servers import serving

KEYS: Final = f"{PUBLIC}/keys"
USAGE: Final = f"{PUBLIC}/usage"
SCOPES: Final = ["read", "create"]


def make(client: TestClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(KEYS, json={"name": "Newsletter bot", "scopes": SCOPES, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{KEYS}/{made['id']}"
    return made


@pytest.fixture
def with_key(app: FastAPI) -> Callable[[str], TestClient]:
    return lambda key: TestClient(app, headers={"X-API-Key": key})


def test_a_key_is_made_works_as_it_was_asked_for_and_is_shown_once(
    client: TestClient, with_key: Callable[[str], TestClient]
) -> None:
    made = make(client)
    key = made.pop("key")
    assert (made["name"], made["scopes"], made["hint"]) == ("Newsletter bot", SCOPES, key[-4:])
    assert (made["expires_at"], made["revoked_at"], made["last_used_at"]) == (None, None, None)
    (first, own) = client.get(KEYS).json()
    assert (first, client.get(f"{KEYS}/{made['id']}").json(), made["created_by"]) == (made, made, own["id"])
    assert (own["created_by"], own["scopes"]) == (None, ["read", "create", "publish", "admin"])
    assert with_key(key).get(USAGE).status_code == 200
    assert with_key(key).get(KEYS).status_code == 403


def test_no_table_has_the_key_in_clear_text(client: TestClient) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    body = {"name": "Bot", "scopes": ["read"]}
    first, again = (client.post(KEYS, json=body, headers=headers).json() for _ in range(2))
    assert first == again
    with transaction() as session:
        for table in ("api_keys", "idempotency_keys", "audit_events"):
            assert first["key"][3:-8] not in str(session.execute(text(f"select * from {table}")).all())


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"scopes": ["read", "publish"]}, 403, "insufficient_scope"),
        ({"scopes": []}, 422, "schema"),
        ({"scopes": ["write"]}, 422, "schema"),
        ({"name": "  "}, 422, "schema"),
        ({"name": "Bot\x1b[2K\x1b[1A"}, 422, "schema"),
        ({"name": "Bot\nRevoked."}, 422, "schema"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "expiry_past"),
        ({"expires_at": "2099-01-01T00:00:00"}, 422, "schema"),
    ],
)
def test_a_key_that_should_not_be_is_refused(
    connect: Callable[..., TestClient], fields: dict[str, Any], status: int, code: str
) -> None:
    client = connect(scopes=[Scope.ADMIN, Scope.READ])
    answer = client.post(KEYS, json={"name": "Bot", "scopes": ["read"], **fields})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(client.get(KEYS).json()) == 1


def test_a_plan_has_so_many_keys(connect: Callable[..., TestClient]) -> None:
    answer = connect(api_keys=1).post(KEYS, json={"name": "Bot", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "plan_limit")


def test_a_revoked_key_is_refused_at_once_and_still_listed(
    client: TestClient, with_key: Callable[[str], TestClient]
) -> None:
    made = make(client)
    bot = with_key(made["key"])
    assert bot.get(USAGE).status_code == 200  # and is in the cache
    assert client.delete(f"{KEYS}/{made['id']}").status_code == 204
    answer = bot.get(USAGE)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_invalid")
    assert client.get(KEYS).json()[0]["revoked_at"]
    assert client.delete(f"{KEYS}/{made['id']}").status_code == 204


def test_the_last_admin_key_stays_and_others_may_revoke_themselves(
    client: TestClient, with_key: Callable[[str], TestClient]
) -> None:
    (own,) = client.get(KEYS).json()
    answer = client.delete(f"{KEYS}/{own['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin_key")
    second = make(client, scopes=["admin"])
    assert with_key(second["key"]).delete(f"{KEYS}/{second['id']}").status_code == 204
    assert client.get(KEYS).status_code == 200


def test_an_expired_key_is_refused_at_once(
    client: TestClient, with_key: Callable[[str], TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = now() + timedelta(hours=1)
    bot = with_key(make(client, expires_at=expires_at.isoformat())["key"])
    assert bot.get(USAGE).status_code == 200  # and is in the cache
    monkeypatch.setattr(caller, "now", lambda: expires_at)
    answer = bot.get(USAGE)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_expired")


@pytest.fixture
def server(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The API with its lifespan, but for its logs: they would stay configured for the tests that follow."""
    monkeypatch.setattr(logs, "configure", lambda: None)
    with serving(create_app(), lifespan="on") as url:
        yield url


@pytest.mark.slow
def test_a_running_process_hears_what_others_revoke_and_writes_down_what_is_used(
    client: TestClient, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.caller_cache.SECONDS", 3600.0)
    made = make(client)
    with httpx.Client(base_url=server, headers={"X-API-Key": made["key"]}) as bot:
        assert bot.get(USAGE).status_code == 200
        used = until(lambda: client.get(f"{KEYS}/{made['id']}").json()["last_used_at"], seconds=20, what="the last use")
        assert datetime.fromisoformat(used).astimezone(UTC) <= now()
        assert bot.get(USAGE).status_code == 200
        with transaction() as session:
            api_keys.revoke_as_operator(session, UUID(made["id"]))
        until(lambda: bot.get(USAGE).status_code == 401, seconds=20, what="the notification")
