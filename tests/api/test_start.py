"""The start page."""

from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from content_pipeline.core.settings import settings


def test_programs_are_told_where_things_are(anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "platforms", "live")
    places = anonymous_client.get("/").json()
    assert set(places) == {"docs", "openapi", "errors", "health", "mcp"}
    assert anonymous_client.post(urlsplit(places["mcp"]).path).json()["code"] == "key_missing"
    for url in (places["docs"], places["openapi"]):
        assert anonymous_client.get(urlsplit(url).path).status_code == 200


def test_people_get_a_page_with_links_and_nothing_of_other_hosts(anonymous_client: TestClient) -> None:
    page = anonymous_client.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert 'href="http://testserver/docs"' in page.text
    assert "<pre>http://testserver/mcp</pre>" in page.text  # no link: a browser has no key to open it with
    assert "src=" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_end_of_connecting_has_a_page_for_those_who_have_none_of_their_own(anonymous_client: TestClient) -> None:
    page = anonymous_client.get("/connected", params={"platform": "linkedin", "handle": "<b>Ann"})
    assert (page.status_code, "<h1>&lt;b&gt;Ann is connected</h1>" in page.text) == (200, True)
    refused = {"platform": "tiktok", "error": "access_denied", "error_description": "As its owner wished."}
    page = anonymous_client.get("/connected", params=refused)
    assert "No TikTok account was connected" in page.text
    assert "As its owner wished." in page.text


def test_dagster_and_the_sandbox_are_shown_where_things_are_tried_out(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "platforms", "sandbox")
    assert anonymous_client.get("/").json()["dagster"] == settings().dagster_url
    assert anonymous_client.get("/").json()["posts"] == settings().sandbox_url


def test_elsewhere_dagster_has_the_address_that_was_set(
    anonymous_client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "platforms", "live")
    monkeypatch.setattr(settings(), "dagster_public_url", "https://dagster.example.com")
    places = anonymous_client.get("/").json()
    assert places["dagster"] == "https://dagster.example.com"
    assert "posts" not in places
