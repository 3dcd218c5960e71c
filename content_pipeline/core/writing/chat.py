"""A language model behind an OpenAI-compatible `/chat/completions`."""

import json
from collections.abc import Generator, Sequence
from typing import Any, Final, Literal, TypedDict

import httpx

from content_pipeline.core.errors import Unavailable
from content_pipeline.core.providers.openai_endpoint import Endpoint
from content_pipeline.core.settings import settings

# Models that think first say nothing for a while.
_TIMEOUT: Final = httpx.Timeout(120.0, connect=10.0)
MAX_BYTES: Final = 1 << 20


class Message(TypedDict):
    role: Literal["system", "user", "assistant"]
    content: str


def is_set() -> bool:
    """Whether there is a model to ask."""
    return bool(settings().text_url)


def answer(messages: Sequence[Message]) -> str:
    """What the model says. Raises what `Endpoint.post` and `Endpoint.read` raise, with the code `text_model`."""
    endpoint = _endpoint()
    with endpoint.post("chat/completions", _wish(messages)) as response:
        body = endpoint.read(response)
    try:
        said = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise endpoint.unreadable("answered with something that is no chat completion") from error
    if not isinstance(said, str) or not said.strip():
        raise endpoint.unreadable("answered without a word")
    return _whole(said)


def stream(messages: Sequence[Message]) -> Generator[str]:
    """What the model says, in one piece at least, as it says it; closing the iterator ends the request.

    Raises as `answer` does, before the first piece and between two.
    """
    endpoint = _endpoint()
    with endpoint.post("chat/completions", _wish(messages) | {"stream": True}) as response:
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
            said, finished = _piece(endpoint, data)
            begun, ended = begun or bool(said), ended or finished
            if said:
                yield said
        if not ended:
            raise endpoint.unreachable("before the end of the text")
        if not begun:
            raise endpoint.unreadable("answered without a word")


def _whole(said: str) -> str:
    """What was said, with "?" for halves of characters: JSON can name a lone surrogate, which nothing can send on."""
    return said.encode(errors="replace").decode()


def _endpoint() -> Endpoint:
    if not is_set():
        raise Unavailable(
            "There is no language model here to write with.",
            code="text_model_missing",
            remedy="Set CONTENT_PIPELINE_TEXT_URL and CONTENT_PIPELINE_TEXT_MODEL, and CONTENT_PIPELINE_TEXT_KEY where "
            "the endpoint wants one.",
            retryable=False,
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


def _wish(messages: Sequence[Message]) -> dict[str, Any]:
    return {"model": settings().text_model, "messages": list(messages)}


def _piece(endpoint: Endpoint, data: str) -> tuple[str, bool]:
    """What an event of the stream says, and whether it is the last that says something."""
    try:
        event = json.loads(data)
        if "error" in event:
            raise endpoint.failed("in the middle of the text")
        # The event that counts the tokens has no choices.
        choice = (event["choices"] or [{}])[0]
        return _whole(choice.get("delta", {}).get("content") or ""), choice.get("finish_reason") is not None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise endpoint.unreadable("sent an event that is no part of a chat completion") from error
