"""Fake language model with OpenAI's `/chat/completions` API: `uvicorn sandbox.language_model:app`.

It accepts any bearer token that begins with `sandbox-`. It returns the queued answers (`POST /answers`) in order, and
echoes the last message when the queue is empty; `GET /requests` lists the requests received, and which of them the
client aborted.
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
    """Response to one request. `broken_after`: the stream ends after this many chunks, without `[DONE]`."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = {}
    broken_after: int | None = None
    seconds_between: float = 0.0


class RecordedRequest(BaseModel):
    body: CompletionRequest
    aborted: bool = False


def create_app() -> FastAPI:
    """A language model with an empty queue and no recorded requests."""
    app = FastAPI(title="Language model (sandbox)")
    answers: deque[Answer] = deque()
    requests: list[RecordedRequest] = []

    @app.post("/answers", status_code=HTTPStatus.NO_CONTENT)
    def queue_answer(answer: Answer) -> None:
        answers.append(answer)

    @app.get("/requests")
    def list_requests() -> list[RecordedRequest]:
        return requests

    @app.post("/v1/chat/completions", response_model=None)
    async def complete(
        body: CompletionRequest, authorization: Annotated[str, Header()] = ""
    ) -> JSONResponse | StreamingResponse:
        if not authorization.startswith(f"Bearer {ACCEPTED_PREFIX}"):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, f"Incorrect API key provided: {authorization}")
        request = RecordedRequest(body=body)
        requests.append(request)
        answer = answers.popleft() if answers else Answer(text=body.messages[-1].content)
        if answer.status != HTTPStatus.OK:
            return JSONResponse({"error": {"message": answer.text}}, answer.status, answer.headers)
        if body.stream:
            return StreamingResponse(_events(request, answer), media_type="text/event-stream")
        return JSONResponse(_completion("chat.completion", body, {"message": _assistant_message(answer.text)}, "stop"))

    return app


async def _events(request: RecordedRequest, answer: Answer) -> AsyncIterator[str]:
    starts = range(0, len(answer.text), _CHUNK_CHARACTERS)
    chunks = [answer.text[start : start + _CHUNK_CHARACTERS] for start in starts]
    try:
        for chunk in chunks[: answer.broken_after]:
            yield _event(_completion("chat.completion.chunk", request.body, {"delta": {"content": chunk}}))
            await asyncio.sleep(answer.seconds_between)
    except asyncio.CancelledError:
        request.aborted = True
        raise
    if answer.broken_after is None:
        yield _event(_completion("chat.completion.chunk", request.body, {"delta": {}}, "stop"))
        yield "data: [DONE]\n\n"


def _assistant_message(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _completion(
    kind: str, body: CompletionRequest, content: dict[str, Any], finish_reason: str | None = None
) -> dict[str, Any]:
    choice = {"index": 0, **content, "finish_reason": finish_reason}
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "model": body.model, "choices": [choice]}


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


app = create_app()
