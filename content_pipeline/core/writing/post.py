"""What a post says, and what is known before it is written."""

from dataclasses import dataclass

from content_pipeline.core.platforms.text import CaptionStyle


@dataclass(frozen=True, slots=True)
class PostText:
    """The words of a post. `title` is None where the platform has none; `hashtags` come without their "#"."""

    title: str | None
    text: str
    hashtags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Persona:
    """Who writes: a name, how they write (`prompt`, in their owner's words), and what they remember of the matter."""

    name: str
    prompt: str = ""
    style_tags: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """What a post text is made of. `language` is the script's, as ISO 639-1 has it.

    `hashtags` and `mentions` are in every post; `topics` are hashtags it may have beside those of the script.
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
