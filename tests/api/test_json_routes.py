"""JSON bodies: none stops the event loop, which parses and validates them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import ASGITransport, AsyncClient

from api import json_routes
from api.limits.body_limits import DEFAULT_BYTES
from api.limits.concurrency import concurrency_limit
from api.schemas.captions import SegmentView
from tests.api.conftest import LimitTo

PUBLIC = "/api/v1/public"
EDIT = f"{PUBLIC}/captions/{uuid4()}"
INGEST = f"{PUBLIC}/analytics/ingest"
RECALL = f"{PUBLIC}/memory/v2/recall"
JSON = {"Content-Type": "application/json"}


def parts(schema: dict[str, Any], schemas: dict[str, Any], seen: set[str]) -> Iterator[dict[str, Any]]:
    """The schema, and all that it is made of."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name not in seen:
            seen.add(name)
            yield from parts(schemas[name], schemas, seen)
        return
    yield schema
    inner = [schema.get("items"), schema.get("additionalProperties"), *schema.get("properties", {}).values()]
    for part in [*inner, *(each for kind in ("anyOf", "oneOf", "allOf") for each in schema.get(kind, []))]:
        if isinstance(part, dict):
            yield from parts(part, schemas, seen)


def is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_every_list_of_a_body_has_a_stated_length(app: FastAPI) -> None:
    document, seen = app.openapi(), set[str]()
    bodies = [
        body["schema"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for kind, body in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    ]
    lists = [part for body in bodies for part in parts(body, document["components"]["schemas"], seen)
             if part.get("type") == "array"]  # fmt: skip
    assert len(lists) >= 5
    assert [part for part in lists if "maxItems" not in part] == []


def test_every_route_with_a_body_limits_it(app: FastAPI, client: TestClient) -> None:
    many = json.dumps({f"key{n}": n for n in range(json_routes.MAX_KEYS + 1)})
    document = app.openapi()
    asked = [
        (method, path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(asked) >= 15
    for method, path in asked:
        answer = client.request(method, path.replace("{platform}", "tiktok"), content=many, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (422, "too_many_keys"), (method, path)


def test_an_object_deep_inside_has_so_many_keys_too(client: TestClient) -> None:
    metadata = {"inner": [{f"key{n}": n for n in range(101)}]}
    answer = client.post(f"{PUBLIC}/memory/v2/remember", json={"content": "A mug.", "metadata": metadata})
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_keys")
    assert "101 keys; at most 100" in answer.json()["detail"]


def test_a_body_has_128_kb_and_where_people_send_long_lists_a_megabyte(client: TestClient) -> None:
    for size, path in ((DEFAULT_BYTES, "/memory/v2/recall"), (json_routes.LARGE_BYTES, "/analytics/ingest")):
        fits = client.post(f"{PUBLIC}{path}", content=b" " * (size - 2) + b"{}", headers=JSON)
        assert fits.status_code == 422, path
        over = client.post(f"{PUBLIC}{path}", content=b" " * (size - 1) + b"{}", headers=JSON)
        assert (over.status_code, over.json()["code"]) == (413, "too_large"), path


def test_a_body_has_so_many_values(client: TestClient) -> None:
    """30,000 empty objects fit into 120 kB, and stopped the event loop for 11 ms each time."""
    for most, path in (
        (json_routes.MAX_VALUES, "/memory/v2/recall"),
        (json_routes.MAX_LARGE_VALUES, "/analytics/ingest"),
    ):
        fits = client.post(f"{PUBLIC}{path}", content=f"[{'1,' * (most - 1)}1]", headers=JSON)
        assert (fits.status_code, fits.json()["code"]) == (422, "schema"), path
        over = client.post(f"{PUBLIC}{path}", content=f"[{'1,' * most}1]", headers=JSON)
        assert (over.status_code, over.json()["code"]) == (422, "too_many_values"), path


def test_large_bodies_have_a_rate_limit_of_their_own(connect: Callable[..., TestClient], limit_to: LimitTo) -> None:
    limit_to(json_routes.LARGE_BODY_VALUES, 100_000)
    busy, other = connect(), connect()

    def send(client: TestClient, values: int) -> int:
        return client.post(INGEST, content=f"[{','.join(['1'] * values)}]", headers=JSON).status_code

    assert [send(busy, 50_000) for _ in range(3)] == [422, 422, 429]
    assert send(busy, json_routes.FEW_VALUES + 1) == 429
    assert send(busy, json_routes.FEW_VALUES) == 422
    assert send(other, 100_000) == 422


@pytest.mark.parametrize(
    ("method", "path", "field"), [("PATCH", EDIT, "segments"), ("POST", INGEST, "rows")], ids=["edit", "ingest"]
)
def test_of_a_long_list_the_first_wrong_entry_is_told(client: TestClient, method: str, path: str, field: str) -> None:
    body = f'{{"{field}": [{",".join(["{}"] * 30_000)}]}}'
    answer = client.request(method, path, content=body, headers={**JSON, "Idempotency-Key": str(uuid4())})
    assert answer.status_code == 422
    assert {error["pointer"].split("/")[2] for error in answer.json()["errors"]} == {"0"}


def test_segments_are_validated_one_by_one_outside_the_event_loop(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one call they stopped it for up to 180 ms."""
    validated = list[bool]()
    validate = SegmentView.model_validate

    def record(segment: object) -> SegmentView:
        validated.append(is_in_event_loop())
        return validate(segment)

    monkeypatch.setattr(SegmentView, "model_validate", record)
    segments = [{"start": 0, "end": 1, "text": "Hello."}] * 3
    assert client.patch(EDIT, json={"segments": segments}).status_code == 404
    assert validated == [False] * 3


def test_more_segments_than_fit_into_a_body_are_refused(client: TestClient) -> None:
    answer = client.patch(EDIT, content=f'{{"segments": [{",".join(["1"] * 30_001)}]}}', headers=JSON)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/segments"]


def test_a_key_sends_one_large_body_at_a_time(app, connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concurrency_limit, "PATIENCE_SECONDS", 0.05)
    one, other = (connect().headers["X-API-Key"] for _ in range(2))
    assert anyio.run(_while_another_is_sent, app, one, one) == (429, "too_many_at_once")
    assert anyio.run(_while_another_is_sent, app, one, other) == (422, "schema")


async def _while_another_is_sent(app: FastAPI, first: str, second: str) -> tuple[int, str]:
    """What `second` is answered while a body of `first` arrives."""
    arriving, end = anyio.Event(), anyio.Event()

    async def slow_body():
        yield b"{"
        arriving.set()
        await end.wait()
        yield b"}"

    async with (
        AsyncClient(transport=ASGITransport(app), base_url="http://test", headers=JSON) as http,
        anyio.create_task_group() as sending,
    ):

        async def send_slowly() -> None:
            await http.post(INGEST, content=slow_body(), headers={"X-API-Key": first})

        sending.start_soon(send_slowly)
        await arriving.wait()
        answer = await http.post(INGEST, content=b"{}", headers={"X-API-Key": second})
        end.set()
    return answer.status_code, answer.json()["code"]


def test_bodies_of_others_are_parsed_between_those_of_a_key(app, connect, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = connect(), connect()
    for client in clients:  # the key of one that has not come yet is looked up in a thread
        client.get(f"{PUBLIC}/twins")
    busy, other = (client.headers["X-API-Key"] for client in clients)
    parsed = list[bytes]()
    loads = json_routes.parse

    def record(body: bytes) -> Any:
        parsed.append(body)
        return loads(body)

    monkeypatch.setattr(json_routes, "parse", record)

    async def send_all() -> None:
        transport = ASGITransport(app)
        async with (
            AsyncClient(transport=transport, base_url="http://test", headers=JSON) as http,
            anyio.create_task_group() as sending,
        ):
            for key, body in [*[(busy, b"[1]")] * 30, (other, b"[2]")]:
                sending.start_soon(partial(http.post, RECALL, content=body, headers={"X-API-Key": key}))

    anyio.run(send_all)
    assert len(parsed) == 31
    assert parsed.index(b"[2]") < 10
