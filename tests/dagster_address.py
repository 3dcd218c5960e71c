"""Requests to Dagster, sent to an address that a test chooses."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from content_pipeline.core.tasks import dagster_client


@contextmanager
def dagster_at(url: str) -> Iterator[None]:
    """Within this block the product's client sends its requests there."""
    with pytest.MonkeyPatch.context() as patch, httpx.Client(base_url=url, timeout=10) as client:
        patch.setattr(dagster_client, "client", lambda: client)
        yield
