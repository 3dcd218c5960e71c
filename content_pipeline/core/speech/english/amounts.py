"""Text normalization of money, units of measurement and percentages."""

import re

from content_pipeline.core.speech.english.currencies import CURRENCIES
from content_pipeline.core.speech.english.numbers import NUMBER, bare_number, cardinal, number

SCALES = ("hundred", "thousand", "million", "billion", "trillion")
_SCALES = {
    "k": "thousand", "K": "thousand", "M": "million", "mn": "million", "mm": "million", "MM": "million",
    "B": "billion", "bn": "billion", "T": "trillion", "tn": "trillion",
}  # fmt: skip
# With a currency, "m" is never meters: "$5m".
_SCALES_OF_MONEY = _SCALES | {"m": "million", "b": "billion", "t": "trillion"}

# Each line: symbol, singular, plural ("_" for a space).
_UNIT_LINES = """
km kilometer kilometers
m meter meters
cm centimeter centimeters
mm millimeter millimeters
μm micrometer micrometers
mi mile miles
ft foot feet
in inch inches
yd yard yards
m2 square_meter square_meters
m/s2 meter_per_second_squared meters_per_second_squared
km2 square_kilometer square_kilometers
ft2 square_foot square_feet
sqft square_foot square_feet
m3 cubic_meter cubic_meters
kg kilogram kilograms
g gram grams
mg milligram milligrams
mcg microgram micrograms
μg microgram micrograms
lb pound pounds
lbs pound pounds
oz ounce ounces
l liter liters
L liter liters
ml milliliter milliliters
μl microliter microliters
μL microliter microliters
mL milliliter milliliters
tsp teaspoon teaspoons
tbsp tablespoon tablespoons
KB kilobyte kilobytes
kB kilobyte kilobytes
MB megabyte megabytes
GB gigabyte gigabytes
TB terabyte terabytes
kbps kilobit_per_second kilobits_per_second
Mbps megabit_per_second megabits_per_second
Gbps gigabit_per_second gigabits_per_second
fps frame_per_second frames_per_second
px pixel pixels
MP megapixel megapixels
Hz hertz hertz
kHz kilohertz kilohertz
MHz megahertz megahertz
GHz gigahertz gigahertz
dB decibel decibels
W watt watts
kW kilowatt kilowatts
kWh kilowatt_hour kilowatt_hours
mAh milliamp_hour milliamp_hours
V volt volts
kcal kilocalorie kilocalories
cal calorie calories
bpm beat_per_minute beats_per_minute
rpm revolution_per_minute revolutions_per_minute
mph mile_per_hour miles_per_hour
mpg mile_per_gallon miles_per_gallon
kph kilometer_per_hour kilometers_per_hour
h hour hours
hr hour hours
hrs hour hours
min minute minutes
mins minute minutes
s second seconds
sec second seconds
secs second seconds
ms millisecond milliseconds
μs microsecond microseconds
yr year years
yrs year years
wk week weeks
wks week weeks
mo month months
% percent percent
‰ per_mille per_mille
pct percent percent
deg degree degrees
qt quart quarts
qts quart quarts
gal gallon gallons
mos month months
tbsps tablespoon tablespoons
kmh kilometer_per_hour kilometers_per_hour
CHF Swiss_franc Swiss_francs
CAD Canadian_dollar Canadian_dollars
AUD Australian_dollar Australian_dollars
° degree degrees
°C degree_Celsius degrees_Celsius
°F degree_Fahrenheit degrees_Fahrenheit
¢ cent cents
x time times
X time times
USD US_dollar US_dollars
EUR euro euros
GBP pound pounds
"""
_UNITS = {
    symbol: (one.replace("_", " "), many.replace("_", " "))
    for symbol, one, many in (line.split() for line in _UNIT_LINES.strip().splitlines())
} | {symbol: names[:2] for symbol, names in CURRENCIES.items()}
# Separate words after a space: "5 in the morning".
_TIMES_SIGNS = {"x", "X"}
_ONLY_ATTACHED = {"in", "s"} | _TIMES_SIGNS
# Written out after a slash: "3 posts/day".
PERIODS = frozenset({"second", "minute", "hour", "day", "night", "week", "month", "year", "person"})

_SIGNS = {
    "-": "minus", "+": "plus", "±": "plus or minus", "~": "about", "≈": "about", "<": "less than", ">": "more than",
    "≤": "at most", "≥": "at least", "#": "number",
}  # fmt: skip
_CURRENCY = "|".join(re.escape(symbol) for symbol in sorted(CURRENCIES, key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?P<sign>[{re.escape(''.join(_SIGNS))}]?)(?P<currency>{_CURRENCY})?(?P<number>{NUMBER})"
    rf"(?P<suffix>[^\W\d_]+[23]?|°[CF]?|[%‰¢]|{_CURRENCY})?(?P<more>\+?)(?:/(?P<per>[^\W\d_]+))?"
)
# "1.299,50" and "1.299", which in euros is no fraction: prices have two decimals.
_EUROPEAN_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d{2})?(?![\d.,])|\d+,\d{2}(?![\d.,])")
_PRICE = re.compile(rf"({_CURRENCY})({NUMBER})")
_BODY_HEIGHT = re.compile(r"(?:(\d{1,2})'|([3-8])ft)(\d{1,2})")
_VIDEO_RESOLUTION = re.compile(r"(\d{1,2})(\d{2})p")


def amount(text: str) -> str | None:
    """The reading of "$1,299.99", "£20k", "10%", "-25°C", "50+", "$149/night"; None for anything else."""
    match = _AMOUNT.fullmatch(_EUROPEAN_POINTS.sub(_american_points, text) if "€" in text else text)
    if not match:
        return None
    digits, suffix = match["number"], match["suffix"] or ""
    spoken = _money(digits, suffix, match["currency"]) if match["currency"] else _measure(digits, suffix)
    if spoken is None:
        return None
    per = f"per {unit(match['per'], one=True) or match['per']}" if match["per"] else ""
    return " ".join(filter(None, (_SIGNS.get(match["sign"]), spoken, "plus" if match["more"] else "", per)))


def _american_points(match: re.Match[str]) -> str:
    return match[0].translate(str.maketrans(".,", ",."))


def attributive_amount(text: str) -> str | None:
    """The reading of "30s" in "a 30s ad" and of "$20k" in "a $20k car": in the singular. None for anything else."""
    match = _AMOUNT.fullmatch(text)
    if not match or match["sign"] or match["more"] or match["per"]:
        return None
    suffix = match["suffix"] or ""
    if match["currency"] and (not suffix or suffix in _SCALES_OF_MONEY) and "." not in match["number"]:
        words = (number(match["number"]), _SCALES_OF_MONEY.get(suffix), CURRENCIES[match["currency"]][0])
        return " ".join(filter(None, words))
    if match["currency"] or suffix not in _UNITS or suffix in _TIMES_SIGNS:
        return None
    return f"{number(match['number'])} {unit(suffix, one=True)}"


def unit(symbol: str, *, one: bool) -> str | None:
    """The name of a unit, in the singular if `one`: "km" is "kilometers", "km/h" is "kilometers per hour"."""
    names = _UNITS.get(symbol)
    if names:
        return names[0] if one else names[1]
    above, slash, below = symbol.partition("/")
    if slash and above in _UNITS and (below in _UNITS or below in PERIODS):
        return f"{unit(above, one=one)} per {unit(below, one=True) or below}"
    return None


def detached_unit(symbol: str, *, one: bool) -> str | None:
    """The name of a unit separated from its number by a space; None for what is an ordinary word there."""
    return None if symbol in _ONLY_ATTACHED else unit(symbol, one=one)


def number_of_price(text: str) -> str | None:
    """The reading of "$3" in "$3 million": "three". None if it is no price."""
    match = _PRICE.fullmatch(text)
    return number(match[2]) if match else None


def currency_of_price(text: str) -> str | None:
    """The currency name to read after "million" in "$3 million": "dollars". None if the text is no price."""
    match = _PRICE.fullmatch(text)
    return CURRENCIES[match[1]][1] if match else None


def split_price(text: str) -> tuple[str, str]:
    """Split off a leading currency symbol: (symbol or "", rest)."""
    match = re.match(_CURRENCY, text)
    return (match[0], text[match.end() :]) if match else ("", text)


def body_height(text: str) -> str | None:
    """The reading of "5'10" and "5ft10": "five foot ten". None if it is no body height."""
    match = _BODY_HEIGHT.fullmatch(text)
    return f"{cardinal(int(match[1] or match[2]))} foot {cardinal(int(match[3]))}" if match else None


def video_resolution(text: str) -> str | None:
    """The reading of "1080p" and "720p": "ten eighty P". None for anything else."""
    match = _VIDEO_RESOLUTION.fullmatch(text)
    return f"{cardinal(int(match[1]))} {cardinal(int(match[2]))} P" if match else None


def _money(digits: str, suffix: str, currency: str) -> str | None:
    one, many, hundredth, hundredths = CURRENCIES[currency]
    if suffix:
        scale = _SCALES_OF_MONEY.get(suffix)
        return f"{number(digits)} {scale} {many}" if scale else None
    whole, _, decimals = digits.partition(".")
    if len(decimals) != 2 or not hundredth:
        return f"{number(digits)} {one if digits == '1' else many}"
    parts = []
    if whole.strip("0"):
        parts.append(f"{number(whole)} {one if whole == '1' else many}")
    if int(decimals) or not parts:
        parts.append(f"{cardinal(int(decimals))} {hundredth if decimals == '01' else hundredths}")
    return " and ".join(parts)


def _measure(digits: str, suffix: str) -> str | None:
    if not suffix:
        return bare_number(digits)
    what = unit(suffix, one=digits == "1") or _SCALES.get(suffix)
    return what and f"{number(digits)} {what}"
