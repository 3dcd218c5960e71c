"""The pages that `type` of a problem leads to, and the table of error codes."""

import re
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from api import error_pages
from content_pipeline.core.settings import settings
from tests.api.conftest import PUBLIC


@pytest.mark.parametrize(
    ("method", "path", "code", "told"),
    [
        ("GET", f"{PUBLIC}/tasks/unknown", "task_not_found", "There is no task"),
        ("GET", f"{PUBLIC}/tasks?limit=many", "schema", "The request contradicts its schema"),
        ("GET", f"{PUBLIC}/tasks?cursor=made-up", "cursor_invalid", "Start again without a cursor."),
        ("POST", f"{PUBLIC}/captions/generate", "source_missing", "Send one of audio_file, reel_url"),
        ("PUT", f"{PUBLIC}/twins", "method_not_allowed", "Use a method that the Allow header names."),
        ("GET", "/nothing", "not_found", "See /docs for all paths."),
    ],
)
def test_the_type_of_a_problem_opens_a_page_with_cause_and_remedy(
    client: TestClient, anonymous_client: TestClient, method: str, path: str, code: str, told: str
) -> None:
    problem = client.request(method, path).json()
    assert problem["code"] == code
    assert problem["type"] == f"{settings().public_url}/errors/{code}"
    page = anonymous_client.get(urlsplit(problem["type"]).path)
    assert page.status_code == 200
    assert code in page.text
    assert told in page.text


def test_a_page_shows_nothing_of_other_hosts(anonymous_client: TestClient) -> None:
    for path in "/errors", "/errors/task_not_found":
        page = anonymous_client.get(path)
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        linked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        assert linked
        assert [url for url in linked if not url.startswith("/")] == []


def test_every_code_of_the_list_has_its_page(anonymous_client: TestClient) -> None:
    linked = re.findall(r'href="/errors/(\w+)"', anonymous_client.get("/errors").text)
    assert len(linked) > 200
    for code in linked:
        assert error_pages.find(code)


def test_no_error_is_told_without_its_cause_and_its_remedy() -> None:
    told = [(known.code, cause) for known in error_pages.codes().values() for cause in known.causes]
    assert len(told) > 400
    assert [code for code, cause in told if not (cause.detail and cause.remedy)] == []


def test_a_code_that_ends_with_a_state_has_the_page_of_its_kind() -> None:
    found = error_pages.find("item_failed")
    assert found
    assert found.causes[0].detail.startswith("This item is …")


def test_an_error_whose_code_has_no_page_leads_to_that_of_its_class() -> None:
    assert error_pages.address("never_seen", otherwise="not_found").endswith("/errors/not_found")
    assert error_pages.address("never_seen") == "about:blank"


@pytest.mark.parametrize("code", ["no_such_code", "%3Cscript%3E", "x" * 200])
def test_an_unknown_code_is_answered_as_a_problem(anonymous_client: TestClient, code: str) -> None:
    answer = anonymous_client.get(f"/errors/{code}")
    assert answer.status_code in (404, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
