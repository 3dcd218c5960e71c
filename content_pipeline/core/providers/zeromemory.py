"""Memories kept by ZeroMemory instead of here.

Of its API only what its reference documents is used, so a namespace goes there as an `entity_id`: that is the filter
which is sure to exist. The endpoint is the operator's own setting, so its address is trusted.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, ValidationError

from content_pipeline.core.errors import Remote, Unavailable
from content_pipeline.core.providers.service_errors import Service
from content_pipeline.core.settings import settings

_SERVICE: Final = Service(
    name="ZeroMemory", code="zeromemory", setting="CONTENT_PIPELINE_ZEROMEMORY", credential="token"
)
# The most that it finds at once.
MAX_HITS: Final = 100

# The request's transaction is open meanwhile, and the database ends one that idles for 15 s.
_TIMEOUT: Final = httpx.Timeout(10.0, connect=4.0)


class Hit(BaseModel):
    """A memory that was found; `score` is ZeroMemory's own blend."""

    # Its reference says `memory_id`, its own client libraries read `id`.
    memory_id: str = Field(validation_alias=AliasChoices("memory_id", "id"))
    score: float = 0.0


class _Hits(BaseModel):
    # Likewise: `results` in the reference, `memories` or a bare list in clients.
    hits: list[Hit] = Field(validation_alias=AliasChoices("results", "memories"))


_CREATED: Final = TypeAdapter(Hit)
_FOUND: Final[TypeAdapter[_Hits | list[Hit]]] = TypeAdapter(_Hits | list[Hit])


def is_configured() -> bool:
    """Whether the settings name a token of ZeroMemory."""
    return bool(settings().zeromemory_token.get_secret_value())


def remember(
    namespace: str,
    content: str,
    *,
    memory_type: str,
    importance: float,
    tags: Sequence[str],
    metadata: Mapping[str, Any],
) -> str:
    """Keep a memory, and return the id that it has there.

    Raises Remote: `zeromemory_unreachable`, `zeromemory_limited` (`retry_after` says when again) and
    `zeromemory_failed`, which are worth trying again; `zeromemory_unauthorized`, `zeromemory_refused` and
    `zeromemory_unreadable`, which are not. Raises Unavailable `zeromemory_unset` where there is no token.
    """
    payload = {
        "content": content,
        "entity_id": namespace,
        "memory_type": memory_type,
        "importance": importance,
        "tags": list(tags),
        "metadata": dict(metadata),
    }
    created: Hit = _parse(_CREATED, _raise_for_status(_request("POST", "/remember", payload)))
    return created.memory_id


def recall(namespace: str, query: str, *, layer: str | None, limit: int) -> list[Hit]:
    """The memories of a namespace that fit `query` best, best first. Raises as `remember` does."""
    payload = {"query": query, "entity_id": namespace, "layer": layer, "limit": limit}
    found: _Hits | list[Hit] = _parse(_FOUND, _raise_for_status(_request("POST", "/recall", payload)))
    return found.hits if isinstance(found, _Hits) else found


def forget(memory_id: str) -> None:
    """Delete a memory; one that is gone already is fine. Raises as `remember` does."""
    response = _request("DELETE", f"/forget/{quote(memory_id, safe='')}")
    if response.status_code != HTTPStatus.NOT_FOUND:
        _raise_for_status(response)


def _request(method: str, path: str, payload: Mapping[str, Any] | None = None) -> httpx.Response:
    if not is_configured():
        raise Unavailable(
            "This needs ZeroMemory, which is not set up any more.",
            code="zeromemory_unset",
            remedy="Set CONTENT_PIPELINE_ZEROMEMORY_TOKEN.",
            retryable=False,
        )
    headers = {"Authorization": f"Bearer {settings().zeromemory_token.get_secret_value()}"}
    try:
        return _client().request(
            method, f"{settings().zeromemory_url.rstrip('/')}{path}", json=payload, headers=headers
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Without its cause, which quotes a token that cannot be sent, such as one with a line break in it.
        raise _SERVICE.unreachable(type(error).__name__) from None


@cache
def _client() -> httpx.Client:
    """Keeps its connections, which saves a TLS handshake per memory."""
    return httpx.Client(timeout=_TIMEOUT)


def _raise_for_status(response: httpx.Response) -> httpx.Response:
    """The answer, if it is a good one. What a bad one says may quote the token, and is not passed on."""
    if not response.is_success:
        raise _SERVICE.error_from_response(
            response, remedy="Check CONTENT_PIPELINE_ZEROMEMORY_URL, and the quota there."
        )
    return response


def _parse(adapter: TypeAdapter[Any], response: httpx.Response) -> Any:
    try:
        return adapter.validate_json(response.content)
    except ValidationError as error:
        raise Remote(
            "ZeroMemory answered with something that is not about memories.",
            code="zeromemory_unreadable",
            remedy="Check that CONTENT_PIPELINE_ZEROMEMORY_URL names its memory/v2 API.",
        ) from error
