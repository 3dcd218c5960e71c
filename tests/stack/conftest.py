"""One stack for all tests that need runs; each test has its own workspace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.backgrounds import share_backgrounds
from tests.media import samples
from tests.media.samples import CLIPS, joined, make
from tests.stack.client import Client
from tests.stack.harness import Stack, running

METRICS_TOKEN = "token-of-the-operator"


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Until the last of these tests: beside those that follow, an idle stack would take 15 % of a core."""
    home = tmp_path_factory.mktemp("stack")
    share_backgrounds(home, tmp_path_factory)
    with running(home, CONTENT_PIPELINE_METRICS_TOKEN=METRICS_TOKEN) as stack:
        yield stack


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with stack.client(f"test-{uuid4()}") as client:
        yield client


@pytest.fixture(scope="session")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty seconds of human speech, and silence up to 70: for the media lane, and running when something is killed."""
    folder = tmp_path_factory.mktemp("long")
    speech = joined(folder / "speech.flac", CLIPS * 2)
    return make(folder / "long.flac", "-i", str(speech), "-af", "apad=whole_dur=70")


@dataclass
class Background:
    """A picture on another server, which answers 404 until it is mended."""

    url: str
    is_mended: bool = False


@pytest.fixture
def background(stack: Stack, tmp_path: Path) -> Iterator[Background]:
    picture = samples.picture(tmp_path / "bread.png", size="640x480").read_bytes()
    with HTTPServer(port=stack.remote_port) as server:
        background = Background(f"http://localhost:{stack.remote_port}/bread.png")
        server.expect_request("/bread.png").respond_with_handler(
            lambda _: Response(picture) if background.is_mended else Response(status=404)
        )
        yield background


@pytest.fixture(scope="module")
def reel_url(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A video that all platforms accept, on an external server."""
    film = samples.film(tmp_path_factory.mktemp("film") / "film.mp4")
    with HTTPServer(port=stack.remote_port) as server:
        server.expect_request("/reel.mp4").respond_with_data(film.read_bytes(), content_type="video/mp4")
        yield f"http://localhost:{stack.remote_port}/reel.mp4"
