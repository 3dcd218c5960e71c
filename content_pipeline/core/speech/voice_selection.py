"""Which voices there are, and which one speaks a script. Light: the API asks for every row of an upload."""

import re

from content_pipeline.core.errors import Invalid
from content_pipeline.core.providers import language_detection
from content_pipeline.core.providers.languages import base_language, is_known_language
from content_pipeline.core.speech import espeak, hibari, text_normalization, tts_endpoint
from content_pipeline.core.speech.voice_types import MULTILINGUAL, Voice, VoiceChoice

__all__ = ["Voice", "VoiceChoice", "choose_voice", "installed_voices"]

# Assumed where nobody asks for a voice and the script's words do not tell.
_DEFAULT_LANGUAGE = "en"

# A language tag ("en", "pt_BR", "zh-Hant-TW"), and what Google, Azure and Amazon put behind it ("en-US-Neural2-A").
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})([-_][a-z]{4})?([-_](?P<country>[a-z]{2}|[0-9]{3})([-_].+)?)?", re.IGNORECASE
)


def installed_voices() -> tuple[Voice, ...]:
    """What this machine can speak with, best first: what the operator has set up, hibari, espeak-ng."""
    return (*tts_endpoint.voices(), *hibari.voices(), *espeak.voices())


def choose_voice(voice_id: str | None, script: str) -> VoiceChoice:
    """The voice that was asked for, or the nearest one that speaks the script's language.

    `voice_id` is a voice's id, a language tag, a voice id in Google's or Azure's way, or nothing. Raises Invalid
    `unknown_voice`, `unknown_language`, `language_unspoken`, and `nothing_to_say` for a script without a word.
    """
    requested = _known_voice(voice_id) if voice_id else None
    tag = requested.language if requested else _language_tag(voice_id) if voice_id else _DEFAULT_LANGUAGE
    expected = _DEFAULT_LANGUAGE if tag == MULTILINGUAL else base_language(tag)
    language = language_detection.detect(script, expected=expected)
    if not text_normalization.is_speakable(script, language):
        raise Invalid(
            "The script has no word to say.", code="nothing_to_say", remedy="Write at least one word or number."
        )
    voices = [
        voice
        for voice in installed_voices()
        if voice.language == MULTILINGUAL or base_language(voice.language) == language
    ]
    if requested in voices:
        return VoiceChoice(requested, language)
    return VoiceChoice(_nearest(voices, tag, language), language)


def check_voice_id(voice_id: str) -> None:
    """Raises Invalid `unknown_voice` or `unknown_language` for an id that no script could be spoken with."""
    if not _known_voice(voice_id):
        _language_tag(voice_id)


def _known_voice(voice_id: str) -> Voice | None:
    """The voice with this id, whether or not this machine has it."""
    all_voices = (*installed_voices(), *hibari.known_voices())
    return next((voice for voice in all_voices if voice.id.lower() == voice_id.lower()), None)


def _language_tag(voice_id: str) -> str:
    """The language and country that a voice id names."""
    match = _TAG.fullmatch(voice_id.removeprefix(espeak.PREFIX))
    if match and is_known_language(match["language"]):
        return f"{match['language']}-{match['country']}" if match["country"] else match["language"]
    if match and (match["country"] or len(match["language"]) == 2):
        raise Invalid(
            f"{voice_id!r} names no language that is known here.",
            code="unknown_language",
            remedy='Give a language such as "en", "en-US" or "pt-BR", or the id of a voice from GET /voices.',
        )
    raise Invalid(
        f"There is no voice {voice_id!r}.",
        code="unknown_voice",
        remedy='Give the id of a voice from GET /voices, or a language such as "en" or "pt-BR".',
    )


def _nearest(voices: list[Voice], tag: str, language: str) -> Voice:
    """The best of the voices, from the country that was asked for where that does not cost a robot's voice."""
    if not voices:
        raise _no_voice_error(language)
    best = [voice for voice in voices if voice.provider != "espeak"] or voices
    return next((voice for voice in best if voice.language.lower() == tag.lower()), best[0])


def _no_voice_error(language: str) -> Invalid:
    return Invalid(
        f"No voice on this machine speaks the language of the script ({language}).",
        code="language_unspoken",
        remedy="Install the extra `espeak` of content-pipeline or the system's espeak-ng (many languages, not "
        "Japanese), or set CONTENT_PIPELINE_SPEECH_URL and CONTENT_PIPELINE_SPEECH_VOICES.",
    )
