"""Prometheus collector for the host of this process, which needs no database."""

from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from content_pipeline.core.operations.monitoring import host_folders, host_processes


class HostCollector(Collector):
    """Processes and folders. Another host says something else, and another process on the same host the same."""

    def collect(self) -> Iterator[Metric]:
        yield from host_processes.families()
        yield from host_folders.families()

    def describe(self) -> Iterator[Metric]:
        """None: without this, a registry would read everything to learn the names."""
        return iter(())
