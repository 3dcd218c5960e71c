"""No id opens another workspace's row: every route is called with the ids of every table, in path, query and body."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.main import create_app
from api.routes.analytics import EXPORTS
from content_pipeline.core import models
from content_pipeline.core.avatars import avatar_videos
from content_pipeline.core.avatars.avatar_videos import AvatarSpec
from content_pipeline.core.bulk import batches
from content_pipeline.core.bulk.csv_rows import VideoRow
from content_pipeline.core.captions import burn_ins, captions
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.library.sources import Source
from content_pipeline.core.media.karaoke_captions import Style
from content_pipeline.core.models import AnalyticsExport, Memory, Twin, WorkspaceExport
from content_pipeline.core.publishing import publications
from content_pipeline.core.publishing.publications import PostSpec
from content_pipeline.core.reels import reels
from content_pipeline.core.reels.reel_spec import ReelSpec
from content_pipeline.core.webhooks import deliveries, endpoints
from content_pipeline.core.workspaces import api_keys
from content_pipeline.core.workspaces.scopes import ALL
from tests.api.conftest import PUBLIC
from tests.factories import make_account, make_item, make_multipart_upload, make_twin, make_upload

# Every route with the ids of every table: 10 s.
pytestmark = pytest.mark.slow

Rows = Mapping[str, str]

URL: Final = "http://8.8.8.8/clip.mp4"
# Tables whose rows belong to the system, or are found by a secret: clients name none of them.
INTERNAL: Final = {
    "AccountSync", "Analyst", "AudienceShare", "AuditEvent", "ConnectState", "CreditEntry", "DailyMetric",
    "DailyPostMetric", "EndedTaskCount", "Execution", "FailureCount", "IdempotencyKey", "Measurement", "MetricSnapshot",
    "PendingDerivation", "Plan", "ProviderBalance", "RateLimit", "ReceivedEvent", "RedirectUri", "ReportedDay",
    "SocialPost", "WebhookEvent", "Workspace",
}  # fmt: skip
# Which table each parameter or field names a row of. One that is missing here fails the tests.
TABLES: Final = {
    "account_id": "Account",
    "accounts": "Account",
    "api_key_id": "ApiKey",
    "avatar_job_id": "AvatarVideo",
    "background_id": "Upload",
    "batch_id": "Batch",
    "caption_id": "Caption",
    "captions_id": "Caption",
    "delivery_id": "WebhookDelivery",
    "item_id": "CalendarItem",
    "job_id": "Publication",
    "key_id": "ApiKey",
    "memory_id": "Memory",
    "reel_id": "Reel",
    "task_id": "Task",
    "twin_id": "Twin",
    "upload_id": "Upload",
    "webhook_id": "WebhookEndpoint",
}
# The document has no examples of these fields.
EXAMPLES: Final = {"segments": [{"start": 0, "end": 1, "text": "Hello."}], "topic": "Coffee"}
# The parameters of these paths have names from above, but name rows of other tables.
TABLES_OF_PATHS: Final = {
    "/multimodal/avatar/{job_id}": "AvatarVideo",
    "/uploads/multipart/{upload_id}": "MultipartUpload",
    "/uploads/multipart/{upload_id}/complete": "MultipartUpload",
}
DOCUMENT: Final = create_app().openapi()


def make_rows(workspace_id: UUID, platform: str = "youtube") -> dict[str, str]:
    """A row of each table that clients can name: its id by table."""
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        account = make_account(session, workspace_id, platform)
        caption, _ = captions.create_with_task(
            session, workspace_id=workspace_id, source_url=URL, language="en", burn_in=False
        )
        burned = burn_ins.create(session, caption, Style())
        row = VideoRow(row=2, script="Hello.", platform="instagram", voice_id="en-US")
        batch, _, _ = batches.create_with_tasks(
            session, workspace_id=workspace_id, twin=twin, platform="instagram", rows=[row]
        )
        avatar = avatar_videos.create(session, twin, AvatarSpec(script="Hello."))
        avatar_videos.create_task(session, avatar)
        reel = reels.create(session, twin, ReelSpec(script="Hello.", platform="instagram", voice_id="en-US"))
        task = reels.create_task(session, reel)
        spec = PostSpec(platform, account.id, title="Look", caption="Look.")
        ((publication, _),) = publications.create_with_tasks(
            session, workspace_id, twin=None, source=Source(url=URL), specs=[spec]
        )
        item = make_item(session, twin, platform=platform)
        known = Memory(
            id=uuid4(), twin_id=twin.id, memory_type="semantic", content="Secret.", importance=0.5, tags=[],
            details={}, vector=bytes(4 * 384), created_at=now(),
        )  # fmt: skip
        export = AnalyticsExport(
            id=uuid4(), workspace_id=workspace_id, format="csv", grain="account", first_day=now().date(),
            last_day=now().date(), created_at=now(),
        )  # fmt: skip
        everything = WorkspaceExport(id=uuid4(), workspace_id=workspace_id, with_files=True, created_at=now())
        session.add_all([known, export, everything])
        webhook, _ = endpoints.create(session, workspace_id, "https://8.8.8.8/hook", None)
        key, _ = api_keys.create(session, workspace_id, name="Bot", scopes=ALL, expires_at=None)
        session.flush()
        delivery, _ = deliveries.create_test(session, webhook)
        rows = (
            twin, account, caption, task, burned, batch, avatar, reel, publication, item, known, webhook, delivery,
            export, everything, key, make_upload(session, workspace_id), make_multipart_upload(session, workspace_id),
        )  # fmt: skip
        return {type(row).__name__: str(row.id) for row in rows}


@pytest.fixture
def other_rows(workspace_id: UUID) -> Rows:
    """The rows of a workspace that is not the client's."""
    return make_rows(workspace_id)


@pytest.fixture
def own_rows(client: TestClient) -> Rows:
    """The rows of the client's workspace."""
    twin = client.post(f"{PUBLIC}/twins", json={"name": "Mine", "voice_id": "en-US"}).json()["id"]
    with transaction() as session:
        workspace_id = session.get_one(Twin, UUID(twin)).workspace_id
    return make_rows(workspace_id)


def stored_rows(rows: Rows) -> list[Any]:
    """All that the workspace of these rows has in the database."""
    tables = [getattr(models, name).__tablename__ for name in sorted(rows) if name != "Memory"]
    with transaction() as session:
        workspace_id = session.get_one(Twin, UUID(rows["Twin"])).workspace_id
        query = "select * from {} where workspace_id = :id order by id"
        return [list(session.execute(text(query.format(table)), {"id": workspace_id})) for table in tables]


def test_every_table_is_tried_or_internal(other_rows: Rows) -> None:
    tables = {name for name in models.__all__ if isinstance(getattr(models, name), type)}
    assert tables == other_rows.keys() | INTERNAL


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation that asks for a key: its method, its path behind the public prefix, its description."""
    for path, described in DOCUMENT["paths"].items():
        for method, operation in described.items():
            if path.startswith(PUBLIC) and "security" in operation:
                yield method, path.removeprefix(PUBLIC), operation


def body_schema(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an operation's body, JSON or form; empty without one."""
    content = operation.get("requestBody", {}).get("content", {})
    (media,) = content.values() or ({"schema": {}},)
    return resolve(media["schema"])


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    )
    return found


def example(operation: Mapping[str, Any]) -> Any:
    """A body that the operation takes: the document's example, or one made of its fields' examples."""
    schema = body_schema(operation)
    known = {**EXAMPLES, **{name: field["examples"][0] for name, field in fields(schema) if "examples" in field}}
    made = {name: known[name] for name, _ in fields(schema) if name in known}
    return schema.get("examples", [made])[0] if schema else None


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from schema.get("properties", {}).items()


# Path parameters that name what all workspaces share.
SHARED: Final = {"voice_id"}
PATHS: Final = [
    (method, path, parameter["name"], example(operation))
    for method, path, operation in operations()
    for parameter in operation.get("parameters", [])
    if parameter["in"] == "path" and parameter["name"].endswith("_id") and parameter["name"] not in SHARED
]


@pytest.mark.parametrize(("method", "path", "name", "body"), PATHS, ids=[f"{m} {p}" for m, p, _, _ in PATHS])
def test_a_path_leads_to_own_rows_only(
    client: TestClient, other_rows: Rows, own_rows: Rows, method: str, path: str, name: str, body: Any
) -> None:
    address = f"{PUBLIC}{path}"
    ids = {parameter: own_rows[table] for parameter, table in TABLES.items()} | {"form": "srt"}
    ids |= {name: own_rows[TABLES_OF_PATHS[path]]} if path in TABLES_OF_PATHS else {}
    before = stored_rows(other_rows)
    for row_id in other_rows.values():
        answer = client.request(method, address.format(**ids | {name: row_id}), json=body)
        assert answer.status_code == 404, answer.text
    assert stored_rows(other_rows) == before
    if path.endswith("/events"):  # streams end with their task
        assert client.post(address.replace("/events", "/cancel").format(**ids)).status_code == 202
    answer = client.request(method, address.format(**ids), json=body)
    assert answer.status_code != 404, answer.text


def ids_in(schema: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a body an id can stand; `*` is any key of a mapping."""
    schema = resolve(schema)
    if schema.get("format") == "uuid":
        yield place
    for part in schema.get("anyOf", []):
        yield from ids_in(part, place)
    for key, value in schema.get("properties", {}).items():
        yield from ids_in(value, (*place, key))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from ids_in(schema["additionalProperties"], (*place, "*"))


BODIES: Final = [
    (method, path, place, "multipart/form-data" in operation["requestBody"]["content"])
    for method, path, operation in operations()
    for place in ids_in(body_schema(operation))
    # A mapping by platform, with the options of each, is covered by the test below.
    if place[0] != "platform_defaults"
]


# These fields may stand in place of a URL.
SOURCES: Final = ("reel_id", "avatar_job_id", "caption_id", "upload_id")


def valid_body_with(path: str, place: tuple[str, ...], row_id: str, own_rows: Rows) -> dict[str, Any]:
    """A body that is right but for the id at this place."""
    source = {} if place[0] in SOURCES else {"reel_url": URL}
    usual: dict[str, dict[str, Any]] = {
        "/captions/generate": source,
        "/captions/align": {**source, "text": "Hello."},
        "/bulk/reels": {"platform": "youtube"},
        "/twins": {"name": "Mine", "voice_id": "en-US"},
        "/content/calendar": {
            "twin_id": own_rows["Twin"], "title": "Look", "platform": "youtube", "scheduled_at": "2033-05-01T10:00:00Z",
            "script": "Hello there.",
        },
        "/multimodal/avatar/generate": {"twin_id": own_rows["Twin"], "script": "Hello there."},
        "/social/publish": {**source, "platforms": ["youtube"], "title": "Look", "caption": "Look."},
    }  # fmt: skip
    body = usual.get(path, {})
    if place[0] == "options":
        body["platforms"] = [place[1]]
    target = body
    for key in place[:-1]:
        target = target.setdefault(key, {})
    target[place[-1].replace("*", "youtube")] = row_id
    return body


@pytest.mark.parametrize(
    ("method", "path", "place", "is_form"), BODIES, ids=[f"{m} {p} {'.'.join(i)}" for m, p, i, _ in BODIES]
)
def test_a_body_names_own_rows_only(
    client: TestClient,
    other_rows: Rows,
    own_rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    place: tuple[str, ...],
    is_form: bool,
) -> None:
    monkeypatch.setattr(EXPORTS, "most", 100)  # one is asked for in each kind of row

    def send(row_id: str) -> int:
        body = valid_body_with(path, place, row_id, own_rows)
        files = {"csv_file": ("reels.csv", b"script\nHello.\n")} if path == "/bulk/reels" else None
        form = {"data": body, "files": files}
        address = f"{PUBLIC}{path}".format(
            twin_id=own_rows["Twin"], item_id=own_rows["CalendarItem"], caption_id=own_rows["Caption"]
        )
        return client.request(method, address, **(form if is_form else {"json": body})).status_code

    before = stored_rows(other_rows)
    assert {table: send(row_id) for table, row_id in other_rows.items()} == dict.fromkeys(other_rows, 404)
    assert stored_rows(other_rows) == before
    table = TABLES[next(key for key in reversed(place) if key != "*")]
    assert send(own_rows[table]) != 404


def test_a_twin_s_defaults_name_own_captions_only(client: TestClient, other_rows: Rows, own_rows: Rows) -> None:
    address = f"{PUBLIC}/twins/{own_rows['Twin']}"
    for rows, status in ((other_rows, 404), (own_rows, 200)):
        defaults = {"youtube": {"captions_id": rows["Caption"]}}
        assert client.patch(address, json={"platform_defaults": defaults}).status_code == status


def test_a_query_finds_own_rows_only(client: TestClient, other_rows: Rows, own_rows: Rows) -> None:
    queried = {
        f"{method} {path}": parameter["name"]
        for method, path, operation in operations()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query" and parameter["name"].endswith("_id")
    }
    analytics = [f"/analytics/{path}" for path in ("social", "social/summary", "posts", "audience", "best-times")]
    assert queried == {
        "get /audit": "api_key_id",
        "get /content/calendar": "twin_id",
        "delete /social/disconnect/{platform}": "account_id",
        **{f"get {path}": "twin_id" for path in analytics},
    }
    for path in analytics:
        answers = [client.get(f"{PUBLIC}{path}", params={"twin_id": rows["Twin"]}) for rows in (other_rows, own_rows)]
        assert [answer.status_code for answer in answers] == [404, 200]
    assert client.get(f"{PUBLIC}/content/calendar", params={"twin_id": other_rows["Twin"]}).json() == []
    assert client.get(f"{PUBLIC}/content/calendar", params={"twin_id": own_rows["Twin"]}).json() != []
    address = f"{PUBLIC}/social/disconnect/youtube"
    assert client.delete(address, params={"account_id": other_rows["Account"]}).status_code == 404
