"""Language codes that Whisper supports. Separate from the model, so that the API can validate without loading it."""

import re
from functools import lru_cache

from content_pipeline.core.errors import Invalid

WHISPER = frozenset(
    {
        "af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs", "cy", "da", "de",
        "el", "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu", "ha", "haw", "he", "hi", "hr", "ht",
        "hu", "hy", "id", "is", "it", "ja", "jw", "ka", "kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt",
        "lv", "mg", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl",
        "ps", "pt", "ro", "ru", "sa", "sd", "si", "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw", "ta",
        "te", "tg", "th", "tk", "tl", "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo", "yue", "zh",
    }
)  # fmt: skip

# Aliases for which Whisper uses an old or broader code.
_ALIASES = {"nb": "no", "jv": "jw", "fil": "tl", "iw": "he", "cmn": "zh"}


# A language tag ("en", "pt_BR", "zh-Hant-TW"), optionally with Google's, Azure's or Amazon's voice suffix.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3})([-_][a-z]{4})?([-_](?P<country>[a-z]{2}|[0-9]{3})([-_].+)?)?", re.IGNORECASE
)


def is_known_language(language: str) -> bool:
    """Whether `whisper_language` accepts it."""
    return language.lower() == "auto" or base_language(language) in WHISPER


def whisper_language(language: str | None) -> str | None:
    """Whisper's code for a language tag ("en", "en-US", "pt_BR"); None (detect) for "auto" or None.

    Raises Invalid `unknown_language`.
    """
    if language is None or language.lower() == "auto":
        return None
    if not is_known_language(language):
        raise Invalid(
            f"{language!r} is not a language that can be transcribed.",
            code="unknown_language",
            remedy=f'Send "auto", or one of these codes, with or without a country ("en", "en-US"): '
            f"{', '.join(sorted(WHISPER))}.",
        )
    return base_language(language)


@lru_cache(maxsize=1024)
def base_language(tag: str) -> str:
    """The primary language subtag in Whisper's code: "zh" for "cmn-CN"."""
    base = tag.lower().replace("_", "-").partition("-")[0]
    return _ALIASES.get(base, base)


def voice_language(voice_id: str) -> str:
    """The language, with the country if there is one, of a voice id that is or begins with a language tag: "pt-BR" for
    "pt-BR-Standard-A".

    Raises Invalid `unknown_language`, `unknown_voice`.
    """
    match = _TAG.fullmatch(voice_id)
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
