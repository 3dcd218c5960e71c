"""A stand-in for a language model behind OpenAI's `/chat/completions`: `uvicorn sandbox.language_model:app`.

It accepts any bearer token that begins with `sandbox-`. It answers what was put into its queue (`POST /answers`), a
status and a text each, and echoes the last message when the queue is empty; `GET /requests` tells what it was asked
and which requests were left before their end.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import uuid4

from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

ACCEPTED_PREFIX: Final = "sandbox-"
_CHUNK_CHARACTERS: Final = 12


class Message(BaseModel):
    role: str
    content: str


class CompletionRequest(BaseModel):
    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool = False


class Answer(BaseModel):
    """What one request is answered. `broken_after`: a stream ends after so many pieces, without a last word."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = {}
    broken_after: int | None = None
    seconds_between: float = 0.0


class RecordedRequest(BaseModel):
    wish: CompletionRequest
    left: bool = False


def create_app() -> FastAPI:
    """A model that was asked nothing yet."""
    app = FastAPI(title="A language model, a stand-in")
    answers: deque[Answer] = deque()
    requests: list[RecordedRequest] = []

    @app.post("/answers", status_code=HTTPStatus.NO_CONTENT)
    def queue(answer: Answer) -> None:
        answers.append(answer)

    @app.get("/requests")
    def asked() -> list[RecordedRequest]:
        return requests

    @app.post("/v1/chat/completions", response_model=None)
    async def complete(
        wish: CompletionRequest, authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse | StreamingResponse:
        if not authorization.startswith(f"Bearer {ACCEPTED_PREFIX}"):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, f"Incorrect API key provided: {authorization}")
        asked = RecordedRequest(wish=wish)
        requests.append(asked)
        answer = answers.popleft() if answers else Answer(text=wish.messages[-1].content)
        if answer.status != HTTPStatus.OK:
            return JSONResponse({"error": {"message": answer.text}}, answer.status, answer.headers)
        if wish.stream:
            return StreamingResponse(_events(asked, answer), media_type="text/event-stream")
        return JSONResponse(_completion("chat.completion", wish, {"message": _assistant_message(answer.text)}, "stop"))

    return app


async def _events(asked: RecordedRequest, answer: Answer) -> AsyncIterator[str]:
    starts = range(0, len(answer.text), _CHUNK_CHARACTERS)
    pieces = [answer.text[start : start + _CHUNK_CHARACTERS] for start in starts]
    try:
        for piece in pieces[: answer.broken_after]:
            yield _event(_completion("chat.completion.chunk", asked.wish, {"delta": {"content": piece}}))
            await asyncio.sleep(answer.seconds_between)
    except asyncio.CancelledError:
        asked.left = True
        raise
    if answer.broken_after is None:
        yield _event(_completion("chat.completion.chunk", asked.wish, {"delta": {}}, "stop"))
        yield "data: [DONE]\n\n"


def _assistant_message(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _completion(
    kind: str, wish: CompletionRequest, said: dict[str, Any], finish_reason: str | None = None
) -> dict[str, Any]:
    choice = {"index": 0, **said, "finish_reason": finish_reason}
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "model": wish.model, "choices": [choice]}


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


app = create_app()
