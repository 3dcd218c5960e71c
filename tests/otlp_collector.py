"""A collector of traces: takes OTLP over HTTP, as OpenTelemetry's own does, and keeps the spans."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from content_pipeline.core.infrastructure import tracing
from content_pipeline.core.settings import settings


@dataclass
class Collector:
    """`bodies` are what was received at `url`, `spans` what is in it."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

    def take(self, request: Request) -> Response:
        self.bodies.append(request.data)
        decoded = ExportTraceServiceRequest.FromString(request.data)
        self.spans += [span for one in decoded.resource_spans for scope in one.scope_spans for span in scope.spans]
        return Response(ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf")

    def named(self, name: str) -> Span:
        """The one span of this name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found


def attributes(span: Span) -> dict[str, str | int]:
    values = {attribute.key: attribute.value for attribute in span.attributes}
    return {name: value.string_value or value.int_value for name, value in values.items()}


@contextmanager
def receiving() -> Iterator[Collector]:
    """A collector that listens during the block."""
    collector = Collector()
    with HTTPServer(threaded=True) as server:
        server.expect_request("/v1/traces", method="POST").respond_with_handler(collector.take)
        collector.url = server.url_for("")
        yield collector


@contextmanager
def collecting() -> Iterator[Collector]:
    """Spans of this process arrive at the collector, all of them when the block has ended."""
    with receiving() as collector, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "otlp_endpoint", collector.url)
        tracing.configure("test")
        try:
            yield collector
        finally:
            tracing.shutdown()
