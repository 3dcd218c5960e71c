"""Japanese text normalization of signs: currencies after their amounts, and names of mathematical signs.

Open JTalk, which reads kanji and numbers, has pauses for most signs: "$5" would be five.
"""

import re
import unicodedata
from typing import Final

_CURRENCIES: Final = {
    "$": "ドル",
    "US$": "米ドル",
    "€": "ユーロ",
    "£": "ポンド",
    "¥": "円",
    "₩": "ウォン",
    "₹": "ルピー",
    "₨": "ルピー",
    "₿": "ビットコイン",
    "₽": "ルーブル",
    "₺": "リラ",
    "₴": "フリヴニャ",
    "₱": "ペソ",
    "₦": "ナイラ",
    "₵": "セディ",
    "₪": "シェケル",
    "฿": "バーツ",
    "₫": "ドン",
    "₭": "キープ",
    "៛": "リエル",
    "₮": "トゥグルグ",
    "₸": "テンゲ",
    "₼": "マナト",
    "₾": "ラリ",
    "₲": "グアラニー",
    "₡": "コロン",
    "¢": "セント",
}
_SIGNS: Final = {
    "=": "イコール",
    "≈": "約",
    "≃": "約",
    "≒": "約",
    "≠": "ノットイコール",
    "≡": "合同",
    "≤": "小なりイコール",
    "≦": "小なりイコール",
    "≥": "大なりイコール",
    "≧": "大なりイコール",
    "±": "プラスマイナス",
    "−": "マイナス",
    "⁻": "マイナス",
    "₋": "マイナス",
    "√": "ルート",
    "∞": "無限大",
    "∝": "比例",
    "∑": "シグマ",
    "∫": "インテグラル",
    "∆": "デルタ",
    "∴": "ゆえに",
    "∵": "なぜならば",
    "∈": "属する",
    "∠": "角",
    "∥": "平行",
    "⊥": "垂直",
    "♯": "シャープ",
    "°": "度",
    "℃": "度",
}
_NAMES: Final = _CURRENCIES | _SIGNS
_WIDTHS: Final = str.maketrans({wide: unicodedata.normalize("NFKC", wide) for wide in "＄￡￥￦￠"})
# Open JTalk reads these by itself.
_READ: Final = frozenset("×÷+~")
# Brackets (≪期間限定≫) and parts of drawn faces: (∩´∀｀)∩. Open JTalk has a pause for them.
_SILENT: Final = frozenset("≪≫⊂⊃∩∪∋∧∨¬∀∃∇∂∽")
_AMOUNT: Final = re.compile(
    rf"({'|'.join(map(re.escape, sorted(_CURRENCIES, key=len, reverse=True)))})(\d+(?:[,.]\d+)*[十百千万億兆]*)"
)
_SINGLE: Final = "".join(sign for sign in _NAMES if len(sign) == 1 and sign not in "=−")
# "°C" is one sign, "==" a line.
_SIGN: Final = re.compile(rf"°C?|(?<![=<>!])=(?!=)|[{re.escape(_SINGLE)}]")
# Raised and lowered plus signs that belong to nothing, which Open JTalk would say: ₊˚⊹♡.
_ORNAMENTS: Final = re.compile(r"(?<![^\W_)])[⁺₊](?![^\W_(])")
# After digits and Latin letters it is a hyphen, of a telephone number or a range of years, but in an equation.
_EQUATION: Final = re.compile("=|[0-9０-９]＝")
_MINUS: Final = re.compile("(?<![0-9０-９A-Za-zＡ-Ｚａ-ｚ])−(?=[0-9０-９√∞])")


def name_signs(text: str) -> str:
    """The text with words for its signs: "$5万" is "5万ドル", "√9" "ルート9". What is without a name stays."""
    if text.isalnum():
        return text
    wide = _ORNAMENTS.sub("", text.translate(_WIDTHS))
    behind = _AMOUNT.sub(lambda match: match[2] + _CURRENCIES[match[1]], wide)
    if "−" in behind:
        minus = _NAMES["−"]
        behind = behind.replace("−", minus) if _EQUATION.search(behind) else _MINUS.sub(minus, behind)
    return _SIGN.sub(lambda match: _NAMES[match[0][0]], behind)


def has_reading(sign: str) -> bool:
    """Whether a currency or mathematical sign is read, or one of those that Japanese texts have for their shape."""
    plain = unicodedata.normalize("NFKC", sign)
    return sign in _NAMES or sign in _SILENT or plain in _NAMES or plain in _READ or plain.isascii()
