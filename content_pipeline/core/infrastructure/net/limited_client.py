"""httpx client for platforms and providers with a response size limit, and a span for each call.

httpx reads an answer to its end and decompresses it, whatever comes: 1 MB of gzip becomes 1 GB.
"""

from collections.abc import Iterator
from typing import Any, Final

import httpx
from opentelemetry.trace import SpanKind

from content_pipeline.core.infrastructure import tracing

# The largest of their answers are reports of 1 MB, and speech of 17 MB.
MAX_BYTES: Final = 32 << 20
# gzip makes at most 1,032 bytes of one. Compressed answers are not asked for, but some servers send nothing else.
MAX_COMPRESSED_BYTES: Final = 65_536
_LIMITS: Final = {"identity": MAX_BYTES, "gzip": MAX_COMPRESSED_BYTES}


def limited_client(**options: Any) -> httpx.Client:
    """A client whose calls raise httpx.DecodingError for an answer that is too large, or encoded in another way.

    `options` are httpx's.
    """
    return _TracedClient(headers={"Accept-Encoding": "identity"}, event_hooks={"response": [_limit]}, **options)


class _TracedClient(httpx.Client):
    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        path = tracing.words_of(request.url.path)
        attributes = {"http.request.method": request.method, "server.address": request.url.host, "url.template": path}
        with tracing.span(f"{request.method} {request.url.host}{path}", attributes, kind=SpanKind.CLIENT) as span:
            response = super().send(request, **options)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.is_error:
                tracing.mark_failed(span, str(response.status_code))
            return response


def _limit(response: httpx.Response) -> None:
    assert isinstance(response.stream, httpx.SyncByteStream)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    response.stream = _LimitedStream(response.stream, response.request, _LIMITS.get(encoding, 0))


class _LimitedStream(httpx.SyncByteStream):
    """The bytes of a body as they come; more than `most` are an error."""

    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, most: int) -> None:
        self._stream = stream
        self._request = request
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._stream:
            received += len(chunk)
            if received > self._most:
                raise httpx.DecodingError(f"The answer has more than {self._most:,} bytes.", request=self._request)
            yield chunk

    def close(self) -> None:
        self._stream.close()
