"""Fixtures: an empty sandbox, and a video that platforms accept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.staticfiles import StaticFiles

from tests.media.samples import video
from tests.sandbox_server import Sandbox, served_sandbox
from tests.servers import serving

# Required by the platforms, and not FFmpeg's default.
WEB = ("-pix_fmt", "yuv420p", "-movflags", "+faststart")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with served_sandbox(folder) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    """An empty sandbox without processing times."""
    server.reset()
    server.set(instagram_processing_seconds=0, tiktok_processing_seconds=0)
    return server


@pytest.fixture(scope="session")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait video of three seconds, with sound."""
    return video(tmp_path_factory.mktemp("reel") / "reel.mp4", *WEB, "-preset", "ultrafast", size="360x640")


@pytest.fixture
def host(reel: Path) -> Iterator[str]:
    """The base URL of a web server with the reel."""
    with serving(StaticFiles(directory=reel.parent)) as url:
        yield url
