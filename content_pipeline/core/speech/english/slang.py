"""Text normalization of chat abbreviations ("tbh", "rn") and of stretched words ("sooo")."""

import re

from content_pipeline.core.speech.english.capitals import is_initialism, read_capitals

_READINGS = {
    "2day": "today", "2moro": "tomorrow", "2nite": "tonight", "4ever": "forever", "afaik": "as far as I know",
    "b4": "before", "bday": "birthday", "b-day": "birthday", "bfast": "breakfast", "brb": "be right back",
    "btw": "by the way", "cya": "see ya", "fr": "for real", "frfr": "for real for real", "fwiw": "for what it's worth",
    "g2g": "got to go", "gf": "girlfriend", "bf": "boyfriend", "bffs": "BFFs", "gm": "good morning", "gn": "good night",
    "gr8": "great", "gtg": "got to go", "hmu": "hit me up", "hbd": "happy birthday", "icymi": "in case you missed it",
    "idc": "I don't care", "idgaf": "I don't give a damn", "idk": "I don't know", "idts": "I don't think so",
    "ifykyk": "if you know, you know", "iykyk": "if you know, you know", "iirc": "if I remember correctly",
    "ikr": "I know, right", "ilu": "I love you", "ily": "I love you", "ilysm": "I love you so much",
    "imho": "in my humble opinion", "imo": "in my opinion", "irl": "in real life", "istg": "I swear to God",
    "jk": "just kidding", "jsyk": "just so you know", "l8r": "later", "lmk": "let me know",
    "m8": "mate", "msg": "message", "msgs": "messages", "nbd": "no big deal", "ngl": "not gonna lie",
    "nm": "not much", "np": "no problem", "nvm": "never mind", "obv": "obviously", "ofc": "of course",
    "omw": "on my way", "otw": "on the way", "pls": "please", "plz": "please", "ppl": "people", "prob": "probably",
    "probs": "probably", "rn": "right now", "sm": "so much", "smh": "shaking my head", "srsly": "seriously",
    "sry": "sorry", "sth": "something", "tbf": "to be fair", "tbh": "to be honest", "tfw": "that feeling when",
    "tho": "though", "thru": "through", "thx": "thanks", "thnx": "thanks", "tmr": "tomorrow", "tmrw": "tomorrow",
    "ttyl": "talk to you later", "ttys": "talk to you soon", "ty": "thank you", "tysm": "thank you so much", "u": "you",
    "ur": "your", "w8": "wait", "wbu": "what about you", "wdym": "what do you mean", "wth": "what the heck",
    "wknd": "weekend", "wyd": "what are you doing", "yk": "you know", "ykwim": "you know what I mean",
    "yw": "you're welcome", "bc": "because", "cuz": "because", "cos": "because", "abt": "about", "def": "definitely",
    "diff": "different", "esp": "especially", "fave": "favorite", "hrs": "hours", "mins": "minutes", "secs": "seconds",
    "govt": "government", "mgmt": "management", "mtg": "meeting", "mtgs": "meetings",
    "tl;dr": "TLDR", "tldr": "TLDR", "fyi": "FYI", "omg": "oh my God", "wtf": "WTF", "lmao": "LMAO", "af": "AF",
    "bff": "BFF", "bts": "BTS", "dm": "DM", "dms": "DMs", "pov": "POV", "grwm": "get ready with me",
    "ootd": "outfit of the day", "nsfw": "NSFW", "sfw": "SFW", "tbt": "TBT", "tgif": "TGIF", "wfh": "WFH",
}  # fmt: skip
# In capitals these are other things: states, currencies, a nurse.
_SMALL_ONLY = {
    "abt", "af", "bc", "bf", "bts", "cos", "def", "diff", "dm", "dms", "esp", "fr", "gf", "gm", "gn", "jk", "nm",
    "np", "obv", "prob", "rn", "sm", "sth", "ty", "u", "ur", "yk", "yw",
}  # fmt: skip
# Initialisms that are also written small, and are no words then.
_SMALL_INITIALISMS = {
    "ai", "api", "atm", "bbq", "cbd", "ceo", "cfo", "cia", "cpu", "css", "cta", "diy", "dna", "dvd", "edm", "fbi",
    "gps", "gpt", "gpu", "hbo", "hr", "html", "http", "iq", "kpi", "llc", "mba", "nba", "nfl", "nft", "npc", "nyc",
    "pc", "pdf", "png", "pr", "ps", "qr", "roi", "rsvp", "seo", "sms", "sql", "suv", "tv", "ui", "uk", "url", "usa",
    "usb", "ux", "vip", "vpn", "vr", "wnba",
}  # fmt: skip
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
# Words with a doubled letter, which a stretched spelling keeps: "coool" is "cool", "sooo" is "so".
_DOUBLED = {
    "all", "aww", "been", "book", "boom", "boss", "call", "class", "cool", "dress", "eww", "fall", "feel", "food",
    "free", "full", "good", "google", "green", "guess", "hell", "hmm", "keep", "kiss", "look", "loom", "meet",
    "mess", "miss", "moon", "need", "off", "ooh", "pool", "poor", "pretty", "really", "room", "see", "seen",
    "shook", "sleep", "soon", "speed", "street", "stress", "sweet", "tell", "too", "took", "tree", "wall", "week",
    "well", "whoop", "will", "wood", "yell", "yummy", "zoom",
}  # fmt: skip


def chat_abbreviation(text: str) -> str | None:
    """The reading of "tbh", "IDK", "pdf"; None for anything else."""
    small = text.lower()
    if text == "n":
        return "and"
    if text in _SMALL_INITIALISMS:
        return text.upper()
    is_abbreviation = text == small or (small not in _SMALL_ONLY and text in (small.upper(), small.capitalize()))
    return _READINGS.get(small) if is_abbreviation else None


def stretched_word(text: str) -> str | None:
    """The plain form of "sooo", "pleeease", "gooood"; None for other words, and for "zzz"."""
    if not _STRETCHED.search(text) or not text.isalpha() or len(set(text.lower())) == 1 or is_initialism(text):
        return None
    doubled = _STRETCHED.sub(r"\1\1", text)
    return read_capitals(doubled if doubled.lower() in _DOUBLED else _STRETCHED.sub(r"\1", text))
