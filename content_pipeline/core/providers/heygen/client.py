"""HTTP client of HeyGen's API: authentication, pages, and answers as pydantic models.

The address is an operator setting, so it is trusted.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, Generic, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from content_pipeline.core.errors import Unavailable, UpstreamError
from content_pipeline.core.net import read_retries
from content_pipeline.core.net.limited_client import limited_client
from content_pipeline.core.providers.heygen.errors import SERVICE, error_of
from content_pipeline.core.settings import settings

# All tries at a HeyGen that hangs end within the minute that Dagster gives a sensor's tick.
_READ_TIMEOUT: Final = httpx.Timeout(15.0)

Item = TypeVar("Item", bound=BaseModel)


class _Data(BaseModel, Generic[Item]):
    data: Item


class _Page(BaseModel, Generic[Item]):
    data: list[Item]
    has_more: bool = False
    next_token: str | None = None


def is_configured() -> bool:
    """Whether an API key is set."""
    return bool(settings().heygen_api_key.get_secret_value())


def send(method: str, path: str, *, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
    """Send one request, once; returns a response of any status. Raises httpx's errors, and Unavailable `heygen_unset`.

    The errors must not be chained: their causes may quote a key that is not a valid header.
    """
    if not is_configured():
        raise Unavailable(
            "This needs HeyGen, which is not set up.",
            code="heygen_unset",
            remedy="Set CONTENT_PIPELINE_HEYGEN_API_KEY.",
            retryable=False,
        )
    # As bytes: httpx quotes the whole value in its error for one that is not ASCII.
    key = settings().heygen_api_key.get_secret_value().encode()
    sent = {b"X-Api-Key": key} | {name.encode(): value.encode() for name, value in (headers or {}).items()}
    return client().request(method, f"{settings().heygen_url.rstrip('/')}/v3{path}", headers=sent, **request)


def read(path: str, **params: str | int) -> httpx.Response:
    """Send a GET, with retries; returns a response of any status. Raises UpstreamError `heygen_unreachable`."""
    try:
        return read_retries.with_retries(lambda: send("GET", path, params=params, timeout=_READ_TIMEOUT))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SERVICE.unreachable(type(error).__name__) from None


def get(item: type[Item], path: str) -> Item:
    """The resource at `path`."""
    return data_of(item, read(path))


def pages(item: type[Item], path: str, **params: str | int) -> Iterator[Item]:
    """All items of a list, page by page."""
    while True:
        page = _parse(_Page[item], read(path, **params))  # type: ignore[valid-type]
        yield from page.data
        if not page.has_more or not page.next_token:
            return
        params["token"] = page.next_token


def data_of(item: type[Item], response: httpx.Response) -> Item:
    """The resource in a response. Raises the error that an unsuccessful one stands for."""
    return _parse(_Data[item], response).data  # type: ignore[valid-type]


def _parse(model: type[Item], response: httpx.Response) -> Item:
    if not response.is_success:
        raise error_of(response)
    try:
        return model.model_validate_json(response.content)
    except ValidationError:
        raise UpstreamError(
            "HeyGen answered with something that is not of its API.",
            code="heygen_unreadable",
            remedy="Check that CONTENT_PIPELINE_HEYGEN_URL names its API.",
        ) from None


@cache
def client() -> httpx.Client:
    """A shared client with keep-alive."""
    return limited_client()
