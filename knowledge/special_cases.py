"""Special cases of usual procedures: candidates only when the message says so (`special_cases.yml`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from knowledge.text import expand, fold

FILE = Path(__file__).with_suffix(".yml")


@dataclass(frozen=True)
class SpecialCase:
    """`usual` is the code of the procedure that is meant when none of `signs` is in the message."""

    usual: str
    signs: frozenset[str]


class SpecialCases:
    def __init__(self, cases: Mapping[str, SpecialCase]) -> None:
        self._cases = cases

    @property
    def usual_codes(self) -> frozenset[str]:
        return frozenset(case.usual for case in self._cases.values())

    def unmarked(self, codes: Sequence[str], text: str) -> frozenset[str]:
        """Those of `codes` that are special cases without a sign in the message, beside their usual procedure."""
        present = set(codes)
        special = {code: case for code in codes if (case := self._cases.get(code)) and case.usual in present}
        if not special:
            return frozenset()
        plain = expand(text)
        message = _Message(f" {plain} ", f" {fold(plain)} ")
        return frozenset(code for code, case in special.items() if not message.has_any(case.signs))


@dataclass(frozen=True)
class _Message:
    """Its words with and without diacritics; who types some diacritics is taken at their word."""

    plain: str
    folded: str

    def has_any(self, signs: frozenset[str]) -> bool:
        if self.plain == self.folded:
            return any(f" {fold(sign)} " in self.folded for sign in signs)
        return any(f" {sign} " in self.plain for sign in signs)


def read(file: Path = FILE) -> SpecialCases:
    """Ours. Raises KeyError when a case names signs that the file does not list."""
    data = yaml.safe_load(file.read_text("utf-8"))
    signs = {name: frozenset(words.split(", ")) for name, words in data["signs"].items()}
    return SpecialCases({code: SpecialCase(one["usual"], signs[one["signs"]]) for code, one in data["cases"].items()})
