"""Text normalization of words censored with asterisks: "sh*t" is read as "bleep", "k*ll" as "kill"."""

import re
from typing import Final

_BLEEPED: Final = """
ass asshole assholes badass dumbass bastard bastards bitch bitches bitching bitchy boob boobs bullshit cock cocks crap
crappy cunt cunts damn damned dick dicks dickhead fuck fucks fucked fucker fuckers fuckin fucking motherfucker
motherfuckers motherfucking piss pissed pissing pussy pussies shit shits shitty shitting slut sluts tits titties whore
whores
"""
# These are said: what is told with them would not be understood without them. Of several that fit, the first is.
_SAID: Final = """
abuse abused abuser assault blood bomb bombs cancer cocaine dead death deaths die died dies drug drugs gun guns kill
killed killer killing kills murder murdered naked nude nudes porn rape raped rapist sex sexual sexy suicidal suicide
virus
"""
_MASKED: Final = re.compile(r"([A-Za-z*]{2,20})('s)?")


def censored_word(text: str) -> str | None:
    """What to say for a word with stars in place of letters; None for any other text, as a product or a footnote.

    At the end two stars at least are a mask. Of three characters only "s*x" is one: "w*h" is a product.
    """
    match = _MASKED.fullmatch(text)
    if not match or "*" not in text[1:] or text.startswith("*"):
        return None
    word, possessive = match[1], match[2] or ""
    is_at_end = word.endswith("*")
    if is_at_end and not word.endswith("**"):
        return None
    if not is_at_end and len(word) < 4 and word.lower() != "s*x":
        return None
    shape = re.compile(word.replace("*", "[a-z]"), re.IGNORECASE)
    if hidden := next((each for each in _BLEEPED.split() if shape.fullmatch(each)), None):
        return f"bleep{'ing' if hidden.endswith('ing') else ''}{possessive}"
    if is_at_end:  # "d**" may be anything
        return None
    return next((each + possessive for each in _SAID.split() if shape.fullmatch(each)), None)
