"""Client of the ZeroMemory API: an external store for memories, in place of our database.

Uses only what its API reference documents, so a namespace is sent as `entity_id`, the filter that is documented. The
endpoint is an operator setting, so its address is trusted.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import httpx
from pydantic import AliasChoices, BaseModel, Field, TypeAdapter, ValidationError

from content_pipeline.core.errors import Unavailable, UpstreamError
from content_pipeline.core.infrastructure.net.limited_client import limited_client
from content_pipeline.core.infrastructure.net.service_errors import Service
from content_pipeline.core.settings import settings

_SERVICE: Final = Service(
    name="ZeroMemory", code="zeromemory", setting="CONTENT_PIPELINE_ZEROMEMORY", credential="token"
)
# ZeroMemory returns at most this many results per query.
MAX_HITS: Final = 100

# The request's transaction stays open, and the database ends transactions idle for 15 s.
_TIMEOUT: Final = httpx.Timeout(10.0, connect=4.0)


class Hit(BaseModel):
    """A search result; `score` is ZeroMemory's own ranking."""

    # The reference says `memory_id`, and its client libraries read `id`.
    memory_id: str = Field(validation_alias=AliasChoices("memory_id", "id"))
    score: float = 0.0


class _Hits(BaseModel):
    # The reference says `results`; the client libraries read `memories` or a bare list.
    hits: list[Hit] = Field(validation_alias=AliasChoices("results", "memories"))


_CREATED: Final = TypeAdapter(Hit)
_FOUND: Final[TypeAdapter[_Hits | list[Hit]]] = TypeAdapter(_Hits | list[Hit])


def is_configured() -> bool:
    """Whether a ZeroMemory token is set."""
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
    """Store a memory, and return its id in ZeroMemory.

    Raises UpstreamError: `zeromemory_unreachable`, `zeromemory_limited` (with `retry_after`) and `zeromemory_failed`
    are retryable; `zeromemory_unauthorized`, `zeromemory_refused` and `zeromemory_unreadable` are not. Raises
    Unavailable `zeromemory_unset` where there is no token.
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
    """The memories of a namespace that match `query`, best first. Raises as `remember` does."""
    payload = {"query": query, "entity_id": namespace, "layer": layer, "limit": limit}
    found: _Hits | list[Hit] = _parse(_FOUND, _raise_for_status(_request("POST", "/recall", payload)))
    return found.hits if isinstance(found, _Hits) else found


def forget(memory_id: str) -> None:
    """Delete a memory; a missing one is not an error. Raises as `remember` does."""
    response = _request("DELETE", f"/forget/{quote(memory_id, safe='')}")
    if response.status_code != HTTPStatus.NOT_FOUND:
        _raise_for_status(response)


def _request(method: str, path: str, payload: Mapping[str, Any] | None = None) -> httpx.Response:
    if not is_configured():
        raise Unavailable(
            "This needs ZeroMemory, which is no longer set up.",
            code="zeromemory_unset",
            remedy="Set CONTENT_PIPELINE_ZEROMEMORY_TOKEN.",
            retryable=False,
        )
    headers = {"Authorization": f"Bearer {settings().zeromemory_token.get_secret_value()}"}
    try:
        return client().request(method, f"{settings().zeromemory_url.rstrip('/')}{path}", json=payload, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # `from None`: the cause quotes a token that is not a valid header value, such as one with a line break.
        raise _SERVICE.unreachable(type(error).__name__) from None


@cache
def client() -> httpx.Client:
    """A shared client with keep-alive, which saves a TLS handshake per memory."""
    return limited_client(timeout=_TIMEOUT)


def _raise_for_status(response: httpx.Response) -> httpx.Response:
    """The response if successful. Error bodies may quote the token, so they are not passed on."""
    if not response.is_success:
        raise _SERVICE.error_from_response(response)
    return response


def _parse(adapter: TypeAdapter[Any], response: httpx.Response) -> Any:
    try:
        return adapter.validate_json(response.content)
    except ValidationError as error:
        raise UpstreamError(
            "ZeroMemory answered with something that is not about memories.",
            code="zeromemory_unreadable",
            remedy="Check that CONTENT_PIPELINE_ZEROMEMORY_URL names its memory/v2 API.",
        ) from error
