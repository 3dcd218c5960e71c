"""A stack for the tests that move its clock by hours. Its avatars are rendered at HeyGen's stand-in, and its traces are
collected."""

from collections.abc import Iterator

import pytest

from tests.otlp_collector import Collector, receiving
from tests.stack.harness import Stack, running


@pytest.fixture(scope="package")
def collector() -> Iterator[Collector]:
    with receiving() as collector:
        yield collector


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stack]:
    # The stand-in makes a file when it is first downloaded: eight at once took longer than the harness's 8 s.
    settings = {
        "CONTENT_PIPELINE_AVATAR_PROVIDER": "heygen",
        "CONTENT_PIPELINE_FETCH_SECONDS": "120",
        # Long enough for a preparation that is interrupted, on a busy machine; the test moves the clock to its end.
        "CONTENT_PIPELINE_PREPARE_AHEAD_SECONDS": "1800",
        "CONTENT_PIPELINE_OTLP_ENDPOINT": collector.url,
    }
    with running(tmp_path_factory.mktemp("shifted-clock"), **settings) as stack:
        yield stack
