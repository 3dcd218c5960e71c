"""Prometheus metrics of requests: rate and latency per route, of this process of the API."""

from http import HTTPMethod
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from starlette.types import Scope

# Otherwise each series would also tell when it began: half of all lines, which no query here reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry()
_METHODS: Final = frozenset(HTTPMethod)
_OTHER: Final = "other"
# The request was refused before routing, or no route has its path.
_NO_ROUTE: Final = "none"

_REQUESTS: Final = Counter(
    "content_pipeline_http_requests", "Answered requests.", ["method", "route", "status"], registry=REGISTRY
)
_SECONDS: Final = Histogram(
    "content_pipeline_http_request_seconds",
    "Seconds until the answer began.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
    registry=REGISTRY,
)


def record(scope: Scope, status: int, seconds: float) -> None:
    """Count a request. Its route is named by the operation id, as in the log."""
    # Both are the client's, and each new value is a series that is kept.
    method = scope["method"] if scope["method"] in _METHODS else _OTHER
    route = route_of(scope)
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)


def route_of(scope: Scope) -> str:
    """The name of the route that answers a request."""
    return getattr(scope.get("route"), "name", None) or _NO_ROUTE
