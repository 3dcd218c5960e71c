"""Schemas of voices."""

from dataclasses import asdict
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field

from api.paths import PUBLIC_PATH
from content_pipeline.core.speech.voice_types import Voice


class VoiceView(BaseModel):
    id: str = Field(description="Value for `voice_id`", examples=["hibari-heart"])
    name: str = Field(examples=["Heart"])
    language: str = Field(description="`mul`: multilingual, follows the script", examples=["en-US"])
    gender: Literal["female", "male"] | None
    provider: str = Field(examples=["hibari"])
    sample_url: str = Field(
        description="Path of a WAV file with a sentence in the voice's own language; needs the API key",
        examples=["/api/v1/public/voices/hibari-heart/sample"],
    )

    @classmethod
    def of(cls, voice: Voice) -> "VoiceView":
        path = f"{PUBLIC_PATH}/voices/{quote(voice.id, safe='')}/sample"
        return cls.model_validate(asdict(voice) | {"sample_url": path})
