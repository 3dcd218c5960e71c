"""Detects the language of a script. Light enough for the API, which calls it for every row of an upload."""

import re
import threading
import unicodedata
from collections import Counter
from copy import copy
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

# The languages of each script, keyed by the first word of its letters' Unicode names; the first is the default.
# Minor languages close to major ones are left out (Galician, Aragonese, Nigerian Pidgin, ...): short texts in
# Portuguese, Spanish and English were detected as them.
_LANGUAGES = {
    name: tuple(languages.split())
    for name, languages in {
        "LATIN": "en af az ca cs cy da de es et eu fi fr hr hu id is it lt lv ms nl no pl pt ro sk sl sq sv sw tl "
        "tr uz vi",
        "CYRILLIC": "ru be bg kk ky mk mn sr uk",
        "ARABIC": "ar fa ps ug ur",
        "DEVANAGARI": "hi mr ne",
        "CJK": "zh ja yue",
        "HIRAGANA": "ja",
        "KATAKANA": "ja",
        "HANGUL": "ko",
        "THAI": "th",
        "LAO": "lo",
        "KHMER": "km",
        "MYANMAR": "my",
        "HEBREW": "he",
        "GREEK": "el",
        "ARMENIAN": "hy",
        "GEORGIAN": "ka",
        "ETHIOPIC": "am",
        "BENGALI": "bn as",
        "GUJARATI": "gu",
        "GURMUKHI": "pa",
        "KANNADA": "kn",
        "MALAYALAM": "ml",
        "ORIYA": "or",
        "SINHALA": "si",
        "TAMIL": "ta",
        "TELUGU": "te",
    }.items()
}
_KANA = ("HIRAGANA", "KATAKANA")
_SCRIPTS: dict[str, frozenset[str]] = {
    language: frozenset(script for script, languages in _LANGUAGES.items() if language in languages)
    for languages in _LANGUAGES.values()
    for language in languages
}
# A Han character or kana weighs as much as several letters: "iPhoneのカメラ" is Japanese.
_WEIGHTS = {"CJK": 3, "HIRAGANA": 3, "KATAKANA": 3, "HANGUL": 2}

# Texts with fewer letters are too short to detect: "Piña colada" and "Pizza Margherita" occur in English, too.
_MIN_LETTERS = 12
# Minimum likelihood ratio of another language to the expected one. English texts full of foreign names reached 15
# ("Visit La Casa de Papel in Madrid"); a Bulgarian sentence had 29 against Russian; Spanish mostly has thousands
# against English.
_MIN_LIKELIHOOD_RATIO = 25
# A long text is classified by three parts of this length. For a script of 2,400 characters the classifier alone would
# take 1.1 ms, and all of `detect` takes 0.10 ms with these parts; the rows of a CSV keep the interpreter from the API's
# event loop (bench/noisy_neighbor.py).
_SAMPLE_CHARACTERS = 250

# Language-neutral tokens: URLs, handles, hashtags. They are searched for only in words that have one of their marks,
# because the pattern takes 0.13 ms for a script of 2,400 characters, in which it does not let go of the interpreter.
_LANGUAGE_NEUTRAL = re.compile(r"https?://\S+|www\.\S+|\S*[@#]\S+|\b[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/\S*)?")
_NEUTRAL_MARK = re.compile(r"[@#./]")


def detect(text: str, *, expected: str) -> str:
    """Detect the language of a text as an ISO 639-1 code ("en", "ja", "pt"; Cantonese is "yue").

    `expected` is a language tag, usually the requested voice's. It is returned unless the script or the words clearly
    contradict it: short texts, names and numbers do not.
    """
    expected = expected.lower().replace("_", "-").partition("-")[0]
    prose = unicodedata.normalize("NFKC", " ".join(map(_without_neutral, _sample(text).split())))
    letters = _letters(prose)
    if not letters:
        return expected
    script = max(letters, key=letters.__getitem__)
    if script == "CJK" and any(letters[kana] for kana in _KANA):
        return "ja"
    languages = _LANGUAGES[script]
    default = expected if expected in languages else languages[0]
    if len(languages) == 1 or letters[script] < _MIN_LETTERS:
        return default
    likelihood = dict(_classifier(languages).rank(prose))
    likeliest = max(likelihood, key=likelihood.__getitem__)
    return likeliest if likelihood[likeliest] > _MIN_LIKELIHOOD_RATIO * likelihood[default] else default


def _without_neutral(word: str) -> str:
    return _LANGUAGE_NEUTRAL.sub(" ", word) if _NEUTRAL_MARK.search(word) else word


def _sample(text: str) -> str:
    """The beginning, the middle and the end of a long text; a short one whole."""
    if len(text) <= 3 * _SAMPLE_CHARACTERS:
        return text
    middle = (len(text) - _SAMPLE_CHARACTERS) // 2
    return " ".join((text[:_SAMPLE_CHARACTERS], text[middle:][:_SAMPLE_CHARACTERS], text[-_SAMPLE_CHARACTERS:]))


def scripts_of(language: str) -> frozenset[str]:
    """The scripts that a language (ISO 639) is written in, by the first word of their letters' Unicode names."""
    return _SCRIPTS.get(language, frozenset())


def _letters(prose: str) -> Counter[str]:
    """Weighted number of letters per script."""
    letters = Counter[str]()
    # Letters are counted first, because looking up the name of each letter took half the time of a CSV of long scripts.
    for character, count in Counter(prose).items():
        script = unicodedata.name(character, "").partition(" ")[0] if character.isalpha() else ""
        if script in _LANGUAGES:
            letters[script] += count * _WEIGHTS.get(script, 1)
    return letters


# Six CSVs that came to a fresh API at once loaded the model six times, and it answered nothing for 2 s.
_load_lock = threading.Lock()


@lru_cache(maxsize=len(_LANGUAGES))
def _classifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """A classifier restricted to these languages."""
    with _load_lock:
        classifier = copy(_model())
    classifier.set_languages(languages)
    return classifier


@lru_cache(maxsize=1)
def _model() -> LanguageIdentifier:
    """The model (0.35 s to load), with normalized probabilities, comparable between short and long texts."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
