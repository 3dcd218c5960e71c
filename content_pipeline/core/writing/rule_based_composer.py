"""Composes post texts from the script by rules, without a model; deterministic."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from content_pipeline.core.media.timed_words import UNSPACED_SCRIPTS
from content_pipeline.core.platforms.hashtags import distinct
from content_pipeline.core.platforms.registry import PLATFORMS
from content_pipeline.core.platforms.text import TextFormat
from content_pipeline.core.writing.calls_to_action import call_to_action
from content_pipeline.core.writing.keywords import keywords
from content_pipeline.core.writing.post import Brief, PostText
from content_pipeline.core.writing.sentences import paragraphs
from content_pipeline.core.writing.spoken import written
from content_pipeline.core.writing.styles import STYLES, max_hashtags

_FULL_STOP: Final = re.compile(r"(?<!\.)\.$")
# A longer first sentence does not get a line of its own.
_HOOK_CHARACTERS: Final = 120


def compose(brief: Brief) -> PostText:
    """The text of a post; `fitting.fit` shortens it to the platform's limits."""
    platform, style = PLATFORMS[brief.platform], STYLES[brief.style]
    script = written(brief.script, brief.language)
    body = paragraphs(script)
    hook = brief.title or body[0][0]
    ending = call_to_action(brief.platform, brief.language, body[-1][-1]) if style.call_to_action else ""
    titled = platform.text_rules.title is not None
    if not titled and (brief.title or len(hook) <= _HOOK_CHARACTERS):
        body = [[hook], *_without(body, hook)]
    return PostText(
        title=_FULL_STOP.sub("", hook) if titled else None,
        text=_layout(platform.text_format, [*_shortened(body, style.characters), *([[ending]] if ending else [])]),
        hashtags=_hashtags(brief, script),
    )


def _without(script: list[list[str]], hook: str) -> list[list[str]]:
    """The script without a first sentence that repeats the hook."""
    first, *others = script[0]
    if _letters(first) != _letters(hook):
        return script
    return [paragraph for paragraph in (others, *script[1:]) if paragraph]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _shortened(script: list[list[str]], characters: int | None) -> list[list[str]]:
    """The first sentences within so many characters, at least one."""
    if characters is None:
        return script
    kept: list[list[str]] = []
    left = characters
    for paragraph in script:
        sizes = accumulate(map(len, paragraph))
        fitting = [sentence for sentence, size in zip(paragraph, sizes, strict=True) if size <= left]
        kept.append(fitting or ([] if kept else paragraph[:1]))
        left -= sum(map(len, paragraph))
    return [paragraph for paragraph in kept if paragraph]


def _layout(layout: TextFormat, script: list[list[str]]) -> str:
    return layout.separator.join(
        _line(paragraph[start : start + layout.sentences])
        for paragraph in script
        for start in range(0, len(paragraph), layout.sentences)
    )


def _line(sentences: Sequence[str]) -> str:
    """Joins sentences; scripts without spaces get none between them."""
    line = ""
    for sentence in sentences:
        line += f" {sentence}" if line and not UNSPACED_SCRIPTS.match(line[-1]) else sentence
    return line


def _hashtags(brief: Brief, script: str) -> tuple[str, ...]:
    """The requested ones always, then those of the script, then topics."""
    found = keywords(script, language=brief.language, title=brief.title or "")
    topics = (topic[:1].upper() + topic[1:] for topic in brief.topics)
    most = max(max_hashtags(brief.platform, brief.style), len(brief.hashtags))
    return distinct([*brief.hashtags, *found, *topics])[:most]
