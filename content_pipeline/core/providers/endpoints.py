"""OpenAI-compatible endpoints, hosted ones and self-hosted ones alike.

An endpoint is the operator's own setting, so its address is trusted; how much it answers is limited.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
from pydantic import SecretStr

from content_pipeline.core.errors import Remote

_SAID_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: `name` as sentences call it, `code` before the codes of its errors, `setting` before the names of
    its settings."""

    name: str
    code: str
    setting: str
    url: str
    key: SecretStr
    timeout: httpx.Timeout
    most_bytes: int

    @contextmanager
    def post(self, path: str, wish: dict[str, Any]) -> Iterator[httpx.Response]:
        """The successful answer to `wish`, its body still to be read inside of the `with`.

        Raises Remote: `…_unreachable`, `…_limited` (`retry_after` says when again) and `…_failed`, which are worth
        trying again; `…_unauthorized` and `…_refused`, which are not.
        """
        key = self.key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            with httpx.stream(
                "POST", f"{self.url.rstrip('/')}/{path}", json=wish, headers=headers, timeout=self.timeout
            ) as response:
                if not response.is_success:
                    raise self._refusal(response, self.read(response))
                yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self.broken_off(type(error).__name__) from error

    def read(self, response: httpx.Response) -> bytes:
        """The body of an answer. Raises Remote `…_unreadable` when it is longer than `most_bytes`."""
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self.most_bytes:
                raise self.unreadable(f"sent more than {self.most_bytes:,} bytes")
        return bytes(body)

    def broken_off(self, how: str) -> Remote:
        """The error for an answer that did not come, or not whole."""
        return Remote(
            f"The {self.name} could not be reached, or broke off ({how}).",
            code=f"{self.code}_unreachable",
            remedy=f"Try again; check {self.setting}_URL if it stays like that.",
            retryable=True,
        )

    def failed(self, how: str, *, retry_after: float | None = None) -> Remote:
        """The error for a fault of the endpoint's own."""
        return Remote(
            f"The {self.name} failed ({how}).",
            code=f"{self.code}_failed",
            remedy="Try again.",
            retryable=True,
            retry_after=retry_after,
        )

    def unreadable(self, what: str) -> Remote:
        """The error for an answer that is none."""
        return Remote(
            f"The {self.name} {what}.",
            code=f"{self.code}_unreadable",
            remedy=f"Check that {self.setting}_URL names an OpenAI-compatible endpoint.",
        )

    def _refusal(self, response: httpx.Response, body: bytes) -> Remote:
        """The endpoint's words tell what is wrong with a request; they may quote its key."""
        status = response.status_code
        retry_after = _seconds(response.headers.get("retry-after", ""))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return Remote(
                f"The {self.name} refused the key.",
                code=f"{self.code}_unauthorized",
                remedy=f"Check {self.setting}_KEY.",
            )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return Remote(
                f"The {self.name} is asked too often, or its quota is used up.",
                code=f"{self.code}_limited",
                remedy="Try again later; raise the quota there if it stays like that.",
                retryable=True,
                retry_after=retry_after,
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return self.failed(str(status), retry_after=retry_after)
        said = body.decode(errors="replace").replace(self.key.get_secret_value() or "\0", "…")[:_SAID_CHARACTERS]
        return Remote(
            f"The {self.name} refused the request ({status}): {said}",
            code=f"{self.code}_refused",
            remedy=f"Check {self.setting}_MODEL against what the endpoint has.",
        )


def _seconds(header: str) -> float | None:
    """What a Retry-After in seconds says; servers that send a date there are asked again at the usual pace."""
    return float(header) if header.isdecimal() else None
