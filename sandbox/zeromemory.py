"""A stand-in for ZeroMemory: `uvicorn sandbox.zeromemory:app`.

Its calls, fields, defaults and limits are those of ZeroMemory's API reference. It accepts any bearer token that begins
with `sandbox-`, each of them an account of its own, and forgets everything when it ends. What fits a query it judges
by the words in common.
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

# Its reference's weights; a day old is 0.6 recent there.
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
    """What each token has remembered."""

    def __init__(self) -> None:
        self._accounts: Mapping[str, Account] = defaultdict(dict)

    def __call__(self, authorization: Annotated[str, Header()] = "") -> Account:
        """The account behind a request's bearer token. Raises HTTPException 401."""
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or not token.startswith(ACCEPTED_PREFIX):
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "Could not validate credentials")
        return self._accounts[token]


def create_app() -> FastAPI:
    """A ZeroMemory that knows nothing yet."""
    app = FastAPI(title="ZeroMemory, a stand-in")
    account_of = Depends(Accounts())

    @app.post("/remember")
    def remember(new: NewMemory, account: Account = account_of) -> dict[str, Any]:
        kept = StoredMemory(**dict(new), memory_id=f"mem_{uuid4().hex[:12]}", created_at=_now())
        account[kept.memory_id] = kept
        return {
            "memory_id": kept.memory_id,
            "content": kept.content,
            "importance": kept.importance,
            "memory_type": kept.memory_type,
            "entities_extracted": re.findall(r"\b[A-Z]\w+", kept.content),
        }

    @app.post("/recall")
    def recall(query: Query, account: Account = account_of) -> dict[str, Any]:
        found = sorted(_scored_results(query, account), key=lambda result: -result["score"])[: query.limit]
        return {"results": found, "count": len(found)}

    @app.delete("/forget/{memory_id}", status_code=HTTPStatus.NO_CONTENT)
    def forget(memory_id: str, account: Account = account_of) -> None:
        if account.pop(memory_id, None) is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "Memory not found")

    return app


def _scored_results(query: Query, account: Account) -> Iterator[dict[str, Any]]:
    asked = _words(query.query)
    for kept in account.values():
        if query.entity_id not in (None, kept.entity_id) or query.layer not in (None, kept.memory_type):
            continue
        hours = (_now() - kept.created_at).total_seconds() / 3600
        similarity = len(asked & _words(kept.content)) / max(len(asked), 1)
        recency = math.exp(-_DECAY_PER_HOUR * hours)
        score = _SIMILARITY * similarity + _IMPORTANCE * kept.importance + _RECENCY * recency
        shown = kept.model_dump(
            mode="json", include={"memory_id", "content", "importance", "memory_type", "created_at"}
        )
        yield {**shown, "score": round(score, 4)}


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - an outside server has a clock of its own


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


app = create_app()
