"""Schemas of voices."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class VoiceView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Value for `voice_id`", examples=["hibari-heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(description="`mul`: multilingual, follows the script", examples=["en-US"])
    gender: Literal["female", "male"] | None
    provider: str = Field(examples=["hibari"])
