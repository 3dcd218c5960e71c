"""Post texts of a twin: persona, memories and defaults."""

from typing import Any
from uuid import UUID

import pytest

from content_pipeline.core.errors import Invalid
from content_pipeline.core.infrastructure.database import transaction
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.twins import composing, memory
from content_pipeline.core.twins.composing import Composed
from content_pipeline.core.writing.post import Brief
from content_pipeline.core.writing.text_validation import check
from tests.factories import make_twin
from tests.language_model import LanguageModel, language_model

__all__ = ["language_model"]

SCRIPT = "Our sourdough bread rises for a whole day. Good bread needs time."


def _brief(
    workspace_id: UUID,
    *memories: tuple[str, list[str]],
    script: str = SCRIPT,
    platform: str = "instagram",
    voice_id: str = "en-US",
    defaults: dict[str, dict[str, Any]] | None = None,
) -> Brief:
    with transaction() as session:
        twin = make_twin(
            session,
            workspace_id,
            "Baker Ben",
            voice_id=voice_id,
            style_tags=["warm"],
            persona_prompt="You explain baking simply.",
            platform_defaults=defaults or {},
        )
        for content, tags in memories:
            memory.remember(
                session, workspace_id=workspace_id, namespace=memory.namespace_of(twin.id), content=content, tags=tags
            )
        return composing.brief(session, twin, script=script, platform=platform)


def _composed(*args: Any, **fields: Any) -> Composed:
    return composing.compose(_brief(*args, **fields))


def test_a_twin_without_defaults_posts_in_the_platforms_usual_style(workspace_id: UUID) -> None:
    styles = [_brief(workspace_id, platform=platform).style for platform in PLATFORMS]
    assert styles == ["long", "short", "long", "long"]


def test_defaults_choose_style_hashtags_and_mentions(workspace_id: UUID) -> None:
    defaults = {"instagram": {"caption_style": "plain", "hashtags": ["ad"], "mentions": ["miller", "@dough"]}}
    post = _composed(workspace_id, defaults=defaults).post
    assert post.text.endswith("Good bread needs time.\n\n@miller @dough")
    assert post.hashtags == ("ad",)
    assert _composed(workspace_id, platform="tiktok", defaults=defaults).post.hashtags != ("ad",)


def test_without_a_model_the_composer_writes_and_says_so(workspace_id: UUID) -> None:
    composed = _composed(workspace_id)
    assert composed.provider == "composer"
    assert composed.post.text.startswith("Our sourdough bread rises for a whole day.")


def test_tags_of_memories_that_fit_become_hashtags(workspace_id: UUID) -> None:
    hashtags = _composed(
        workspace_id,
        ("Sourdough bread is what the bakery is known for.", ["BakeryBen"]),
        ("The tax office wants its letter by May.", ["taxes"]),
    ).post.hashtags
    assert "BakeryBen" in hashtags
    assert "Taxes" not in hashtags
    assert hashtags[-1] == "Warm"


def test_a_model_is_told_what_the_twin_is_and_remembers(workspace_id: UUID, language_model: LanguageModel) -> None:
    language_model.will_answer('{"title": null, "text": "Bread takes its time.", "hashtags": ["Bread"]}')
    remembered = ("Sourdough bread is what the bakery is known for.", [])
    composed = _composed(workspace_id, remembered, ("The tax office wants its letter by May.", []))
    assert composed.provider == "gpt-sandbox"
    assert (composed.post.text, composed.post.hashtags) == ("Bread takes its time.", ("Bread",))
    [[system, _]] = language_model.asked()
    assert "You explain baking simply." in system["content"]
    assert remembered[0] in system["content"]
    assert "tax office" not in system["content"]


def test_what_a_model_cannot_put_right_is_made_to_fit(workspace_id: UUID, language_model: LanguageModel) -> None:
    for _ in range(2):
        language_model.will_answer("A sentence of bread. " * 200)
    post = _composed(workspace_id, defaults={"instagram": {"mentions": ["miller"]}}).post
    assert check("instagram", post) == []
    assert post.text.endswith("A sentence of bread.\n\n@miller")


@pytest.mark.parametrize(
    ("voice_id", "script", "language"),
    [
        ("en-US", SCRIPT, "en"),
        ("en-US-Neural2-A", SCRIPT, "en"),
        ("de-DE", "Brot braucht Zeit.", "de"),
        ("en-US", "Unser Sauerteigbrot geht einen ganzen Tag lang, denn gutes Brot braucht Zeit.", "de"),
        ("en-US", "パンには時間が必要です。", "ja"),
    ],
)
def test_the_language_is_the_scripts(workspace_id: UUID, voice_id: str, script: str, language: str) -> None:
    assert _brief(workspace_id, voice_id=voice_id, script=script).language == language


@pytest.mark.parametrize("script", ["", "  \n", "\x1f"])
def test_a_script_without_a_word_is_refused(workspace_id: UUID, script: str) -> None:
    with pytest.raises(Invalid) as raised:
        _brief(workspace_id, script=script)
    assert raised.value.code == "script_empty"
