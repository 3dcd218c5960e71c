"""Client for a language model behind an OpenAI-compatible `/chat/completions`."""

import json
from collections.abc import Generator, Sequence
from typing import Any, Final, Literal, TypedDict

import httpx

from content_pipeline.core.errors import Conflict
from content_pipeline.core.infrastructure.net.openai_endpoint import Endpoint
from content_pipeline.core.settings import settings

# Reasoning models send nothing for a while.
_TIMEOUT: Final = httpx.Timeout(120.0, connect=10.0)
MAX_BYTES: Final = 1 << 20


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


def is_set() -> bool:
    """Whether a model is configured."""
    return bool(settings().text_url)


def answer(messages: Sequence[Message]) -> str:
    """The model's answer. Raises what `Endpoint.post` and `Endpoint.read` raise, with the code `text_model`."""
    endpoint = configured_endpoint()
    with endpoint.post("chat/completions", _request_body(messages)) as response:
        body = endpoint.read(response)
    try:
        said = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise endpoint.unreadable("answered with something that is no chat completion") from error
    if not isinstance(said, str) or not said.strip():
        raise endpoint.unreadable("answered without a word")
    return _without_surrogates(said)


def stream(messages: Sequence[Message]) -> Generator[str]:
    """The model's answer as it is generated, in at least one piece; closing the iterator ends the request.

    Raises as `answer` does, before the first piece or between two.
    """
    endpoint = configured_endpoint()
    with endpoint.post("chat/completions", _request_body(messages) | {"stream": True}) as response:
        received, begun, ended = 0, False, False
        for line in response.iter_lines():
            received += len(line.encode())
            if received > MAX_BYTES:
                raise endpoint.unreadable(f"sent more than {MAX_BYTES:,} bytes")
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                ended = True
                break
            said, finished = _parse_event(endpoint, data)
            begun, ended = begun or bool(said), ended or finished
            if said:
                yield said
        if not ended:
            raise endpoint.unreachable("before the end of the text")
        if not begun:
            raise endpoint.unreadable("answered without a word")


def _without_surrogates(said: str) -> str:
    """The text with "?" for lone surrogates, which JSON can contain and UTF-8 cannot."""
    return said.encode(errors="replace").decode()


def configured_endpoint() -> Endpoint:
    """The endpoint that the settings name. Raises Conflict `text_model_missing` where they name none: no outage, which
    a monitor would report and a client would wait for."""
    if not is_set():
        raise Conflict(
            "There is no language model here to write with.",
            code="text_model_missing",
            remedy="Set CONTENT_PIPELINE_TEXT_URL and CONTENT_PIPELINE_TEXT_MODEL, and CONTENT_PIPELINE_TEXT_KEY where "
            "the endpoint wants one.",
        )
    return Endpoint(
        name="The language model's endpoint",
        code="text_model",
        setting="CONTENT_PIPELINE_TEXT",
        url=settings().text_url,
        key=settings().text_key,
        timeout=_TIMEOUT,
        max_bytes=MAX_BYTES,
    )


def _request_body(messages: Sequence[Message]) -> dict[str, Any]:
    return {"model": settings().text_model, "messages": list(messages)}


def _parse_event(endpoint: Endpoint, data: str) -> tuple[str, bool]:
    """The text of a stream's event, and whether it ends the answer."""
    try:
        event = json.loads(data)
        if "error" in event:
            raise endpoint.failed("in the middle of the text")
        # The event with the token usage has no choices.
        choice = (event["choices"] or [{}])[0]
        return _without_surrogates(choice.get("delta", {}).get("content") or ""), choice.get(
            "finish_reason"
        ) is not None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise endpoint.unreadable("sent an event that is no part of a chat completion") from error
