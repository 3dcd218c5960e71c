"""Fixtures of the tests of webhooks."""

from collections.abc import Iterator

import pytest

from content_pipeline.core.settings import settings
from tests.webhook_receiver import Receiver, receiving


@pytest.fixture
def receiver(database: None) -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
    settings().clock_offset_file.unlink(missing_ok=True)
