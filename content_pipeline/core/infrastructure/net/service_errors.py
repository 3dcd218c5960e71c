"""Maps HTTP failures of external services to `UpstreamError`s, retryable or not."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

import httpx

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.infrastructure.net.retry_after import retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An external service: `name` for messages, `code` prefixes its error codes, `setting` the names of its settings,
    `credential` is its kind of authentication."""

    name: str
    code: str
    setting: str
    credential: Literal["key", "token"] = "key"

    def unreachable(self, how: str) -> UpstreamError:
        """The error for a failed or interrupted connection."""
        return UpstreamError(
            f"{self.name} could not be reached, or broke off ({how}).",
            code=f"{self.code}_unreachable",
            remedy=f"Try again; check {self.setting}_URL if it stays like that.",
            retryable=True,
        )

    def failed(self, how: str, *, seconds: float | None = None) -> UpstreamError:
        """The retryable error for a failure of the service, with `retry_after` = `seconds`."""
        return UpstreamError(
            f"{self.name} failed ({how}).",
            code=f"{self.code}_failed",
            remedy="Try again.",
            retryable=True,
            retry_after=seconds,
        )

    def error_from_response(self, response: httpx.Response, *, excerpt: str = "") -> UpstreamError:
        """Map an unsuccessful response to an error. `excerpt` (of the error body) is told of client errors (4xx)."""
        status = response.status_code
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return UpstreamError(
                f"{self.name} refused the {self.credential}.",
                code=f"{self.code}_unauthorized",
                remedy=f"Check {self.setting}_{self.credential.upper()}.",
            )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return UpstreamError(
                f"{self.name} is asked too often, or its quota is used up.",
                code=f"{self.code}_limited",
                remedy="Try again later; raise the quota there if it stays like that.",
                retryable=True,
                retry_after=retry_after(response),
            )
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return self.failed(str(status), seconds=retry_after(response))
        ending = f": {excerpt}" if excerpt else "."
        return UpstreamError(
            f"{self.name} refused the request ({status}){ending}",
            code=f"{self.code}_refused",
            remedy=f"Check {self.setting}_URL, the settings beside it, and the quota there.",
        )
