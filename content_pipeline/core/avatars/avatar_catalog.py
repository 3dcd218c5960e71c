"""Avatars and voices that a provider has: listed for clients, chosen and checked for a request."""

from collections.abc import Sequence
from dataclasses import dataclass

from content_pipeline.core.avatars import heygen
from content_pipeline.core.avatars.portrait_links import portrait_url
from content_pipeline.core.errors import Invalid
from content_pipeline.core.media.avatars import characters
from content_pipeline.core.models import Twin
from content_pipeline.core.models.avatars import AvatarProvider
from content_pipeline.core.speech import language_detection, voice_selection
from content_pipeline.core.speech.voice_types import Voice


@dataclass(frozen=True, slots=True)
class Avatar:
    """One avatar that a video may have; `preview_url` is a picture of it: a signed link, or the provider's own."""

    id: str
    name: str
    description: str
    provider: AvatarProvider
    preview_url: str | None = None


def avatars(provider: AvatarProvider) -> Sequence[Avatar]:
    """All avatars of a provider. Raises as HeyGen's client and `portrait_url` do."""
    if provider == "heygen":
        return [Avatar(found.id, found.name, "", "heygen", found.preview_url) for found in heygen.avatars()]
    return [
        Avatar(character.id, character.name, character.description, "local", portrait_url(character))
        for character in characters.CHARACTERS.values()
    ]


def choose(provider: AvatarProvider, avatar_id: str, twin: Twin, *, voice_id: str, script: str) -> str:
    """The id of the avatar: the one asked for, else the twin's, else one that goes by the twin's id and tags, and by
    the gender of the voice that speaks the script.

    A twin may name an avatar of another provider, which is passed over. Raises Invalid for one that does not exist,
    and at HeyGen, whose avatars are people, when none is named.
    """
    check_avatar(provider, avatar_id)
    if avatar_id:
        return avatar_id
    if twin.avatar_id and _exists(provider, twin.avatar_id):
        return twin.avatar_id
    if provider == "heygen":
        raise Invalid(
            "Neither the request nor the twin names an avatar of HeyGen.",
            code="avatar_missing",
            remedy="Send an avatar_id of GET /avatars, or give the twin one.",
        )
    voice = voice_selection.choose_voice(voice_id, script).voice
    return characters.choose(twin.id.int, twin.style_tags, voice.gender).id


def check_avatar(provider: AvatarProvider, avatar_id: str) -> None:
    """Raises Invalid for an id that the provider does not have; "" stands for the twin's own."""
    if avatar_id and not _exists(provider, avatar_id):
        raise Invalid(
            f"There is no avatar {avatar_id[:100]!r}.",
            code="unknown_avatar",
            remedy="Take one of GET /avatars, or leave it out.",
        )


def _exists(provider: AvatarProvider, avatar_id: str) -> bool:
    if provider == "heygen":
        return any(avatar.id == avatar_id for avatar in heygen.avatars())
    return avatar_id in characters.CHARACTERS


def check_voice(provider: AvatarProvider, voice_id: str, script: str, installed: Sequence[Voice] | None = None) -> None:
    """Raises Invalid for a voice that the provider does not have, or that does not speak the script's language, and
    for a script without words. `installed` as for `voice_selection.choose_voice`."""
    if provider == "heygen":
        voice_selection.check_speakable(script, spoken_language(heygen.choose_voice(voice_id, script), script))
    else:
        voice_selection.choose_voice(voice_id, script, installed)


def spoken_language(voice: heygen.Voice, script: str) -> str:
    """The language of a script that a voice of HeyGen speaks: the voice's own where the script does not tell."""
    return language_detection.detect(script, expected=voice.language)
