"""Text normalization of letters that the English voice does not know: Greek ones, which have names."""

import re
import unicodedata

# As the voice reads them right.
_GREEK = {
    "alpha": "alpha", "beta": "beta", "gamma": "gamma", "delta": "delta", "epsilon": "epsilon", "zeta": "zeta",
    "eta": "eta", "theta": "theta", "iota": "iota", "kappa": "kappa", "lamda": "lambda", "mu": "mu", "nu": "nu",
    "xi": "ksai", "omicron": "omicron", "pi": "pi", "rho": "rho", "sigma": "sigma", "final sigma": "sigma",
    "tau": "tau", "upsilon": "upsilon", "phi": "phi", "chi": "kai", "psi": "psi", "omega": "omega",
}  # fmt: skip
_GREEK_LETTER = "[\u0391-\u03a9\u03b1-\u03c9\u2126]"
# A letter of its own, as in "2πr"; in a row they are a word. Before a unit the mu is micro.
_SINGLE = re.compile(f"(?<!{_GREEK_LETTER})(?!μ[gmsFlL]){_GREEK_LETTER}(?!{_GREEK_LETTER})")


def name_greek_letters(word: str) -> str:
    """The word with single Greek letters as their names: "2πr" is "2 pi r"."""
    return _SINGLE.sub(lambda match: f" {_name(match[0])} ", word.replace("µ", "μ"))  # the micro sign


def _name(letter: str) -> str:
    if letter == "\u2126":
        return "ohms"
    return _GREEK[unicodedata.name(letter).rpartition("LETTER ")[2].lower()]
