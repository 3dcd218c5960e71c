"""Fake ZeroMemory server: `uvicorn sandbox.zeromemory:app`.

Endpoints, fields, defaults and limits follow ZeroMemory's API reference. It accepts any bearer token that begins with
`sandbox-`, one account per token, and keeps everything in memory. Similarity is the share of query words in common.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from uuid import uuid4

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Field

ACCEPTED_PREFIX: Final = "sandbox-"

Layer = Literal["working", "episodic", "semantic"]

# Weights of the API reference, by which a memory of one day has a recency of 0.6.
_SIMILARITY, _IMPORTANCE, _RECENCY = 0.5, 0.3, 0.2
_DECAY_PER_HOUR: Final = -math.log(0.6) / 24


class NewMemory(BaseModel):
    content: str
    entity_id: str | None = None
    memory_type: Layer = "episodic"
    importance: float = Field(0.5, ge=0, le=1)
    tags: list[str] | None = None
    metadata: dict[str, Any] | None = None


class Query(BaseModel):
    query: str
    entity_id: str | None = None
    layer: Layer | None = None
    limit: int = Field(10, ge=1, le=100)


class StoredMemory(NewMemory):
    memory_id: str
    created_at: datetime


Account = dict[str, StoredMemory]


class Accounts:
    """FastAPI dependency: the memories of each token."""

    def __init__(self) -> None:
        self._accounts: Mapping[str, Account] = defaultdict(dict)

    def __call__(self, authorization: Annotated[str, Header()] = "") -> Account:
        """The account of a request's bearer token. Raises HTTPException 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token.startswith(ACCEPTED_PREFIX):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "Could not validate credentials")
        return self._accounts[token]


def create_app() -> FastAPI:
    """A ZeroMemory server without memories."""
    app = FastAPI(title="ZeroMemory (sandbox)")
    account_dependency = Depends(Accounts())

    @app.post("/remember")
    def remember(new: NewMemory, account: Account = account_dependency) -> dict[str, Any]:
        memory = StoredMemory(**dict(new), memory_id=f"mem_{uuid4().hex[:12]}", created_at=_now())
        account[memory.memory_id] = memory
        return {
            "memory_id": memory.memory_id,
            "content": memory.content,
            "importance": memory.importance,
            "memory_type": memory.memory_type,
            "entities_extracted": re.findall(r"\b[A-Z]\w+", memory.content),
        }

    @app.post("/recall")
    def recall(query: Query, account: Account = account_dependency) -> dict[str, Any]:
        found = sorted(_scored_results(query, account), key=lambda result: -result["score"])[: query.limit]
        return {"results": found, "count": len(found)}

    @app.delete("/forget/{memory_id}", status_code=HTTPStatus.NO_CONTENT)
    def forget(memory_id: str, account: Account = account_dependency) -> None:
        if account.pop(memory_id, None) is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "Memory not found")

    return app


def _scored_results(query: Query, account: Account) -> Iterator[dict[str, Any]]:
    query_words = _words(query.query)
    for memory in account.values():
        if query.entity_id not in (None, memory.entity_id) or query.layer not in (None, memory.memory_type):
            continue
        hours = (_now() - memory.created_at).total_seconds() / 3600
        similarity = len(query_words & _words(memory.content)) / max(len(query_words), 1)
        recency = math.exp(-_DECAY_PER_HOUR * hours)
        score = _SIMILARITY * similarity + _IMPORTANCE * memory.importance + _RECENCY * recency
        shown = memory.model_dump(
            mode="json", include={"memory_id", "content", "importance", "memory_type", "created_at"}
        )
        yield {**shown, "score": round(score, 4)}


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - an external server has its own clock


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


app = create_app()
