"""A headless browser for the pages of Dagster's webserver, and an instance on our storage."""

from collections.abc import Iterator

import dagster as dg
import pytest
from playwright.sync_api import Browser, Page

from content_pipeline.core.settings import settings
from content_pipeline.engine.dagster_storage import PostgresStorage
from tests.browser import browsing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as page:
        yield page


@pytest.fixture
def kept_instance(database: None) -> Iterator[dg.DagsterInstance]:
    """An instance on our storage."""
    url = settings().dagster_database_url.get_secret_value()
    kept = {"module": PostgresStorage.__module__, "class": "PostgresStorage", "config": {"postgres_url": url}}
    with dg.instance_for_test(overrides={"storage": {"custom": kept}}) as instance:
        yield instance
