"""Pages of rows that metadata link to: every value that operators may see, and nothing that a client can run."""

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import dagster as dg
import httpx
import pytest
from sqlalchemy.orm import Session

from content_pipeline.core.infrastructure import storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.models import AnalyticsExport
from content_pipeline.core.operations import redacted_rows
from content_pipeline.core.operations.workspace_exports import exports
from content_pipeline.core.platforms.accounts import accounts
from content_pipeline.core.platforms.oauth_provider import Tokens
from content_pipeline.core.settings import settings
from content_pipeline.engine.webserver import guarded
from tests.accounts import encryption_key
from tests.dagster_workspace import workspace
from tests.factories import make_account, make_item, make_publication, make_twin, make_upload
from tests.rows_of_kinds import make_reel
from tests.servers import serving

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="module")
def url(database: None) -> Iterator[str]:
    with dg.instance_for_test() as instance, workspace(instance) as context, serving(guarded(context)) as url:
        yield url


@pytest.mark.slow
def test_a_calendar_item_is_shown_with_links_to_its_twin(url: str, workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        item = make_item(session, twin, title="<script>alert(1)</script>")
    shown = httpx.get(url + redacted_rows.path("calendar_items", item.id))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert f'<a href="/records/twins/{twin.id}">{twin.id}</a>' in shown.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script" not in shown.text
    assert httpx.get(f"{url}/records/twins/{twin.id}").text.count("Tech Creator") == 1


def naming_rows(address: str) -> list[tuple[str, str]]:
    """The rows that a page links to because they name its own: the column in which each does, and its address."""
    return re.findall(r'<tr><th>(\w+\.\w+)</th><td><a href="([^"]+)">', httpx.get(address).text)


def test_a_reel_leads_to_the_item_and_the_posts_that_came_after_it(url: str, workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
        reel, other = make_reel(session, twin), make_reel(session, twin)
    page = url + redacted_rows.path("reels", reel.id)
    assert naming_rows(page) == []
    with transaction() as session:
        account = make_account(session, workspace_id)
        item = make_item(session, twin)
        item.reel_id = reel.id
        older, newer, _ = (
            make_publication(session, account.id, reel_id=made.id, reel_url=None, created_at=now() - age)
            for made, age in ((reel, timedelta(days=2)), (reel, timedelta(days=1)), (other, timedelta()))
        )
    assert naming_rows(page) == [
        ("calendar_items.reel_id", redacted_rows.path("calendar_items", item.id)),
        ("publications.reel_id", redacted_rows.path("publications", newer.id)),
        ("publications.reel_id", redacted_rows.path("publications", older.id)),
    ]
    assert naming_rows(url + redacted_rows.path("twins", twin.id)) == []


def test_a_file_of_a_row_is_linked_to(url: str, workspace_id: UUID) -> None:
    with transaction() as session:
        upload = make_upload(session, workspace_id)
    storage.put(upload.file_key, io.BytesIO(b"holiday"), content_type="video/mp4")
    shown = httpx.get(f"{url}/records/uploads/{upload.id}").text
    (link,) = re.findall(rf'<a href="([^"]+)">{re.escape(upload.file_key)}</a>', shown)
    assert httpx.get(html.unescape(link)).content == b"holiday"


def test_secrets_are_not_shown(url: str, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "encryption_keys", [encryption_key(1)])
    with transaction() as session:
        account = make_account(session, workspace_id)
        kept = accounts.encrypted_columns(account.id, Tokens("secret-token", None, None, None, ()))
        for column, value in kept.items():
            setattr(account, column, value)
    fields = {field.name for field in redacted_rows.read("accounts", str(account.id))}
    assert "handle" in fields
    assert fields.isdisjoint({column for column, value in kept.items() if isinstance(value, bytes)})
    assert "secret" not in httpx.get(f"{url}/records/accounts/{account.id}").text


@pytest.mark.parametrize("table", ["analytics_exports", "workspace_exports"])
def test_exports_are_shown_without_a_link_to_their_file(url: str, workspace_id: UUID, table: str) -> None:
    """That of a workspace has everything that it has."""
    with transaction() as session:
        if table == "workspace_exports":
            export, _ = exports.create_with_task(session, workspace_id, with_files=True)
            export.object_key = "everything.zip"
            row_id = export.id
        else:
            row_id = make_analytics_export(session, workspace_id)
    shown = httpx.get(f"{url}/records/{table}/{row_id}")
    assert (shown.status_code, "<a " in shown.text) == (200, False)


def make_analytics_export(session: Session, workspace_id: UUID) -> UUID:
    day = now().date()
    export = AnalyticsExport(
        workspace_id=workspace_id, format="csv", grain="post", first_day=day, last_day=day, object_key="figures.csv",
        created_at=now(),
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export.id


UNKNOWN = "5bc41d91-867a-4ccb-821a-2b9544c45719"


@pytest.mark.parametrize(
    "address", ["twins/nobody", *[f"{table}/{UNKNOWN}" for table in ("twins", "api_keys", "workspaces", "tasks")]]
)
def test_what_is_no_such_row_is_not_found(url: str, address: str) -> None:
    answer = httpx.get(f"{url}/records/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


def test_the_guard_is_before_the_rows(url: str, workspace_id: UUID) -> None:
    with transaction() as session:
        twin = make_twin(session, workspace_id)
    refused = httpx.get(url + redacted_rows.path("twins", twin.id), headers={"Host": "evil.example.com"})
    assert refused.status_code == 421
