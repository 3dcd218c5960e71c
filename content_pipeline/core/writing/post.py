"""Values of writing: a post's text, and the brief that it is written from."""

from dataclasses import dataclass

from content_pipeline.core.platforms.text import CaptionStyle
from content_pipeline.core.writing.track_record import NOTHING, TrackRecord


@dataclass(frozen=True, slots=True)
class PostText:
    """The text of a post. `title` is None where the platform has none; `hashtags` come without their "#"."""

    title: str | None
    text: str
    hashtags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    """The author: a name, a style (`prompt`, in the owner's words), and memories about the topic."""

    name: str
    prompt: str = ""
    style_tags: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """What a post text is written from. `language` is the script's (ISO 639-1).

    `hashtags` and `mentions` are always included; `topics` are optional hashtags after those of the script.
    `learned_from` is what worked for the author before.
    """

    script: str
    platform: str
    style: CaptionStyle
    language: str
    persona: Persona
    title: str | None = None
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    learned_from: TrackRecord = NOTHING
