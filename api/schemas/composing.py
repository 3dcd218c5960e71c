"""Schemas of composed post texts and written scripts."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from content_pipeline.core.platforms.registered import Platform
from content_pipeline.core.twins.composing import Composed
from content_pipeline.core.writing import rules, scripts

_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class ComposeRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    script: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)] = Field(
        examples=["AI is transforming how creators work..."]
    )
    platform: Platform = Field(examples=["instagram"])
    title: _Line | None = Field(None, examples=["How AI is changing content creation"])


class PostTextView(BaseModel):
    platform: Platform = Field(examples=["instagram"])
    title: str | None = Field(description="null if the platform has no titles", examples=[None])
    text: str = Field(description="Without the hashtags, which the post appends")
    hashtags: list[str] = Field(description='Without "#"', examples=[["AI", "ContentCreation"]])
    characters: int = Field(description="Of text and hashtags, as the platform counts them", examples=[254])
    provider: str = Field(description='The model that wrote it, or "composer"', examples=["composer"])

    @classmethod
    def of(cls, platform: Platform, composed: Composed) -> "PostTextView":
        return cls(
            platform=platform,
            title=composed.post.title,
            text=composed.post.text,
            hashtags=list(composed.post.hashtags),
            characters=rules.characters(platform, composed.post),
            provider=composed.provider,
        )


class ScriptRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    topic: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] = Field(
        examples=["How to plan a month of reels in one afternoon"]
    )
    platform: Platform = Field(examples=["tiktok"])
    # 150 seconds are about 375 words, or 2,250 characters: more would exceed the limit of a reel's script.
    seconds: int = Field(30, ge=5, le=150, description="Spoken length of the script", examples=[30])


class ScriptView(BaseModel):
    script: str
    words: int = Field(examples=[75])
    estimated_seconds: float = Field(description="Spoken length", examples=[30.0])

    @classmethod
    def of(cls, script: str) -> "ScriptView":
        script = script.strip()
        return cls(script=script, words=scripts.count_words(script), estimated_seconds=scripts.spoken_seconds(script))
