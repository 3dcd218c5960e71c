"""Pictures of metadata: shown inline in Dagster's pages, and served by nothing but its webserver behind its guard."""

import io
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import dagster as dg
import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from playwright.sync_api import Page, expect

from api.main import create_app
from content_pipeline.assets.picture_metadata import picture_metadata
from content_pipeline.core.errors import Unavailable
from content_pipeline.core.infrastructure import metadata_pictures, storage
from content_pipeline.core.infrastructure.clock import now
from content_pipeline.core.operations.maintenance import partition_key_retirement, retention
from content_pipeline.engine.webserver import guarded
from tests.dagster_workspace import workspace
from tests.servers import serving

# This name has the length and the form of the name of a picture.
NAME = f"2026-11-26-{'0' * 32}.jpg"


@pytest.fixture(scope="module")
def instance(database: None) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(overrides={"nux": {"enabled": False}}) as instance:  # its dialog hides the page
        yield instance


@pytest.fixture(scope="module")
def url(instance: dg.DagsterInstance) -> Iterator[str]:
    with workspace(instance) as context, serving(guarded(context)) as url:
        yield url


def jpeg(color: str) -> bytes:
    encoded = io.BytesIO()
    Image.new("RGB", (90, 160), color).save(encoded, "JPEG")
    return encoded.getvalue()


@pytest.mark.slow
def test_a_picture_is_served_as_what_it_is_and_may_be_kept(url: str) -> None:
    picture = jpeg("red")
    answer = httpx.get(url + metadata_pictures.publish(picture, "jpg", uuid4()))
    assert (answer.status_code, answer.content) == (200, picture)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


@pytest.mark.slow
def test_metadata_holds_a_short_address_of_the_picture(url: str) -> None:
    owner = uuid4()
    (shown,) = picture_metadata("thumbnail", jpeg("blue"), "jpg", owner).values()
    assert len(shown.value) < 100
    assert shown == dg.MetadataValue.md(f"![thumbnail]({metadata_pictures.publish(jpeg('blue'), 'jpg', owner)})")
    assert str(owner) not in shown.value


def test_metadata_goes_without_a_picture_that_the_bucket_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("The object store did not take it.")

    monkeypatch.setattr(storage, "put", refuse)
    assert picture_metadata("thumbnail", b"", "jpg", None) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        NAME,
        f"{'0' * 16}/{NAME}",
        f"{'0' * 16}/{'0' * 16}/{NAME}",
        f"{'0' * 16}/../private",
        NAME.replace("jpg", "svg"),
        NAME.upper(),
        f"x{NAME}",
        f"{NAME}%0A",
        f"..%2Fpictures%2F{NAME}",
        "..%2Fprivate",
        "%2E%2E/private",
        "private",
        "",
    ],
)
def test_nothing_but_pictures_is_served(url: str, name: str) -> None:
    storage.put("private", io.BytesIO(b"private"), content_type="image/jpeg")
    storage.put("pictures/private", io.BytesIO(b"private"), content_type="image/jpeg")
    answer = httpx.get(f"{url}/pictures/{name}")
    # A path that is not that of a picture is a page of Dagster's, like every other path.
    assert (answer.status_code, answer.headers["content-type"]) in (
        (404, "text/plain; charset=utf-8"),
        (200, "text/html; charset=utf-8"),
    )
    assert b"private" not in answer.content


def test_a_bucket_that_does_not_answer_is_said(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(key: str) -> bytes:
        raise Unavailable(f"The object store did not give {key}.")

    monkeypatch.setattr(storage, "load", refuse)
    assert httpx.get(f"{url}/pictures/{NAME}").status_code == 503


@pytest.mark.parametrize(
    ("headers", "status"), [({"Host": "evil.example.com"}, 421), ({"Origin": "https://evil.example.com"}, 403)]
)
def test_the_guard_is_before_the_pictures(url: str, headers: dict[str, str], status: int) -> None:
    assert (
        httpx.get(url + metadata_pictures.publish(jpeg("red"), "jpg", uuid4()), headers=headers).status_code == status
    )


@pytest.mark.slow
def test_the_api_serves_no_picture(database: None) -> None:
    path = metadata_pictures.publish(jpeg("red"), "jpg", uuid4())
    with TestClient(create_app()) as client:
        assert client.get(path, follow_redirects=False).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("owner", [uuid4(), None])
def test_a_picture_is_deleted_with_the_runs_of_its_age(
    url: str, monkeypatch: pytest.MonkeyPatch, owner: UUID | None
) -> None:
    path = metadata_pictures.publish(jpeg("red"), "jpg", owner)
    for margin, status in ((-1, 200), (2, 404)):
        then = now() + partition_key_retirement.KEPT + timedelta(days=margin)
        for clock in ("now", "real_now"):
            monkeypatch.setattr(retention, clock, lambda then=then: then)
        retention.sweep_files()
        assert httpx.get(url + path).status_code == status


@pytest.mark.slow
def test_dagsters_page_of_an_asset_shows_its_picture_inline(instance: dg.DagsterInstance, url: str, page: Page) -> None:
    metadata = picture_metadata("thumbnail", jpeg("green"), "jpg", uuid4())
    instance.report_runless_asset_event(dg.AssetMaterialization("reel_video", metadata=metadata))
    page.goto(f"{url}/assets/reel_video?view=events")
    picture = page.get_by_alt_text("thumbnail").first
    expect(picture).to_be_visible(timeout=30_000)
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]") == [90, 160]
