"""Removes what is spoken but not written: greetings, fillers, stage directions."""

import re
from typing import Final

# SSML tags, and stage directions in brackets.
_DIRECTION: Final = re.compile(
    r"<\s*/?\s*[a-z][^<>\n]{0,80}>|\[[^\[\]\n]{1,40}\]|"
    r"\((?:laugh(?:s|ing)?|pause|beat|sighs?|music|smiles?)\)",
    re.IGNORECASE,
)
# These are removed only between commas: "um" is a word in German and in Portuguese, "este" in Spanish.
_FILLERS: Final = {
    language: re.compile(rf"(^|[.!?…]\s+)(?:{words})\s*,\s*(\w)|,\s*(?:{words})\s*(?=,)", re.IGNORECASE)
    for language, words in {
        "en": "um+|uh+m?|erm?|you know|so yeah|i mean",
        "de": "ähm?|hm+|na ja",
        "fr": "euh|ben|hein",
        "es": "eh|ehm|este|o sea",
        "pt": "é|ahn|tipo",
        "it": "ehm|cioè|allora",
    }.items()
}
# Greeting, addressee, welcome.
_GREETINGS: Final = {
    "en": (
        "hi|hey|hello|what['’]s up|good (?:morning|evening|afternoon)|welcome(?: back)?",
        "there|everyone|everybody|guys|folks|friends|all|again|to (?:my|the|our) (?:channel|show|page)",
        "(?:and )?welcome",
    ),
    "de": (
        "hi|hey|hallo|servus|moin|guten (?:tag|morgen|abend)|(?:herzlich )?willkommen(?: zurück)?",
        "leute|zusammen|alle|ihr lieben|freunde",
        "(?:und )?(?:herzlich )?willkommen",
    ),
    "fr": (
        "salut|bonjour|bonsoir|coucou|bienvenue",
        "à tous|et à toutes|à toutes|tout le monde|les amis",
        "(?:et )?bienvenue",
    ),
    "es": (
        "hola|buenas|buen(?:os|as) (?:días|tardes|noches)|bienvenid[oa]s",
        "a todos|a todas|amigos|gente|chicos",
        "(?:y )?bienvenid[oa]s",
    ),
    "pt": (
        "olá|oi|bom dia|boa (?:tarde|noite)|e aí|bem[- ]vind[oa]s",
        "a todos|pessoal|gente|galera|amigos",
        "(?:e )?(?:sejam )?bem[- ]vind[oa]s",
    ),
    "it": ("ciao|salve|buongiorno|buonasera|benvenut[ie]", "a tutti|a tutte|ragazzi|amici", "(?:e )?benvenut[ie]"),
}
_GREETING: Final = {
    language: re.compile(
        rf"(?:{hello})(?:[ ,]+(?:{everyone}))*(?:[ ,]+{welcome}[^.!?,]*)?\s*(?:[.!,–—-]+\s*|$)", re.IGNORECASE
    )
    for language, (hello, everyone, welcome) in _GREETINGS.items()
}


def written(script: str, language: str) -> str:
    """The script without these. A script that consists of nothing else is unchanged."""
    text = _DIRECTION.sub("", script)
    if language in _FILLERS:
        text = _FILLERS[language].sub(lambda found: f"{found[1]}{found[2].upper()}" if found[2] else "", text)
    text = re.sub(r"[ \t]{2,}", " ", text)
    text = re.sub(r"[ \t]+(?=[.,\n]|$)", "", text).strip()
    greeting = _GREETING[language].match(text) if language in _GREETING else None
    rest = text[greeting.end() :] if greeting else text
    return rest[:1].upper() + rest[1:] if rest else text or script
