"""A sandbox in which nothing has happened, and videos that platforms take."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.staticfiles import StaticFiles

from tests.media.samples import video
from tests.sandbox_server import Sandbox, served_sandbox
from tests.servers import serving

# What platforms want of every video, and a plain ffmpeg does not do.
WEB = ("-pix_fmt", "yuv420p", "-movflags", "+faststart")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    with served_sandbox(folder) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(server: Sandbox) -> Sandbox:
    """Nothing has happened in it, and videos are processed as soon as they are there."""
    server.reset()
    server.set(instagram_processing_seconds=0, tiktok_processing_seconds=0)
    return server


@pytest.fixture(scope="session")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds upright, with sound."""
    return video(tmp_path_factory.mktemp("reel") / "reel.mp4", *WEB, "-preset", "ultrafast", size="360x640")


@pytest.fixture
def host(reel: Path) -> Iterator[str]:
    """A web server that has the reel."""
    with serving(StaticFiles(directory=reel.parent)) as url:
        yield url
