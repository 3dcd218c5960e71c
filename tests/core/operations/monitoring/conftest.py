"""The samples of a scrape."""

from collections.abc import Callable

import pytest

from content_pipeline.core.operations.monitoring.collector import DatabaseCollector

Scrape = Callable[[], Callable[..., float | None]]


@pytest.fixture
def scrape(database: None) -> Scrape:
    """Reads the database, and returns what finds the value of a sample by its name and labels."""

    def scrape() -> Callable[..., float | None]:
        values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in DatabaseCollector().collect()
            for sample in family.samples
        }
        return lambda name, **labels: values.get((f"content_pipeline_{name}", frozenset(labels.items())))

    return scrape
