"""Metrics for Prometheus, behind a token of the operator's."""

import hmac
from collections.abc import Iterator
from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from api.limits.concurrency.thread_pools import SCRAPES
from api.request_metrics import REGISTRY
from api.routes import health
from content_pipeline.core.errors import NotFound, Unauthorized
from content_pipeline.core.operations.monitoring.collector import DatabaseCollector
from content_pipeline.core.operations.monitoring.families import gauge
from content_pipeline.core.operations.monitoring.host import HostCollector
from content_pipeline.core.settings import settings

router = APIRouter(include_in_schema=False)

_BEARER: Final = "Bearer "


class _PartsCollector(Collector):
    """The parts that `/health/ready` asks."""

    def collect(self) -> Iterator[Metric]:
        parts = health.recent.read().parts
        rows = (((part,), state == "ok") for part, state in parts.items())
        yield gauge("part_up", "Whether a part answers.", rows, ["part"])

    def describe(self) -> Iterator[Metric]:
        return iter(())


REGISTRY.register(_PartsCollector())
REGISTRY.register(DatabaseCollector())
REGISTRY.register(HostCollector())
ProcessCollector(registry=REGISTRY)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Everything that Prometheus scrapes (docs/monitoring.md)."""
    _check_token(request.headers.get("Authorization", ""))
    return Response(await SCRAPES.run(generate_latest, REGISTRY), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _check_token(authorization: str) -> None:
    """Raises NotFound when there is no token in the settings, Unauthorized for another one.

    Also on loopback: behind a proxy, all requests come from there.
    """
    token = settings().metrics_token.get_secret_value()
    if not token:
        raise NotFound(
            "Metrics are off.",
            code="metrics_off",
            remedy="Set CONTENT_PIPELINE_METRICS_TOKEN, and send it as a bearer.",
        )
    if not hmac.compare_digest(authorization.encode(), f"{_BEARER}{token}".encode()):
        raise Unauthorized(
            "This is not the token of the metrics.",
            code="metrics_token_wrong",
            remedy="Send CONTENT_PIPELINE_METRICS_TOKEN as a bearer token.",
        )
