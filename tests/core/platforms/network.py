"""HTTP transport that is answered by a function."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.platforms import transport
from content_pipeline.core.settings import settings


@contextmanager
def network(handler: Callable[[httpx.Request], httpx.Response]) -> Iterator[None]:
    """The live platforms' URLs, answered by `handler`, which may raise httpx's errors; without pauses between two
    tries. A context rather than a fixture, for tests that need many."""
    with httpx.Client(transport=httpx.MockTransport(handler)) as client, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "platforms", "live")
        patch.setattr(transport, "client", lambda: client)
        patch.setattr(read_retries, "PAUSE_SECONDS", 0.0)
        yield
