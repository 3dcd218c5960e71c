"""Schemas of composed post texts and written scripts."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from content_pipeline.core.platforms.pydantic_types import Platform
from content_pipeline.core.platforms.text import CaptionStyle
from content_pipeline.core.twins.composing import Composed
from content_pipeline.core.writing import scripts, text_validation
from content_pipeline.core.writing.post import Brief
from content_pipeline.core.writing.track_record import TrackRecord

_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]

# 150 seconds are about 375 words, or 2,250 characters: more would exceed the limit of a reel's script.
_SHORTEST, _LONGEST, _USUAL = 5, 150, 30


class BestPostView(BaseModel):
    """A post of the twin that got more views than usual."""

    model_config = ConfigDict(from_attributes=True)

    post_id: str = Field(description="Its id on the platform", examples=["17918920912340654"])
    url: str | None = Field(examples=["https://www.instagram.com/reel/DAbc123/"])
    hook: str = Field(description="Its first sentence", examples=["Bread needs four things."])
    views: int = Field(examples=[15420])
    index: float = Field(description="Views, as a multiple of the usual ones of its account", examples=[2.31])
    caption_style: CaptionStyle | None = Field(description="null if its text was written by hand", examples=["short"])
    seconds: float | None = Field(description="Length of its video", examples=[14.2])
    published_at: datetime = Field(examples=["2026-04-29T16:00:00Z"])


class FindingView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    index: float = Field(description="Views, as a multiple of the usual ones", examples=[1.42])
    confidence: float = Field(ge=0, le=1, description="The probability that it is better than usual", examples=[0.94])
    posts: int = Field(description="How many posts say so", examples=[7])


class BestStyleView(FindingView):
    value: CaptionStyle = Field(examples=["short"])


class BestLengthView(FindingView):
    value: int = Field(description="Seconds", examples=[18])


class LearnedView(BaseModel):
    """What was learned from the posts that were published as this twin on this platform in the last 180 days."""

    model_config = ConfigDict(from_attributes=True)

    posts: int = Field(description="How many posts were compared", examples=[24])
    best: list[BestPostView] = Field(description="The posts whose hooks a model is shown; empty for too few posts")
    caption_style: BestStyleView | None = Field(description="The style that did best; null if none stood out")
    seconds: BestLengthView | None = Field(description="The length that did best; null if none stood out")
    detail: str = Field(
        examples=[
            "24 posts on Instagram were compared. The caption style short did best: 1.42 times the usual views, 94% "
            "sure by 7 posts."
        ]
    )


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
    caption_style: CaptionStyle = Field(
        description="The twin's default, else the style that did best, else the platform's", examples=["short"]
    )
    learned_from: LearnedView

    @classmethod
    def of(cls, brief: Brief, composed: Composed) -> "PostTextView":
        return cls(
            platform=brief.platform,
            title=composed.post.title,
            text=composed.post.text,
            hashtags=list(composed.post.hashtags),
            characters=text_validation.characters(brief.platform, composed.post),
            provider=composed.provider,
            caption_style=brief.style,
            learned_from=LearnedView.model_validate(brief.learned_from),
        )


class ScriptRequest(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    topic: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] = Field(
        examples=["How to plan a month of reels in one afternoon"]
    )
    platform: Platform = Field(examples=["tiktok"])
    seconds: int | None = Field(
        None,
        ge=_SHORTEST,
        le=_LONGEST,
        description=f"Spoken length of the script; by default the length that did best, else {_USUAL}",
        examples=[30],
    )

    def choose_seconds(self, learned_from: TrackRecord) -> int:
        """The length that was asked for, else the one that did best, else the usual one."""
        if self.seconds is not None:
            return self.seconds
        best = learned_from.seconds
        return min(max(best.value, _SHORTEST), _LONGEST) if best else _USUAL


class ScriptView(BaseModel):
    script: str
    words: int = Field(examples=[75])
    seconds: int = Field(description="The length that it was written for", examples=[30])
    estimated_seconds: float = Field(description="Spoken length", examples=[30.0])
    learned_from: LearnedView

    @classmethod
    def of(cls, script: str, seconds: int, learned_from: TrackRecord) -> "ScriptView":
        script = script.strip()
        return cls(
            script=script,
            words=scripts.count_words(script),
            seconds=seconds,
            estimated_seconds=scripts.spoken_seconds(script),
            learned_from=LearnedView.model_validate(learned_from),
        )
