"""Phonemes of a Japanese sentence: the readings of Open JTalk in the phonetic symbols that Kokoro was trained on."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any, Final

from content_pipeline.core.speech.text_normalization import Token
from content_pipeline.core.speech.timed_symbols import FINAL_PUNCTUATION, SILENT_PHONEMES, Symbol
from content_pipeline.core.speech.voice_types import spoken_text

# Of Open JTalk.
_Morpheme = Mapping[str, Any]

_TABLE: Final = """
ア a イ i ウ ɯ エ e オ o ァ a ィ i ゥ ɯ ェ e ォ o ヰ i ヱ e ヲ o ヵ ka ヶ ke ヮ βa
カ ka キ kʲi ク kɯ ケ ke コ ko キャ kʲa キュ kʲɨ キェ kʲe キョ kʲo クァ kᵝa クィ kᵝi クェ kᵝe クォ kᵝo
ガ ɡa ギ ɡʲi グ ɡɯ ゲ ɡe ゴ ɡo ギャ ɡʲa ギュ ɡʲɨ ギェ ɡʲe ギョ ɡʲo グァ ɡᵝa グィ ɡᵝi グェ ɡᵝe グォ ɡᵝo
サ sa シ ɕi ス sɨ セ se ソ so シャ ɕa シュ ɕɨ シェ ɕe ショ ɕo
ザ ʣa ジ ʥi ズ zɨ ゼ ʣe ゾ ʣo ジャ ʥa ジュ ʥɨ ジェ ʥe ジョ ʥo
タ ta チ ʨi ツ ʦɨ テ te ト to チャ ʨa チュ ʨɨ チェ ʨe チョ ʨo ツァ ʦa ツィ ʦʲi ツェ ʦe ツォ ʦo ティ tʲi テュ tʲɨ トゥ tɯ
ダ da ヂ ʥi ヅ zɨ デ de ド do ヂャ ʥa ヂュ ʥɨ ヂェ ʥe ヂョ ʥo ディ dʲi デュ dʲɨ ドゥ dɯ
ナ na ニ ɲi ヌ nɯ ネ ne ノ no ニャ ɲa ニュ ɲɨ ニェ ɲe ニョ ɲo
ハ ha ヒ çi フ ɸɯ ヘ he ホ ho ヒャ ça ヒュ çɨ ヒェ çe ヒョ ço ファ ɸa フィ ɸʲi フュ ɸʲɨ フェ ɸe フォ ɸo フョ ɸʲo
バ ba ビ bʲi ブ bɯ ベ be ボ bo ビャ bʲa ビュ bʲɨ ビョ bʲo
パ pa ピ pʲi プ pɯ ペ pe ポ po ピャ pʲa ピュ pʲɨ ピョ pʲo
マ ma ミ mʲi ム mɯ メ me モ mo ミャ mʲa ミュ mʲɨ ミョ mʲo
ヤ ja ユ jɯ ヨ jo ャ ja ュ jɯ ョ jo イェ je
ラ ɾa リ ɾʲi ル ɾɯ レ ɾe ロ ɾo リャ ɾʲa リュ ɾʲɨ リョ ɾʲo
ワ βa ウィ βi ウェ βe ウォ βo
ヴ vɯ ヴァ va ヴィ vʲi ヴェ ve ヴォ vo ヴュ bʲɨ
ー ː ッ ʔ
"""
SYMBOLS_OF_KANA: Final = dict(zip(*[iter(_TABLE.split())] * 2, strict=True))
_MORA = re.compile("|".join(sorted(SYMBOLS_OF_KANA, key=len, reverse=True)) + "|ン")
# The sound of ン is that of the place where the next consonant is made.
_CONSONANTS_OF_NASALS: Final = {"m": "mpb", "ŋ": "kɡ", "ɲ": "ɲʨʥ", "n": "ntdɾz"}
_NASALS: Final = {first: nasal for nasal, consonants in _CONSONANTS_OF_NASALS.items() for first in consonants}
_LAST_NASAL: Final = "ɴ"
_PUNCTUATION: Final = {
    **dict(zip("。．.！!？?、，,：:；;", "...!!??,,,::;;", strict=True)),
    **dict(zip("…‥—―～〜「『（(」』）)", "……————““““””””", strict=True)),
}
# JIS X 0208 with its extensions of Windows, and JIS X 0213: 12,900 kanji, and those of them that are in no word.
_JAPANESE_CODINGS: Final = ("cp932", "euc_jis_2004")
_WITHOUT_READING: Final = frozenset("㐆墸妛媬彁挧暃椦槞蟐袮駲𠂉𠆢𠎁𠦝𡗗𡶷𣘹𣪘𤇾𦥯𦰩")


def phonemize(tokens: Sequence[Token]) -> list[Symbol]:
    """The symbols of a sentence, with its punctuation, and spaces between its words."""
    owners = list(_token_of_each_character(tokens))
    symbols: list[Symbol] = []
    last = 0
    for morpheme, (start, stop) in _placed_morphemes(spoken_text(tokens)):
        if stop == 0:  # a numeral between digits: the ten of 26
            start, stop = last, last + 1
        last = stop - 1
        spelled = _spelled(morpheme)
        if symbols and spelled and _is_apart(symbols[-1].text, morpheme, spelled):
            symbols.append(Symbol(" ", None))
        for index, symbol in enumerate(spelled):
            owner = owners[start + index * (stop - start) // len(spelled)]
            symbols.append(Symbol(symbol, None if symbol in SILENT_PHONEMES else owner))
    if not symbols or symbols[-1].text not in FINAL_PUNCTUATION:
        symbols.append(Symbol(".", None))
    return symbols


def has_reading(letter: str) -> bool:
    """Whether Open JTalk has a reading for a letter, if it is a kanji.

    Of those that Japanese computers write it is known. Of others it is asked: its dictionary takes 0.5 s and 140 MB.
    """
    if not unicodedata.name(letter, "").startswith("CJK"):
        return True
    return letter not in _WITHOUT_READING and (_is_japanese(letter) or _is_read(letter))


def _is_japanese(kanji: str) -> bool:
    for coding in _JAPANESE_CODINGS:
        with suppress(UnicodeEncodeError):
            kanji.encode(coding)
            return True
    return False


@cache
def _is_read(kanji: str) -> bool:
    return any(map(_spelled, (morpheme for morpheme, _ in _placed_morphemes(kanji))))


def _placed_morphemes(text: str) -> Iterator[tuple[_Morpheme, tuple[int, int]]]:
    """The morphemes of a text, each with where it begins and ends in it."""
    import pyopenjtalk  # the API imports this module too, and needs it for rare kanji only

    try:
        for morpheme in pyopenjtalk.g2p_mapping(text, normalize_mode="NFKC"):
            yield morpheme, morpheme["char_span"]
    except ValueError:  # it does not find all of "3 3ー 3ー" in the text
        morphemes = pyopenjtalk.make_phoneme_mapping(pyopenjtalk.run_frontend(text, normalize_mode="NFKC"))
        length = max(1, sum(len(morpheme["surface"]) for morpheme in morphemes))
        for morpheme in morphemes:
            start, stop = (edge * len(text) // length for edge in morpheme["char_span"])
            yield morpheme, (start, max(stop, start + 1))


def _is_apart(before: str, morpheme: _Morpheme, spelled: str) -> bool:
    """Whether a space comes before a morpheme: the endings of a verb belong to it."""
    if spelled in SILENT_PHONEMES:
        return spelled == "“"
    return before not in "“ʔ" and not (before not in SILENT_PHONEMES and _is_ending(morpheme))


def _is_ending(morpheme: _Morpheme) -> bool:
    return bool(morpheme["pos"] == "助動詞" or morpheme["pos_group1"] == "接続助詞")


def _token_of_each_character(tokens: Sequence[Token]) -> Iterator[int]:
    """The token that each character of `spoken_text` belongs to; a blank to the one after it."""
    for index, token in enumerate(tokens):
        yield from [index] * (len(token.spoken) + (token.spaced and index > 0))


def _spelled(morpheme: _Morpheme) -> str:
    """The symbols of a morpheme."""
    if morpheme["phonemes"] in ([], ["pau"]):
        return _PUNCTUATION.get(morpheme["surface"], "")
    moras = _MORA.findall(morpheme["pron"])
    return "".join(
        _NASALS.get(SYMBOLS_OF_KANA.get(following, "")[:1], _LAST_NASAL) if mora == "ン" else SYMBOLS_OF_KANA[mora]
        for mora, following in pairwise([*moras, ""])
    )
