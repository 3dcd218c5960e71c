"""Text normalization of words in capitals: "GET STARTED" is words, "USA" letters, "IKEA" a name.

Engines that meet a word in capitals guess, and spelled "GET STARTED" letter by letter.
"""

import re

# Said letter by letter. Those without a vowel ("FBI" has one, "HTML" none) need no entry.
_INITIALISMS = {
    "AA", "AAA", "AARP", "ABC", "ABN", "ACL", "ACLU", "ADHD", "AED", "AFC", "AFK", "AFL", "AI", "AIG", "AKA", "AMA",
    "AMC", "AMD", "ANC", "AOC", "AOL", "AOV", "API", "APR", "AR", "ASD", "ASL", "ATM", "ATS", "ATV", "AUD", "AUM",
    "AWS", "BA", "BAU", "BBA", "BCAA", "BCE", "BIA", "BMI", "BOE", "BYO", "BYOB", "CAC", "CAD", "CAO", "CBA",
    "CBSE", "CCO", "CDO", "CE", "CEO", "CES", "CFA", "CFO", "CIA", "CIO", "CMO", "COGS", "COO", "CPA", "CPI", "CPU",
    "CRO", "CSA", "CSO", "CTA", "CTO", "CYA", "DEI", "DIY", "DJI", "DNA", "DOA", "DOB", "DOE", "EA", "EBITDA",
    "ECG", "ECU", "EDM", "EDT", "EFT", "EIN", "EKG", "EMI", "EMT", "ENFJ", "ENFP", "ENTJ", "ENTP", "EOD", "EOM",
    "EOY", "EP", "EPA", "EPL", "EPS", "EQ", "ER", "ERP", "ESA", "ESFJ", "ESFP", "ESG", "ESL", "ESP", "ESPN", "EST",
    "ESTJ", "ESTP", "ET", "ETA", "ETD", "ETF", "ETH", "EU", "EUR", "EV", "EY", "FAA", "FAQ", "FBA", "FBI", "FDA",
    "FDIC", "FIA", "FYI", "GDP", "GE", "GI", "GMO", "GOP", "GPA", "GPU", "GTA", "GUI", "HBO", "HDMI", "HIV", "HOA",
    "HR", "HSA", "IAEA", "IAS", "IBM", "IBS", "ICBM", "ICSE", "ICU", "ID", "IDE", "IDF", "IDR", "IED", "IEEE",
    "IEP", "IETF", "IG", "IIT", "ILO", "IMDB", "IMF", "INFJ", "INFP", "INR", "INTJ", "INTP", "IO", "IOC", "IOS",
    "IOU", "IP", "IPA", "IPL", "IPO", "IPS", "IQ", "IRA", "IRL", "IRS", "ISBN", "ISFJ", "ISFP", "ISP", "ISS",
    "ISTJ", "ISTP", "ITU", "ITV", "IU", "IUD", "IV", "IVF", "JFK", "JIT", "KOL", "KPI", "LA", "LED", "LGBT",
    "LGBTQ", "LGBTQIA", "LLC", "MBA", "MIT", "MLA", "MMA", "MOQ", "MRI", "MSI", "MSU", "MUA", "MVP", "MYR", "NAACP",
    "NBA", "NCAA", "NDA", "NFT", "NGO", "NIH", "NLP", "NSA", "NY", "NYC", "NYE", "NYPD", "NYT", "NYU", "OB", "OBE",
    "OCD", "OCR", "OD", "OECD", "OEM", "OG", "OJ", "OKR", "OMG", "OOO", "OOTD", "OP", "OPI", "OS", "OST", "OTA",
    "OTC", "OTP", "OTT", "PA", "PCOS", "PE", "PGA", "PO", "POC", "POS", "POV", "PSA", "PTA", "PTO", "QA", "QOL",
    "REI", "RIA", "ROA", "ROAS", "ROE", "ROI", "RSI", "RSVP", "SEO", "SGA", "SKU", "SOS", "STI", "SUV", "TBA",
    "TIA", "TMI", "TOC", "TSA", "UA", "UAE", "UAV", "UAW", "UCL", "UCLA", "UFC", "UFO", "UGC", "UHD", "UHF", "UI",
    "UK", "UN", "UNHCR", "UPC", "UPS", "UPSC", "URI", "URL", "US", "USA", "USB", "USC", "USD", "USDA", "USMC",
    "USP", "USPS", "USSR", "UTC", "UTI", "UV", "UX", "VA", "VAT", "VIP", "VO", "VOD", "VR", "WIP", "WSJ", "WTO",
    "WWE", "WWI", "WWII", "XYZ", "YC", "YMCA", "YOY", "YT", "YTD", "YTM",
}  # fmt: skip
# Those that the dictionary of the English voice has as words ("vat"); with hyphens it reads letters.
_TAKEN_FOR_WORDS = frozenset({"AWS", "CAD", "DOB", "EFT", "ETH", "GUI", "LED", "OB", "OP", "PO", "RIP", "VAT", "VOD"})
# Words without a vowel.
_VOWELLESS_WORDS = {
    "BRR", "BRRR", "DR", "GRR", "GRRR", "HM", "HMM", "HMMM", "MHM", "MM", "MMM", "MR", "MRS", "NTH", "PFFT", "PSST",
    "SH", "SHH", "SHHH", "TSK",
}  # fmt: skip
# Acronyms that the dictionary has in capitals only, read as words.
_ACRONYMS = {
    "ASAP", "BIPOC", "COVID", "CRISPR", "FAFTA", "FEMA", "FIFA", "FOMO", "HIIT", "HIPAA", "HVAC", "IELTS", "IMAX",
    "JPEG", "LASIK", "MIDI", "MPEG", "NAFTA", "NASA", "NASCAR", "NASDAQ", "NATO", "NVIDIA", "OK", "OLED", "OPEC",
    "OSHA", "PETA", "POTUS", "QWERTY", "SCOTUS", "SQL",
}  # fmt: skip
# Words of two letters with Y or a vowel are words ("MY", "GO") unless listed above.
_VOWEL = re.compile("[AEIOUYÀ-ÖØ-Ý]")
_PIECES = re.compile(r"([-/])")
_WITH_ENDING = re.compile(r"(?P<stem>[^\W\d_]{2,})(?P<ending>s|'[sS]|'[a-z]+)")


def read_capitals(text: str) -> str:
    """A word as engines read it right: in capitals if it is said as letters, in small letters if as a word.

    Words with small letters are returned as they are, but for the endings of "CEOs" and "FAQ's".
    """
    if not any(map(str.isupper, text[1:])):
        return text
    return "".join(_read_piece(piece) for piece in _PIECES.split(text))


def is_initialism(text: str) -> bool:
    """Whether a word in capitals is said letter by letter."""
    if text in _ACRONYMS or text in _VOWELLESS_WORDS or not text.isupper():
        return False
    return text in _INITIALISMS or not _VOWEL.search(text)


def is_shouted(text: str) -> bool:
    """Whether a word is written in capitals for emphasis: "JOIN"."""
    return len(text) > 1 and text.isalpha() and text.isupper() and text not in _ACRONYMS and not is_initialism(text)


def letters(text: str) -> str:
    """Letters that engines say one by one."""
    return "-".join(text) if text in _TAKEN_FOR_WORDS else text


def _read_piece(text: str) -> str:
    match = _WITH_ENDING.fullmatch(text)
    if match and is_initialism(match["stem"]):
        return letters(match["stem"]) + match["ending"].lower()
    if not text.replace("'", "").isupper() or text in _ACRONYMS:
        return text
    return letters(text) if is_initialism(text) else _lower(text)


def _lower(text: str) -> str:
    """In small letters, but for "I" and its short forms."""
    return f"I{text[1:].lower()}" if text.startswith("I'") else text.lower()
