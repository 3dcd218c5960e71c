"""English names of currency signs (Unicode category Sc), for reading amounts."""

from typing import Final, NamedTuple


class Currency(NamedTuple):
    """The name of one and of many, and of its hundredth and hundredths; "" where prices have none of them."""

    one: str
    many: str
    hundredth: str = ""
    hundredths: str = ""


CURRENCIES: Final = {
    "$": Currency("dollar", "dollars", "cent", "cents"),
    "US$": Currency("US dollar", "US dollars", "cent", "cents"),
    "A$": Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "R$": Currency("real", "reais", "centavo", "centavos"),
    "€": Currency("euro", "euros", "cent", "cents"),
    "£": Currency("pound", "pounds", "penny", "pence"),
    "¥": Currency("yen", "yen", "sen", "sen"),
    "₹": Currency("rupee", "rupees", "paisa", "paise"),
    "₩": Currency("won", "won", "jeon", "jeon"),
    "₿": Currency("bitcoin", "bitcoins"),
    "₽": Currency("ruble", "rubles", "kopeck", "kopecks"),
    "₺": Currency("lira", "lira", "kurush", "kurush"),
    "₴": Currency("hryvnia", "hryvnias", "kopeck", "kopecks"),
    "₱": Currency("peso", "pesos", "centavo", "centavos"),
    "₦": Currency("naira", "naira", "kobo", "kobo"),
    "₵": Currency("cedi", "cedis", "pesewa", "pesewas"),
    "₪": Currency("shekel", "shekels", "agora", "agorot"),
    "฿": Currency("baht", "baht", "satang", "satang"),
    "₫": Currency("dong", "dong"),
    "₭": Currency("kip", "kip"),
    "៛": Currency("riel", "riels"),
    "₮": Currency("tugrik", "tugriks"),
    "₸": Currency("tenge", "tenge"),
    "⃀": Currency("som", "som"),
    "₼": Currency("manat", "manat"),
    "₾": Currency("lari", "lari", "tetri", "tetri"),
    "֏": Currency("dram", "drams"),
    "؋": Currency("afghani", "afghanis"),
    "﷼": Currency("rial", "rials"),
    "৳": Currency("taka", "taka", "paisa", "paise"),
    "₡": Currency("colon", "colones", "centimo", "centimos"),
    "₲": Currency("guarani", "guaranis"),
    "₢": Currency("cruzeiro", "cruzeiros", "centavo", "centavos"),
    "₳": Currency("austral", "australs", "centavo", "centavos"),
    "₣": Currency("franc", "francs", "centime", "centimes"),
    "₤": Currency("lira", "lire"),
    "₧": Currency("peseta", "pesetas", "centimo", "centimos"),
    "₯": Currency("drachma", "drachmas"),
    "₰": Currency("pfennig", "pfennigs"),
    "₥": Currency("mill", "mills"),
}
# Signs of the same name, which NFKC or nothing would make of them.
EQUIVALENTS: Final = dict.fromkeys("₨૱௹", "₹")
