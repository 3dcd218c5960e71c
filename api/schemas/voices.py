"""Voices on the wire."""

from typing import Literal

from pydantic import BaseModel, Field

from content_pipeline.core.speech.voice_selection import Voice


class VoiceView(BaseModel):
    id: str = Field(description="What `voice_id` takes", examples=["hibari-heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(description="`mul`: many, whichever the script is in", examples=["en-US"])
    gender: Literal["female", "male"] | None
    provider: str = Field(examples=["hibari"])

    @classmethod
    def of(cls, voice: Voice) -> "VoiceView":
        return cls(id=voice.id, name=voice.name, language=voice.language, gender=voice.gender, provider=voice.provider)
