"""Schemas of memories, named as in ZeroMemory's API."""

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from content_pipeline.core.errors import Invalid
from content_pipeline.core.models import Memory
from content_pipeline.core.twins.memory import MemoryType, Recalled, namespace_of

METADATA_BYTES: Final = 4096

_NAMESPACE: Final = "twin_645b5b56-f879-4f2f-8ccc-106e8912f522"


def _small(metadata: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(json.dumps(metadata, allow_nan=False).encode()) > METADATA_BYTES:
        raise ValueError(f"metadata has more than {METADATA_BYTES:,} bytes")
    return metadata


Sentences = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_small)]


class Scope(BaseModel):
    """Selects memories. ZeroMemory clients send only `entity_id`; without `namespace`, it is the namespace."""

    model_config = ConfigDict(strict=True, extra="forbid")

    namespace: str | None = Field(None, max_length=100, description="A twin's `memory_namespace`")
    entity_id: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="The person or thing in the namespace it is about; without `namespace`, the namespace itself",
    )

    def target_namespace(self) -> str:
        """The namespace. Raises Invalid if the request names none."""
        namespace = self.namespace or self.entity_id
        if namespace is None:
            raise Invalid(
                "The request has no namespace.",
                code="namespace_missing",
                remedy="Send a twin's memory_namespace as namespace.",
            )
        return namespace

    def target_entity(self) -> str | None:
        """The entity within the namespace, if any."""
        return None if self.entity_id == self.target_namespace() else self.entity_id


class RememberRequest(Scope):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "namespace": _NAMESPACE,
                    "entity_id": "brand-acme",
                    "content": "Our launch of the blue mug sold out in a day.",
                    "memory_type": "episodic",
                    "importance": 0.5,
                    "tags": ["launch", "mugs"],
                    "metadata": {"source": "onboarding"},
                }
            ]
        }
    )

    content: Sentences = Field(description="Recall searches about its first 200 words")
    memory_type: MemoryType = Field(
        "episodic", description="`working`: for a task, `episodic`: events, `semantic`: facts"
    )
    importance: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    tags: list[Tag] = Field([], max_length=20)
    metadata: Metadata = {}


class RecallRequest(Scope):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"namespace": _NAMESPACE, "query": "Which product went well?", "limit": 10}]}
    )

    query: Sentences
    layer: MemoryType | None = Field(None, description="Only memories of this type")
    limit: int = Field(10, ge=1, le=50)


class ForgetRequest(Scope):
    """One memory by `memory_id`, all of a namespace, or all about an entity in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"memory_id": "5bc41d91-867a-4ccb-821a-2b9544c45719"}]})

    # In strict mode, pydantic would refuse a string.
    memory_id: UUID | None = Field(None, strict=False)


class MemoryView(BaseModel):
    memory_id: UUID = Field(examples=["5bc41d91-867a-4ccb-821a-2b9544c45719"])
    namespace: str = Field(examples=[_NAMESPACE])
    entity_id: str | None = Field(examples=["brand-acme"])
    content: str = Field(examples=["Our launch of the blue mug sold out in a day."])
    memory_type: MemoryType = Field(examples=["episodic"])
    importance: float = Field(ge=0, le=1, examples=[0.5])
    tags: list[str] = Field(examples=[["launch", "mugs"]])
    metadata: dict[str, Any] = Field(examples=[{"source": "onboarding"}])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])

    @classmethod
    def of(cls, memory: Memory) -> "MemoryView":
        return cls(
            memory_id=memory.id,
            namespace=namespace_of(memory.twin_id),
            entity_id=memory.entity_id,
            content=memory.content,
            memory_type=memory.memory_type,
            importance=memory.importance,
            tags=memory.tags,
            metadata=memory.details,
            created_at=memory.created_at,
        )


class RecalledView(MemoryView):
    score: float = Field(ge=0, le=1, description="Relevance by meaning, importance and age", examples=[0.71])

    @classmethod
    def found(cls, recalled: Recalled) -> "RecalledView":
        return cls(**dict(MemoryView.of(recalled.memory)), score=recalled.score)


class RecallView(BaseModel):
    results: list[RecalledView] = Field(description="Best first")
    count: int = Field(ge=0, examples=[1])


class Forgotten(BaseModel):
    forgotten: int = Field(ge=0, description="Number of memories deleted", examples=[1])
