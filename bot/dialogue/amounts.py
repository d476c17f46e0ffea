"""Money and counts inside a sentence: 'xe 1 tỷ 2', 'nhà 2,5 tỷ', '30tr', 'ba bản'.

Unlike an answer to a question, the sentence says other things too, so money needs its unit or seven digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from knowledge.text import clean, fold

MOST_VND = 10**14
MOST_COUNT = 10**5
BARE_FROM_DIGITS = 7  # a round figure without a unit is money from a million on; below it is anything

_TOKEN = re.compile(r"[0-9]+(?:[.,][0-9]+)*|[^\W\d_]+")
_GROUPED = re.compile(r"^[0-9]{1,3}(?:[.,][0-9]{3})+$")


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    return yaml.safe_load(resources.files("bot.dialogue").joinpath("amounts.yml").read_text("utf-8"))


def amounts_vnd(text: str) -> list[int]:
    """Every sum of money told, in order."""
    tokens = _TOKEN.findall(clean(text).lower())
    found: list[int] = []
    at = 0
    while at < len(tokens):
        amount, length = _amount_at(tokens, at)
        if amount is not None and 0 < amount <= MOST_VND:
            found.append(amount)
        at += max(length, 1)
    return found


def count_before(text: str, nouns: Iterable[str]) -> int | None:
    """How many of one of `nouns` (one folded syllable each): '5 trang', 'ba bản'; None: not told, or told twice."""
    tokens = _TOKEN.findall(clean(text).lower())
    wanted = set(nouns)
    told = {
        number
        for place, token in enumerate(tokens[1:], 1)
        if fold(token) in wanted and (number := _count(tokens[place - 1])) is not None
    }
    return told.pop() if len(told) == 1 else None


def _count(token: str) -> int | None:
    if _is_figure(token) and token.isdigit():
        return int(token) if 0 < int(token) <= MOST_COUNT else None
    return _meaning(token, "digits")


def _amount_at(tokens: list[str], at: int) -> tuple[int | None, int]:
    """The sum that starts at `at` and how many tokens it takes; 'hai tỷ rưỡi' takes three."""
    number, length = _number_at(tokens, at)
    if number is None:
        return None, 0
    scale = _scale(tokens, at + length)
    if scale is None:
        return _bare(tokens[at]) if length == 1 else None, length
    total, length = number * scale, length + 1
    while scale:
        more, taken, scale = _more_at(tokens, at + length, scale)
        total, length = total + more, length + taken
    return int(total), length


def _more_at(tokens: list[str], at: int, scale: int) -> tuple[Decimal, int, int]:
    """What goes on after a unit: '250 triệu' of '1 tỷ 250 triệu', 'rưỡi', or the '2' of '1 tỷ 2'; scale 0: no more."""
    if at < len(tokens) and fold(tokens[at]) == "ruoi":
        return Decimal(scale) / 2, 1, 0
    number, length = _number_at(tokens, at)
    if number is None or scale == 1:
        return Decimal(0), 0, 0
    smaller = _scale(tokens, at + length)
    if smaller is not None and not (smaller == 1 and number < 1_000):  # "2 tỷ 5 đóng" typed plainly is no 5 đồng
        return (number * smaller, length + 1, smaller) if smaller < scale else (Decimal(0), 0, 0)
    if number != int(number) or number >= 1_000 or _is_counted(tokens, at + length):
        return Decimal(0), 0, 0
    return number * scale / 10 ** len(str(int(number))), length, 0


def _is_counted(tokens: list[str], at: int) -> bool:
    """'30 triệu 2 bánh', '30 triệu năm 2020': the figure counts something else."""
    return at < len(tokens) and (_is_figure(tokens[at]) or fold(tokens[at]) in _words()["counted"])


def _number_at(tokens: list[str], at: int) -> tuple[Decimal | None, int]:
    """A figure or number words, and how many tokens they take."""
    if at < len(tokens) and _is_figure(tokens[at]):
        return _figure(tokens[at]), 1
    return _spoken(tokens, at)


def _is_figure(token: str) -> bool:
    """Plain digits: '¹' and '٣' are letters here."""
    return token[0].isascii() and token[0].isdigit()


def _figure(token: str) -> Decimal | None:
    """'1.200' is grouped, '1,2' and '2.5' have decimals; '1.2.3' is no number."""
    if _GROUPED.match(token):
        return Decimal(re.sub(r"[.,]", "", token))
    return Decimal(token.replace(",", ".")) if len(re.findall(r"[.,]", token)) <= 1 else None


def _spoken(tokens: list[str], at: int) -> tuple[Decimal | None, int]:
    """'ba mươi', 'năm trăm', 'hai'; below a thousand."""
    total, place = None, at
    while place < len(tokens) and (step := _spoken_on(total or 0, tokens[place])) is not None:
        total, place = step, place + 1
    return (None if total is None else Decimal(total)), place - at


def _spoken_on(total: int, token: str) -> int | None:
    """The number so far with one more word: 3 and 'mươi' make 30; None: the word is no number."""
    if fold(token) == "muoi":
        return total // 100 * 100 + max(total % 100, 1) * 10
    if fold(token) == "tram":
        return max(total, 1) * 100
    digit = _meaning(token, "digits")
    return None if digit is None else total + digit


def _scale(tokens: list[str], at: int) -> int | None:
    return None if at >= len(tokens) else _words()["slang"].get(tokens[at]) or _meaning(tokens[at], "units")


def _meaning(token: str, table: str) -> int | None:
    """The word as it is written; without any marks, whichever word it may be: 'trieu', but 'đóng' is not 'đồng'."""
    known = _words()[table]
    if token in known:
        return known[token]
    return next((value for word, value in known.items() if token.isascii() and fold(word) == token), None)


def _bare(token: str) -> int | None:
    digits = re.sub(r"[.,]", "", token)
    is_money = len(digits) >= BARE_FROM_DIGITS and digits[0] != "0" and digits.endswith("000")  # no number of a card
    return int(digits) if is_money and (token.isdigit() or _GROUPED.match(token)) else None
