"""The OpenAPI document as it is served."""

import pytest
from fastapi.testclient import TestClient

from api.main import create_app


def test_the_document_is_encoded_once(anonymous_client: TestClient) -> None:
    """Encoding it took 5 ms in the event loop, for anybody without a key."""
    first, second = (anonymous_client.get("/openapi.json") for _ in range(2))
    assert first.headers["Content-Type"] == "application/json"
    assert first.json() == anonymous_client.app.openapi()  # type: ignore[attr-defined]  # it is FastAPI's
    assert second.content == first.content


@pytest.mark.slow
def test_below_the_path_of_a_proxy_that_is_its_server(database: None) -> None:
    client = TestClient(create_app(), root_path="/content")
    assert client.get("/openapi.json").json()["servers"] == [{"url": "/content"}]
    assert "'/content/openapi.json'" in client.get("/docs").text
