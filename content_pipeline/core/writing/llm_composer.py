"""Post texts by a language model, checked against the platform's rules."""

import json
import re
from dataclasses import replace
from typing import Final

from pydantic import BaseModel, Field

from content_pipeline.core.errors import UpstreamError
from content_pipeline.core.platforms.hashtags import HASHTAG, distinct
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.writing import chat, prompts
from content_pipeline.core.writing.post import Brief, PostText
from content_pipeline.core.writing.styles import max_hashtags
from content_pipeline.core.writing.text_validation import Violation, check

_UNREADABLE: Final = Violation("unreadable", "The answer is no complete JSON object.")
# The look-behind begins one match per run of blanks, not one per blank: 100,000 of them would take a minute.
_LAST_HASHTAGS: Final = re.compile(rf"(?:(?:^|(?<!\s)\s+){HASHTAG.pattern})+\s*$")


def compose(brief: Brief) -> PostText:
    """The model's text for a post. An answer that breaks the platform's rules is returned for correction once.

    `fitting.fit` mends what still breaks them. Raises what `chat.answer` raises, and UpstreamError
    `text_model_unreadable` when both answers are incomplete JSON.
    """
    asked = prompts.post(brief)
    answered = chat.answer(asked)
    post = _parse(brief, answered)
    if violations := check(brief.platform, post) if post else [_UNREADABLE]:
        post = _parse(brief, chat.answer(prompts.repair(asked, answered, violations)))
    if post is None:
        raise UpstreamError(
            "The language model's answer cannot be read.",
            code="text_model_unreadable",
            remedy="Try again; set another CONTENT_PIPELINE_TEXT_MODEL if it stays like that.",
            retryable=True,
        )
    most = max(max_hashtags(brief.platform, brief.style), len(brief.hashtags))
    return replace(post, hashtags=distinct([*brief.hashtags, *post.hashtags])[:most])


def _parse(brief: Brief, answered: str) -> PostText | None:
    """The post in an answer: a JSON object with any text around it, or plain text. None for an incomplete object."""
    said = _parse_json(answered)
    if said is None:
        return None
    text = said.text.strip()
    body = _LAST_HASHTAGS.sub("", text)
    title = None
    if PLATFORMS[brief.platform].text_rules.title is not None:
        title = said.title or brief.title or body.partition("\n")[0]
    return PostText(title=title, text=body, hashtags=distinct([*said.hashtags, *HASHTAG.findall(text[len(body) :])]))


class _Answer(BaseModel):
    """The JSON object that the model is asked for."""

    title: str | None = None
    text: str = Field(min_length=1)
    hashtags: list[str] = []


def _parse_json(answered: str) -> _Answer | None:
    start, end = answered.find("{"), answered.rfind("}")
    try:
        # Models put line breaks into strings, which strict JSON forbids.
        return _Answer.model_validate(json.loads(answered[start : end + 1], strict=False))
    except (ValueError, RecursionError):  # a thousand brackets
        is_object = answered.removeprefix("```json").strip("` \n").startswith("{")
        return None if is_object else _Answer(text=answered)
