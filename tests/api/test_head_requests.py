"""HEAD requests: the headers of GET, and no body."""

import httpx
import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PUBLIC
from tests.servers import serving


@pytest.mark.parametrize("path", ["/", "/docs", "/errors", "/errors/schema", "/health/live", f"{PUBLIC}/twins"])
def test_head_answers_as_get_without_the_body(client: TestClient, path: str) -> None:
    """Monitors that look whether a server is there were told 405."""
    asked, got = client.head(path), client.get(path)
    assert (asked.status_code, asked.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert asked.headers[name] == got.headers[name]


def test_errors_of_head_are_those_of_get(client: TestClient, anonymous_client: TestClient) -> None:
    assert client.head(f"{PUBLIC}/twins/5bc41d91-867a-4ccb-821a-2b9544c45719").status_code == 404
    assert anonymous_client.head(f"{PUBLIC}/twins").status_code == 401
    assert client.head(f"{PUBLIC}/social/publish").headers["Allow"] == "POST"


def test_head_of_a_stream_ends_and_leaves_the_connection_usable(app, client: TestClient, caption_id: str) -> None:
    task = f"{PUBLIC}/tasks/sync_{caption_id}"
    with serving(app) as url, httpx.Client(base_url=url, headers=client.headers, timeout=30) as http:
        asked = http.head(f"{task}/events")
        assert (asked.status_code, asked.content) == (200, b"")
        assert http.get(task).json()["status"] == "queued"
        assert http.head(task).headers["ETag"]
