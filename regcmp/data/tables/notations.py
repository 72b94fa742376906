"""Numbers that are written as none is read: told from codes, and given in plain figures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from regcmp.hints import is_number

MOST_LOOKED_AT = 2000
"""Of more different texts, so many are looked at."""

FEW = 5
"""So many different numbers with one and the same letter behind them, 2G to 5G, may be codes."""

EXCHANGED = str.maketrans(".,", ",.")
SIGNS = str.maketrans("−–‐‑⁻﹣’‘ʼ′´`⁄⁺", "-----" + "-" + "''''''/+")
"""Minus signs, hyphens, apostrophes and others as ASCII has them."""

THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:(?:[ '_]\d{3})+|(?:\.\d{3}){2,}|(?:,\d{3})+)(?!\d)")
BY_POINTS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d+(?!\d)")
INDIAN = re.compile(r"(?<![\d.,])\d{1,2}(?:,\d{2})+,\d{3}(?!\d)")
MONEY = (
    r"[$€£¥₹₽₩₺₫฿₪₦₴₿¢]|US\$|R\$|kr\.?|zł|Fr\.|Rs\.?"
    r"|(?:USD|EUR|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|KRW|RUB|TRY|ZAR|NZD|SGD|HKD)"
)
UNITS = frozenset(
    """% ‰ ° °c °f °k ℃ ℉ kg g mg µg ug ng t to lb lbs oz cm mm km m µm um nm mi mile miles ft feet in
    inch inches yd m² m2 m³ m3 km² km2 cm² cm2 cm³ cm3 sqft sqm sq ha acre acres l ml cl dl ltr liter
    liters litre litres gal gallon gallons s sec secs second seconds ms µs us ns min mins minute minutes h
    hr hrs hour hours d day days wk week weeks mo mos month months y yr yrs year years kb mb gb tb kib
    mib gib tib byte bytes bit bits kbps mbps gbps hz khz mhz ghz w kw mw kwh wh v mv kv a ma mah ohm ω
    j kj cal kcal pa kpa mpa hpa bar mbar psi n kn nm/s m/s km/h kmh kph mph rpm bpm fps dpi px pt k
    thousand mn mio million millions bn mrd billion billions b trillion pct percent percentage points pp
    bp bps mol mmol mmol/l mg/dl g/dl mg/l g/l µg/l g/kg ppm ppb db dbm cc hp ps cv bhp kmpl km/l mpg
    l/100km usd eur gbp chf euro euros dollar dollars pounds cents ct people persons pieces pcs stk x
    times""".split()
) | {"sq ft", "sq m", "percentage points"}
"""What may stand behind a number and names no code."""
POWERS = {"k": 3, "thousand": 3, "mn": 6, "mio": 6, "m": 6, "million": 6, "millions": 6,
          "b": 9, "bn": 9, "mrd": 9, "billion": 9, "billions": 9, "trillion": 12}  # fmt: skip
NUMBER = r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eEdD][+-]?\d+)?"
AROUND = re.compile(
    rf"(?P<sign>[+-]?) ?(?:(?:{MONEY}) ?)?(?P<number>{NUMBER})(?P<minus>(?: ?-$)?)"
    r" ?(?P<unit>[^\d\s+(-][^\d]*[²³23]?|)"
)
POWER_OF_TEN = re.compile(r"(?:([+-]?\d+(?:\.\d+)?) ?[x×*·] ?)?10\^?([+-]?\d+)")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
RAISED = re.compile(r"(?<=10)([+-]?)([⁰¹²³⁴-⁹]+)$")
OTHER_BASE = re.compile(r"[+-]?0(?:[xX][\da-fA-F]+|[oO][0-7]+|[bB][01]+)")

AMOUNT = r"[$€£]?\d+(?:[.,]\d+)*[%kKM]?"
MONTH = r"(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]*\.?"
AMBIGUOUS = {
    "a time": r"\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?",
    "a fraction or a date": r"(?:\d+[ -])?\d+ ?/ ?\d+(?: ?/ ?\d+)?",
    "a range": rf"[\[(]?{AMOUNT} ?(?:-|\.\.|…|to|bis|~|,) ?{AMOUNT}[\])]?(?: \w+)?",
    "a bound": rf"(?:[<>≤≥~≈±]=? ?|under |over |up to |ca?\.? ){AMOUNT}"
    r"|\d+(?:[.,]\d+)* ?(?:[+±]|(?:or|and) \w).*",
    "a date": rf"\d{{1,4}}[-./ ]?{MONTH}[-./ ,]*\d{{0,4}}"
    rf"|{MONTH}[-./ ,']*\d{{1,4}}(?:[-./ ,]+\d{{2,4}})?"
    r"|\d{4}-\d{1,2}(?:-\d{1,2}.*)?|\d{4}[-/. ]?[QW]\d{1,2}|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?",
    "a length of time": r"P(?=[\dT])(?:\d+(?:[.,]\d+)?[YMWD])*(?:T(?:\d+(?:[.,]\d+)?[HMS])+)?"
    r"|(?:\d+(?:[.,]\d+)? ?(?:d|h|hr|hrs|m|min|s|sec)\.?[ ,]*){2,}",
    "a coordinate": r"(?:\d+\.\d+[°º]?|\d+[°º])(?: ?\d+(?:\.\d+)?['′])?"
    r"(?: ?\d+(?:\.\d+)?(?:\"|″|''))? ?[NSEWO]",
    "a size": r"\d+(?:[.,]\d+)? ?[xX×] ?\d+(?:[.,]\d+)?(?: ?[xX×] ?\d+(?:[.,]\d+)?)?",
    "feet and inches": r"\d+ ?(?:'|ft\.?) ?\d+(?:[.,]\d+)? ?(?:\"|''|in\.?)?",
    "a number with a mark": r"[+-]?\d+(?:[.,]\d+)? ?[*†‡#]+",
}
"""What may be meant as a number, and may be a category."""
KINDS = {what: re.compile(pattern, re.IGNORECASE) for what, pattern in AMBIGUOUS.items()}
OTHER_SIGNS = {"，": ",", "．": ".", "٫": ".", "٬": "'", "％": "%", "＋": "+"}


def in_english(text: str, decimal: str) -> str:
    """With point and comma exchanged where the decimal point is a comma; twice, it is as before."""
    return text if decimal == "." else text.translate(EXCHANGED)


def plain(text: str) -> str | None:
    """A number in another notation as it would be read, its unit left out; None for another text."""
    start = text.strip().translate(SIGNS)
    if len(start) > 40 or is_number(text):
        return None
    if not start.isascii():
        start = _ascii(
            RAISED.sub(lambda each: f"^{each[1]}{each[2].translate(SUPERSCRIPTS)}", start)
        )
    if is_number(start):
        return start
    if OTHER_BASE.fullmatch(start):
        return str(int(start, 0))
    if power := POWER_OF_TEN.fullmatch(start):
        return f"{power[1] or 1}e{int(power[2])}" if "^" in start or power[1] else None
    if start.startswith("(") and start.endswith(")"):
        inner = start[1:-1].strip()
        found = inner if is_number(inner) else plain(inner)
        return None if found is None or found.startswith("-") else f"-{found.lstrip('+')}"
    whole = _around(start)
    return None if whole is None else _value(whole, start)


def unit_of(text: str) -> str:
    """What stands behind a number in another notation, in lower case; '' where nothing does."""
    start = text.strip().translate(SIGNS)
    found = _around(start if start.isascii() else _ascii(start))
    unit = "" if found is None else found["unit"].strip().rstrip(".").lower()
    return unit if unit in UNITS and unit not in POWERS else ""


def _around(start: str) -> re.Match[str] | None:
    """The number with what stands around it, its groups of thousands joined."""
    joined = BY_POINTS.sub(lambda each: each[0].replace(".", ""), start)
    joined = THOUSANDS.sub(lambda each: re.sub(r"\D", "", each[0]), joined)
    joined = INDIAN.sub(lambda each: each[0].replace(",", ""), joined)
    joined = re.sub(r"(?<=\d)_(?=\d)", "", joined)
    return AROUND.fullmatch(joined)


def _value(found: re.Match[str], start: str) -> str | None:
    """The number that was found between a currency and a unit."""
    number = found["number"].replace(",", ".").replace("D", "e").replace("d", "e")
    unit = found["unit"].strip().rstrip(".").lower()
    money = re.fullmatch(MONEY, found["unit"].strip(), re.IGNORECASE)
    if unit and unit not in UNITS and not money:
        return None
    minus = (found["sign"] == "-") + number.startswith("-") + bool(found["minus"].strip())
    if minus > 1 or not is_number(number):
        return None
    value = ("-" if minus else "") + number.lstrip("+-").rstrip(".")
    if unit in POWERS and (unit != "m" or start.endswith("M")):
        return f"{value}e{POWERS[unit]}" if "e" not in value.lower() else None
    return value


def _ascii(text: str) -> str:
    """Digits of any script as 0 to 9, any blank as one, one half as 1/2 worked out."""
    out = []
    for letter in text:
        kind = unicodedata.category(letter)
        if kind == "Nd":
            out.append(str(unicodedata.decimal(letter)))
        elif kind == "No" and "VULGAR FRACTION" in unicodedata.name(letter, ""):
            value = unicodedata.numeric(letter)
            whole = "".join(out).strip()
            out = [f"{(int(whole) if whole.isdecimal() else 0) + value:g}"]
        elif kind == "Zs":
            out.append(" ")
        elif kind == "Cf":
            continue
        else:
            out.append(OTHER_SIGNS.get(letter, letter))
    return "".join(out).strip().translate(SIGNS)


def first_number(levels: Sequence[str]) -> tuple[str, str] | None:
    """Of texts most of which are numbers, some in another notation: such a text, and its number."""
    looked = _some(levels)
    found = [(each, value) for each in looked if (value := plain(each)) is not None]
    numbers = sum(map(is_number, looked))
    if not found or numbers + len(found) <= len(looked) / 2 or _are_codes(found, numbers):
        return None
    return found[0]


def _are_codes(found: Sequence[tuple[str, str]], numbers: int) -> bool:
    """Whether whole numbers end in letters that may name no unit: 12a and 12b, or 2G to 5G alone."""
    texts = [text.strip() for text, _ in found]
    if not all(re.fullmatch(r"\d+[A-Za-z]", text) for text in texts):
        return False
    ends = {text[-1].lower() for text in texts}
    if "k" in ends:
        return False
    several = len(ends) > 1 and not ends <= {"m", "b"}
    return several or ends <= {"a", "b"} or (not numbers and len(texts) <= FEW)


def doubtful(levels: Sequence[str]) -> tuple[str, str] | None:
    """Of texts most of which may be numbers: such a text, and what it may be."""
    looked = _some(levels)
    numbers = sum(map(is_number, looked))
    words = [each for each in looked if not is_number(each)]
    found = [(each, what) for each in words if (what := _what(each.strip().translate(SIGNS)))]
    if found and numbers + len(found) > len(looked) / 2:
        return found[0]
    return _counted(words) if len(words) > len(looked) / 2 else None


def _counted(words: Sequence[str]) -> tuple[str, str] | None:
    """Texts of a number and one and the same word behind it, such as '5 stars'."""
    ends: dict[str, list[str]] = {}
    for text in words:
        if found := re.fullmatch(r"\d+(?:\.\d+)?( ?[^\W\d]\D*)", text.strip()):
            ends.setdefault(found[1].strip().lower().rstrip("s"), []).append(text)
    most = max(ends.values(), key=len, default=[])
    return (
        (most[0], "a number with a word")
        if len(most) >= FEW and 2 * len(most) > len(words)
        else None
    )


def _what(text: str) -> str:
    if len(text) > 40 or not any(each.isdigit() for each in text):
        return ""
    for what, pattern in KINDS.items():
        if pattern.fullmatch(text):
            return what
    return "a number with a unit" if plain(text) is not None else ""


def _some(levels: Sequence[str]) -> Sequence[str]:
    return levels[:: -(-len(levels) // MOST_LOOKED_AT)] if levels else levels
