"""Pictures of Dagster's pages: for browsers without a key, at addresses that nobody can guess."""

import io
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from content_pipeline.core import pictures
from content_pipeline.core.clock import now
from content_pipeline.core.maintenance import retention


def publish(color: str = "red") -> str:
    """The path of a new picture."""
    png = io.BytesIO()
    Image.new("RGB", (4, 4), color).save(png, "PNG")
    return urlsplit(pictures.publish(png.getvalue())).path


def shown(client: TestClient, path: str) -> httpx.Response:
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 307
    return httpx.get(answer.headers["location"])


def test_a_picture_is_shown_without_a_key(anonymous_client: TestClient) -> None:
    picture = shown(anonymous_client, publish())
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")


def test_the_same_picture_has_one_address(database: None) -> None:
    assert publish() == publish() != publish("blue")


@pytest.mark.parametrize("name", ["x.png", "2026-11-26-0.png", "..%2Fcaptions", "2026-11-26-" + "0" * 32 + ".jpg"])
def test_other_objects_of_the_bucket_have_no_address(anonymous_client: TestClient, name: str) -> None:
    assert anonymous_client.get(f"/pictures/{name}", follow_redirects=False).status_code == 404


def test_a_picture_is_deleted_after_three_months(anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path = publish()
    for days, status in ((89, 200), (92, 404)):
        later = now() + timedelta(days=days)
        monkeypatch.setattr(retention, "now", lambda later=later: later)
        retention.sweep_files()
        assert shown(anonymous_client, path).status_code == status
