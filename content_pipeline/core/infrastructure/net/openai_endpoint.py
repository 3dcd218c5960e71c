"""Base client for OpenAI-compatible HTTP endpoints, hosted or self-hosted.

An endpoint is an operator setting, so its address is trusted; the size of its responses is limited.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
from pydantic import SecretStr

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.net.limited_client import limited_client
from content_pipeline.core.infrastructure.net.service_errors import Service
from content_pipeline.core.infrastructure.net.storable_text import storable

_EXCERPT_CHARACTERS: Final = 200
_NO_SUCH_PATH: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Service):
    """One endpoint; responses are limited to `max_bytes`."""

    url: str
    key: SecretStr
    timeout: httpx.Timeout
    max_bytes: int

    @property
    def _headers(self) -> dict[str, str]:
        key = self.key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}

    @contextmanager
    def post(self, path: str, payload: dict[str, Any]) -> Iterator[httpx.Response]:
        """POST `payload` as JSON; yields the successful response, whose body is streamed inside the `with`.

        Raises UpstreamError: `…_unreachable`, `…_limited` (with `retry_after`) and `…_failed` are retryable;
        `…_unauthorized` and `…_refused` are not.
        """
        try:
            with (
                limited_client(timeout=self.timeout) as client,
                client.stream(
                    "POST", f"{self.url.rstrip('/')}/{path}", json=payload, headers=self._headers
                ) as response,
            ):
                if not response.is_success:
                    raise self.error_from_response(response, excerpt=self._excerpt(response))
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.unreachable(type(error).__name__) from error

    def lists_models(self, *, seconds: float) -> bool:
        """Whether it lists its models, which no endpoint bills, and not every one has. Raises as `post` does."""
        try:
            with (
                limited_client(timeout=seconds) as client,
                client.stream("GET", f"{self.url.rstrip('/')}/models", headers=self._headers) as response,
            ):
                if not response.is_success and response.status_code not in _NO_SUCH_PATH:
                    raise self.error_from_response(response, excerpt=self._excerpt(response))
                return response.is_success
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.unreachable(type(error).__name__) from error

    def read(self, response: httpx.Response) -> bytes:
        """Read the response body. Raises UpstreamError `…_unreadable` when it is longer than `max_bytes`."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.max_bytes:
                raise self.unreadable(f"sent more than {self.max_bytes:,} bytes")
        return bytes(body)

    def unreadable(self, what: str) -> UpstreamError:
        """The error for a response of the wrong type or size."""
        return UpstreamError(
            f"{self.name} {what}.",
            code=f"{self.code}_unreadable",
            remedy=f"Check that {self.setting}_URL names an OpenAI-compatible endpoint.",
        )

    def _excerpt(self, response: httpx.Response) -> str:
        """An excerpt of the error body, with the API key redacted."""
        body = storable(self.read(response).decode(errors="replace"))
        return body.replace(self.key.get_secret_value() or "\0", "…")[:_EXCERPT_CHARACTERS]
