"""Composes a twin's post texts from its persona, memories and defaults, by the model or by rules."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from content_pipeline.core.errors import Invalid
from content_pipeline.core.models import Twin
from content_pipeline.core.platforms.options import PostOptions
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.settings import settings
from content_pipeline.core.speech import language_detection, voice_selection
from content_pipeline.core.twins import memory, track_record_query, twins
from content_pipeline.core.twins.memory import Recalled
from content_pipeline.core.writing import chat, llm_composer, rule_based_composer
from content_pipeline.core.writing.fitting import fit
from content_pipeline.core.writing.post import Brief, Persona, PostText
from content_pipeline.core.writing.sentences import paragraphs

COMPOSER: Final = "composer"
_MAX_MEMORIES: Final = 5
# Memories below this score do not match; a recent, important one scores 0.2 without a common word.
_MIN_SCORE: Final = 0.35


@dataclass(frozen=True, slots=True)
class Composed:
    """A post text within its platform's rules, and its author: "composer", or the model's name."""

    post: PostText
    provider: str


def brief(
    session: Session,
    twin: Twin,
    *,
    script: str,
    platform: str,
    title: str | None = None,
    options: PostOptions | None = None,
) -> Brief:
    """Everything that `compose` needs, so that no database connection is held while a model writes.

    `options` are the post's, with the twin's defaults merged in; without them, the twin's defaults. A caption style
    that neither sets is the one that did best, where one did, or else the platform's.
    Raises Invalid `script_empty`, and what `memory.recall` raises.
    """
    if not paragraphs(script):
        raise Invalid("The script is empty.", code="script_empty", remedy="Write what the post is about.")
    recalled = _recall(session, twin, script)
    chosen = options or twins.post_defaults(twin, platform)
    record = track_record_query.of_twin(session, twin, platform)
    best_style = record.caption_style and record.caption_style.value
    return Brief(
        script=script,
        platform=platform,
        style=chosen.caption_style or best_style or PLATFORMS[platform].text_format.caption_style,
        language=language_detection.detect(script, expected=_voice_language(twin)),
        persona=_persona(twin, recalled),
        title=title,
        hashtags=tuple(chosen.hashtags),
        mentions=tuple(chosen.mentions),
        topics=(*(tag for found in recalled for tag in found.memory.tags), *twin.style_tags),
        learned_from=record,
    )


def compose(brief: Brief) -> Composed:
    """The post text, by the model where one is configured; deterministic without one.

    Raises what `model.compose` raises.
    """
    if chat.is_set():
        post, provider = llm_composer.compose(brief), settings().text_model
    else:
        post, provider = rule_based_composer.compose(brief), COMPOSER
    mentions = [f"@{name.removeprefix('@')}" for name in brief.mentions]
    ending = " ".join(mention for mention in mentions if mention not in post.text)
    return Composed(fit(brief.platform, post, ending=ending), provider)


def persona(session: Session, twin: Twin, *, topic: str) -> Persona:
    """The twin as the author of a text about `topic`. Raises what `memory.recall` raises."""
    return _persona(twin, _recall(session, twin, topic))


def _recall(session: Session, twin: Twin, query: str) -> list[Recalled]:
    found = memory.recall(
        session,
        workspace_id=twin.workspace_id,
        namespace=memory.namespace_of(twin.id),
        query=query,
        limit=_MAX_MEMORIES,
    )
    return [one for one in found if one.score >= _MIN_SCORE]


def _persona(twin: Twin, recalled: list[Recalled]) -> Persona:
    return Persona(
        name=twin.name,
        prompt=twin.persona_prompt or "",
        style_tags=tuple(twin.style_tags),
        memories=tuple(found.memory.content for found in recalled),
    )


def _voice_language(twin: Twin) -> str:
    """The language of the twin's voice; ids of other providers' voices begin with theirs."""
    return next(
        (voice.language for voice in voice_selection.installed_voices() if voice.id == twin.voice_id), twin.voice_id
    )
