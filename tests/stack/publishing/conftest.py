"""A video that all platforms accept, on an external server."""

from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer

from tests.media import samples
from tests.stack.harness import Stack


@pytest.fixture(scope="module")
def reel_url(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    film = samples.film(tmp_path_factory.mktemp("film") / "film.mp4")
    with HTTPServer(port=stack.remote_port) as server:
        server.expect_request("/reel.mp4").respond_with_data(film.read_bytes(), content_type="video/mp4")
        yield f"http://localhost:{stack.remote_port}/reel.mp4"
