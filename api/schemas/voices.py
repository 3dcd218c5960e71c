"""Schemas of voices."""

from typing import Literal

from pydantic import BaseModel, Field

from content_pipeline.core.speech.voice_selection import Voice


class VoiceView(BaseModel):
    id: str = Field(description="Value for `voice_id`", examples=["hibari-heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(description="`mul`: multilingual, follows the script", examples=["en-US"])
    gender: Literal["female", "male"] | None
    provider: str = Field(examples=["hibari"])

    @classmethod
    def of(cls, voice: Voice) -> "VoiceView":
        return cls(id=voice.id, name=voice.name, language=voice.language, gender=voice.gender, provider=voice.provider)
