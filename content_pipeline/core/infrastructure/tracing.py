"""Traces (OpenTelemetry): from a request through the runs of its tasks to their calls of platforms. Off by default.

With the setting `otlp_endpoint`, `configure` sends the spans of this process there. A span holds no query, body, header
or message of an exception, and of a path only its words, since tokens are in all of them.

The provider is ours and not the global one, to which libraries would send spans of their own, with what they like.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from opentelemetry.context import Context
from opentelemetry.trace import NoOpTracerProvider, Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from content_pipeline.core.errors import Error
from content_pipeline.core.settings import settings

if TYPE_CHECKING:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

_W3C: Final = TraceContextTextMapPropagator()
_TRACEPARENT: Final = "traceparent"
# Names of resources and of versions. Ids have digits or other signs, and tokens are longer.
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z._-]{0,23}|v\d{1,3}(\.\d{1,2})?")
# A process that ends waits this long for a collector that does not answer.
_EXPORT_SECONDS: Final = 3

_provider: TracerProvider = NoOpTracerProvider()


def configure(service: str) -> None:
    """Send this process's spans, as those of `service`, where the setting says. After forks: it starts a thread."""
    global _provider
    if not settings().otlp_endpoint:
        return
    # These imports take 5 MB and 0.1 s, so they are made only if there is a collector.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider as ExportingProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = ExportingProvider(resource=Resource.create({"service.name": f"content-pipeline-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(_exporter()))
    _provider = provider


def collector_answers() -> bool:
    """Whether the collector takes what it is sent: no spans."""
    from opentelemetry.sdk.trace.export import SpanExportResult

    return _exporter().export([]) is SpanExportResult.SUCCESS


def _exporter() -> "OTLPSpanExporter":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    endpoint = f"{settings().otlp_endpoint.rstrip('/')}/v1/traces"
    return OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS)


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, str | int],
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
) -> Iterator[Span]:
    """A span of this block; of an exception it has the code or the name, and not the message.

    Without a `parent` it belongs to the span that is open here.
    """
    with _provider.get_tracer(__name__).start_as_current_span(
        name, parent, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield opened
        except Exception as error:
            known = error if isinstance(error, Error) else error.__cause__  # as in the failure of a run
            mark_failed(opened, known.code if isinstance(known, Error) else type(error).__name__)
            raise


def mark_failed(opened: Span, error: str) -> None:
    """Mark a span as failed by an error of this code or status."""
    opened.set_status(Status(StatusCode.ERROR))
    opened.set_attribute("error.type", error)


def traceparent() -> str | None:
    """The open span, in the form of the W3C; None outside of one."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(_TRACEPARENT)


def remote(traceparent: str | None) -> Context:
    """The parent that `traceparent` names, in another process; None begins a trace."""
    return _W3C.extract({_TRACEPARENT: traceparent} if traceparent else {}, Context())


def words_of(path: str) -> str:
    """A path with `{id}` for each segment that may be an id or a secret."""
    return "/".join(part if not part or _WORD.fullmatch(part) else "{id}" for part in path.split("/"))


def shutdown() -> None:
    """Send what is left, and send nothing more."""
    global _provider
    provider, _provider = _provider, NoOpTracerProvider()
    if not isinstance(provider, NoOpTracerProvider):
        provider.shutdown()  # type: ignore[attr-defined]  # of the SDK, which is imported only where it is used
