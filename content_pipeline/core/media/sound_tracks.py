"""Chooses the sound track of a file: that in the asked-for language, else the default one."""

from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition

# Tracks beside the main one: a commentary, a description for the blind, sound effects without the voices.
_SECONDARY: Final = (
    Disposition.comment | Disposition.visual_impaired | Disposition.hearing_impaired | Disposition.clean_effects
)

# Whisper's codes, each with those of ISO 639-2 that containers use: terminological, then bibliographic.
_ISO_639_2: Final = """
af afr|am amh|ar ara|as asm|az aze|ba bak|be bel|bg bul|bn ben|bo bod tib|br bre|bs bos|ca cat|cs ces cze|cy cym wel
da dan|de deu ger|el ell gre|en eng|es spa|et est|eu eus baq|fa fas per|fi fin|fo fao|fr fra fre|gl glg|gu guj|ha hau
haw haw|he heb iw|hi hin|hr hrv|ht hat|hu hun|hy hye arm|id ind|is isl ice|it ita|ja jpn|jw jav jv|ka kat geo|kk kaz
km khm|kn kan|ko kor|la lat|lb ltz|ln lin|lo lao|lt lit|lv lav|mg mlg|mi mri mao|mk mkd mac|ml mal|mn mon|mr mar
ms msa may|mt mlt|my mya bur|ne nep|nl nld dut|nn nno|no nor nob nb|oc oci|pa pan|pl pol|ps pus|pt por|ro ron rum
ru rus|sa san|sd snd|si sin|sk slk slo|sl slv|sn sna|so som|sq sqi alb|sr srp|su sun|sv swe|sw swa|ta tam|te tel
tg tgk|th tha|tk tuk|tl tgl fil|tr tur|tt tat|uk ukr|ur urd|uz uzb|vi vie|yi yid|yo yor|yue yue|zh zho chi cmn
"""
_CODES: Final = {
    alias: code
    for code, *aliases in (entry.split() for entry in _ISO_639_2.replace("\n", "|").split("|") if entry)
    for alias in aliases
}


def playable(container: InputContainer) -> list[av.AudioStream]:
    """The sound tracks in a codec that is known."""
    return [track for track in container.streams.audio if track.codec_context is not None]


def choose(container: InputContainer, language: str | None = None) -> av.AudioStream | None:
    """The track in `language` (a tag such as "pt-BR"), else the default, else the first; None without sound."""
    wanted = language and _primary_code(language)

    def rank(track: av.AudioStream) -> tuple[bool, bool, bool]:
        spoken = track.language and _primary_code(track.language)
        is_main = not track.disposition & _SECONDARY
        return is_main, bool(wanted) and spoken == wanted, bool(track.disposition & Disposition.default)

    return max(playable(container), key=rank, default=None)  # of equals the first


def _primary_code(tag: str) -> str:
    primary = tag.lower().replace("_", "-").partition("-")[0]
    return _CODES.get(primary, primary)
