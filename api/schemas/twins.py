"""Twins on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from content_pipeline.core.models import Twin

Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class TwinRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        examples=["Tech Creator"]
    )
    voice_id: str = Field(
        min_length=1, max_length=100, description="A voice of `GET /voices`, or a language tag", examples=["en-US"]
    )
    style_tags: list[Tag] = Field([], max_length=20, examples=[["casual", "educational"]])


class TwinView(BaseModel):
    id: UUID = Field(examples=["645b5b56-f879-4f2f-8ccc-106e8912f522"])
    name: str = Field(examples=["Tech Creator"])
    voice_id: str = Field(examples=["en-US"])
    style_tags: list[str] = Field(examples=[["casual", "educational"]])
    created_at: datetime = Field(examples=["2026-04-30T02:12:14Z"])

    @classmethod
    def of(cls, twin: Twin) -> "TwinView":
        return cls(
            id=twin.id,
            name=twin.name,
            voice_id=twin.voice_id,
            style_tags=twin.style_tags,
            created_at=twin.created_at,
        )
