"""Money and counts, in figures or in words."""

from __future__ import annotations

import re

from bot.submission.asking import Asked, Parsed, Wrong
from bot.submission.journey import Answer
from bot.submission.words import words
from bot.wording import say
from knowledge.text import fold

MOST_VND = 10**15
MOST_NUMBER = 10**9
HALF = "ruoi"
TENS = ("mười", "muoi", "mươi", "trăm", "tram")
_FIGURE = r"\d{1,3}(?:[.,\s]\d{3})+(?!\d)|\d+(?:[.,]\d{1,2})?(?!\d)"
_NUMBER = re.compile(rf"(?<![\d.,])-?(?:{_FIGURE})")
_TOKEN = re.compile(rf"{_FIGURE}|[^\W\d_]+")
_RANGE = re.compile(r"\d\s*(?:-|–|den|toi|hoac)\s*\d")


def money(text: str, asked: Asked) -> Parsed:
    """'50000000', '2 triệu rưỡi', '2tr5', '500k', 'năm trăm nghìn' → đồng."""
    if _RANGE.search(fold(text)):
        return Wrong("number_range")
    if re.search(r"-\s*\d", text):
        return Wrong("number_negative")
    amount = _amount(fold(text))
    if amount is None:
        return Wrong("money_unclear")
    if amount > MOST_VND:
        return Wrong("number_large")
    return Answer(str(amount), say("filing.money", amount=f"{amount:,}".replace(",", ".")))


def number(text: str, asked: Asked) -> Parsed:
    """A count or a measure: '2', '2 bản', 'hai', '120,5'."""
    folded = fold(text)
    if _RANGE.search(folded):
        return Wrong("number_range")
    found = _NUMBER.findall(folded)
    if len(found) > 1:
        return Wrong("number_unclear")
    value = _figure(found[0]) if found else _spoken_count(text.lower())
    if value is None:
        return Wrong("number_unclear")
    if value < 0:
        return Wrong("number_negative")
    if value > MOST_NUMBER:
        return Wrong("number_large")
    shown = f"{value:g}" if value < 10**6 else f"{value:.0f}"
    return Answer(shown, shown.replace(".", ","))


def _figure(written: str) -> float:
    """'1.500.000' groups thousands, '120,5' and '2.5' have decimals."""
    bare = written.replace(" ", "")
    if re.fullmatch(r"-?\d{1,3}([.,]\d{3})+", bare):
        return float(re.sub(r"[.,]", "", bare))
    return float(bare.replace(",", "."))


def _spoken_count(text: str) -> int | None:
    """'hai bản', 'mười hai'; None without a number word, and for two that make no number ('hai ba cái')."""
    spoken = [word for word in re.findall(r"[^\W\d_]+", text) if word in words().digits or word in TENS]
    is_one = len(spoken) == 1 or (1 < len(spoken) <= 5 and any(word in TENS for word in spoken))
    return _spoken([fold(word) for word in spoken]) if is_one else None


def _spoken(spoken: list[str]) -> int:
    total = 0
    for word in spoken:
        if word == "tram":
            total = max(total, 1) * 100
        elif word == "muoi":
            total = total // 100 * 100 + max(total % 100, 1) * 10
        else:
            total += _digit(word)
    return total


def _digit(word: str) -> int:
    """The words are kept with their diacritics: 'lắm' is not 'lăm'."""
    return next(value for name, value in words().digits.items() if fold(name) == fold(word))


def _amount(text: str) -> int | None:
    """The đồng of '2 triệu rưỡi', '1 tỷ 200 triệu'; None when there is no figure or it makes no sum."""
    sum_ = _Sum()
    for token in _TOKEN.findall(_apart(text)):
        if not sum_.takes(token):
            return None
    return sum_.amount


class _Sum:
    """Adds figure × unit from left to right; what follows a unit without one of its own is a part of it."""

    def __init__(self) -> None:
        self._total, self._unit = 0.0, 0
        self._count: float | None = None
        self._has_figure = False
        self._digits = {fold(word) for word in words().digits}

    @property
    def amount(self) -> int | None:
        return round(self._total + _loose(self._count or 0, self._unit)) if self._has_figure else None

    def takes(self, token: str) -> bool:
        """False when the token makes the whole unreadable; words of no number are passed over."""
        if token[0].isdigit():
            return self._figure(_figure(token))
        if token in words().amounts:
            return self._multiply(words().amounts[token])
        if token == HALF:
            self._total += self._unit / 2
            return self._unit > 0
        if token in self._digits or token in TENS:
            self._count = _spoken([token]) if self._count is None else _spoken_on(self._count, token)
            self._has_figure = True
        return True

    def _figure(self, value: float) -> bool:
        is_first = self._count is None
        self._count, self._has_figure = value, True
        return is_first

    def _multiply(self, factor: int) -> bool:
        if factor == 1:  # đồng ends a count
            self._total, self._unit, self._count = self._total + _loose(self._count or 0, self._unit), 0, None
            return True
        self._total, self._unit = self._total + (self._count or 0) * factor, factor
        is_counted, self._count = self._count is not None, None
        return is_counted


def _apart(text: str) -> str:
    """'2tr5' → '2 tr 5'; the currency's sign is no unit."""
    return re.sub(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)", " ", text)


def _spoken_on(count: float, token: str) -> float:
    if token == "tram":
        return count * 100
    if token == "muoi":
        return count // 100 * 100 + max(count % 100, 1) * 10
    return count + _digit(token)


def _loose(count: float, unit: int) -> float:
    """A count without a unit of its own: tenths of the one before ('2tr5'), or thousandths ('2 triệu 500'), or đồng."""
    if not unit or not count:
        return count
    if count < 10:
        return count * unit / 10
    return count * unit / 1000 if count < 1000 else count
