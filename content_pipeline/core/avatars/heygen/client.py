"""HTTP client of HeyGen's API: authentication, pages, and answers as pydantic models.

The address is an operator setting, so it is trusted.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, Generic, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from content_pipeline.core.avatars.heygen.errors import SERVICE, error_of
from content_pipeline.core.errors import Unavailable, UpstreamError
from content_pipeline.core.infrastructure.error_isolation import isolated
from content_pipeline.core.infrastructure.net import read_retries
from content_pipeline.core.infrastructure.net.limited_client import limited_client
from content_pipeline.core.settings import settings

# All tries at a HeyGen that hangs end within the minute that Dagster gives a sensor's tick.
_READ_TIMEOUT: Final = httpx.Timeout(15.0)

# The lists give the id of an item one of these names.
_ID_NAMES: Final = ("id", "video_id", "voice_id")
_MAX_LOGGED: Final = 100

Item = TypeVar("Item", bound=BaseModel)


class _Data(BaseModel, Generic[Item]):
    data: Item


class _Page(BaseModel):
    data: list[Any]
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
    # The key is sent as bytes, because httpx quotes the whole value in its error for a string that is not ASCII.
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


def items(item: type[Item], path: str, **params: str | int) -> Iterator[Item]:
    """The items of a list, page by page. One in an unexpected form is logged and left out."""
    for entry in _entries(path, **params):
        with isolated("heygen_items", f"{path} {_id_of(entry)}"), _readable():
            yield item.model_validate(entry)


def all_items(item: type[Item], path: str, **params: str | int) -> Iterator[Item]:
    """The items of a list, page by page. Raises UpstreamError `heygen_unreadable` for one in an unexpected form."""
    for entry in _entries(path, **params):
        with _readable():
            yield item.model_validate(entry)


def _entries(path: str, **params: str | int) -> Iterator[Any]:
    seen: set[str] = set()
    while True:
        page = _parse(_Page, read(path, **params))
        yield from page.data
        if not page.has_more or not page.next_token:
            return
        if page.next_token in seen:  # its pages would never end
            raise _unreadable()
        seen.add(page.next_token)
        params["token"] = page.next_token


def _id_of(entry: Any) -> str:
    ids = (entry.get(name) for name in _ID_NAMES) if isinstance(entry, dict) else ()
    return next((str(one)[:_MAX_LOGGED] for one in ids if one), "without id")


def data_of(item: type[Item], response: httpx.Response) -> Item:
    """The resource in a response. Raises the error that an unsuccessful one stands for."""
    return _parse(_Data[item], response).data  # type: ignore[valid-type]


def _parse(model: type[Item], response: httpx.Response) -> Item:
    if not response.is_success:
        raise error_of(response)
    with _readable():
        return model.model_validate_json(response.content)


@contextmanager
def _readable() -> Iterator[None]:
    """What cannot be validated in this block is UpstreamError `heygen_unreadable`; its notes name the fields."""
    try:
        yield
    except ValidationError as invalid:
        error = _unreadable()
        for fault in invalid.errors(include_input=False, include_url=False):
            error.add_note(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}")
        raise error from None


def _unreadable() -> UpstreamError:
    return UpstreamError(
        "HeyGen answered with something that is not of its API.",
        code="heygen_unreadable",
        remedy="Check that CONTENT_PIPELINE_HEYGEN_URL names its API.",
    )


@cache
def client() -> httpx.Client:
    """A shared client with keep-alive."""
    return limited_client()
