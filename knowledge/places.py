"""Old and new names of provinces, districts and wards → the wards of today; what is ambiguous stays ambiguous.

Data: the mapping that the package underthesea (Apache-2.0) carries, made from vietnamadminunits (MIT): 63 provinces,
696 districts and 10,040 wards of before 1 July 2025 → 34 provinces and 3,321 wards. Read at start, never copied.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.text import clean, fold

LONGEST_NAME = 5  # syllables
TYPES = {"phuong", "xa", "thi tran", "dac khu", "quan", "huyen", "thi xa", "thanh pho", "tinh"}
WARD_TYPES = {"phuong", "xa", "thi tran", "dac khu"}
# What lies inside a ward: "thôn Phú Hòa" is no ward of that name ("bản", "tổ" are folded into too many other words).
WITHIN_WARD = {"thon", "xom", "ap", "buon", "khom", "khu pho", "dan pho"}
# As people shorten them; a dot or a space may follow.
_SHORT = (
    (r"\btp\.?\s*hcm\b|\btphcm\b|\bhcm\b|\bsai gon\b|\bsg\b", "thanh pho ho chi minh"),
    (r"\bthua thien hue\b|\btt hue\b", "thanh pho hue"),
    (r"\bhn\b", "thanh pho ha noi"),
    (r"\bdn\b", "thanh pho da nang"),
    (r"\b(?:brvt|vung tau)\b", "tinh ba ria - vung tau"),
    (r"\btp\b\.?\s*", "thanh pho "),
    (r"\btx\b\.?\s*", "thi xa "),
    (r"\btt\b\.?\s*", "thi tran "),
    (r"\bp(?:\.\s*|\s+(?=[a-z]{2})|\s*(?=\d))", "phuong "),
    (r"\bq\.?\s*(?=\d)", "quan "),
    (r"\bx\.\s*", "xa "),
    (r"\bh\.\s*", "huyen "),
)
_WORD = re.compile(r"[a-z0-9]+|[,;]")  # a comma parts names: "Tuy An, Phú Yên"


class NoPlaces(RuntimeError):
    """The package that carries the mapping is not installed."""


@dataclass(frozen=True)
class Ward:
    """A ward of today; `key` is short ASCII, unique in the country."""

    key: str
    name: str
    province: str

    def __str__(self) -> str:
        return f"{self.name}, {self.province}"


@dataclass(frozen=True)
class Reading:
    """What a text says of a place: the wards it may mean (one: it is clear) and the province, if told."""

    wards: tuple[Ward, ...] = ()
    province: str | None = None
    told: str | None = None  # the ward's name as it stood in the text, folded


@dataclass(frozen=True)
class _Row:
    """One name that a ward of today had or has."""

    type: str
    ward: Ward
    district: str  # folded without its type; empty for a name of today
    provinces: frozenset[str]  # folded without their type, old and new


class Places:
    """All names; safe to share."""

    def __init__(self, rows: dict[str, list[_Row]], districts: frozenset[str], provinces: dict[str, str]) -> None:
        self._rows, self._districts, self._provinces = rows, districts, provinces
        self._by_key = {row.ward.key: row.ward for named in rows.values() for row in named}

    def __len__(self) -> int:
        return len(self._by_key)

    def ward(self, key: str) -> Ward | None:
        return self._by_key.get(key)

    def of_province(self, province: str) -> tuple[Ward, ...]:
        """The wards of today; `province` is its full name."""
        return tuple(ward for ward in self._by_key.values() if ward.province == province)

    def read(self, text: str) -> Reading:
        """The place told in `text`; never guesses between several."""
        words = _words(text)
        province = next((name for name in _phrases(words) if name in self._provinces), None)
        mentions = self._mentions(words, province)
        whole = " ".join(words).strip(" ,;")
        districts = {name for name in _phrases(words) if name in self._districts and not name.isdigit()}
        districts |= {name for name in _phrases(words, types=("quan",)) if name in self._districts}
        for told, rows, is_typed in mentions:
            # Many words are a ward's name somewhere ("Ý Yên", "Bình An"): a bare one counts only beside its province
            # or district, or when nothing else was said.
            if not is_typed and not (province or districts or told == whole):
                continue
            kept = [row for row in rows if province is None or province in row.provinces] or ([] if province else rows)
            within = [row for row in kept if row.district in districts - {told}]
            wards = tuple(dict.fromkeys(row.ward for row in (within or kept)))
            if wards:
                return Reading(wards, self._province_of(province, wards), told)
        return Reading(province=self._provinces.get(province) if province else None)

    def _province_of(self, province: str | None, wards: tuple[Ward, ...]) -> str | None:
        told = {ward.province for ward in wards}
        return told.pop() if len(told) == 1 else self._provinces.get(province or "")

    def _mentions(self, words: list[str], province: str | None) -> list[tuple[str, list[_Row], bool]]:
        """Ward names in the text; one with its type ('phường Tuy Hòa') goes before a bare one, long before short."""
        found = []
        for start in range(len(words)):
            for end in range(min(len(words), start + LONGEST_NAME), start, -1):
                name = " ".join(words[start:end])
                named = self._rows.get(name)
                if named is None or _is_within_ward(words, start):
                    continue
                type_ = _type_before(words, start)
                # "xã Hòa Hiệp Bắc" of a place that was a phường: the kind may be wrong where the name is long enough.
                rows = [row for row in named if row.type == type_] or (
                    [] if name.isdigit() else named if type_ in WARD_TYPES | {None} else []
                )
                is_typed = type_ in WARD_TYPES
                if rows and (is_typed or (type_ is None and end - start > 1 and name != province)):
                    found.append((not is_typed, start - end, name, rows))
        return [(name, rows, not is_bare) for is_bare, _, name, rows in sorted(found, key=lambda item: item[:2])]


def load() -> Places:
    """Raises NoPlaces."""
    data = json.loads(_data_file().read_text("utf-8"))
    rows: dict[str, list[_Row]] = defaultdict(list)
    districts: set[str] = set()
    for entry in data["ward_mapping"]:
        if not entry["new_ward"]:
            continue
        ward = Ward(
            f"{_short_key(entry['new_province_key'])}.{entry['new_ward_key']}", entry["new_ward"], entry["new_province"]
        )
        provinces = frozenset(_bare(entry[name]) for name in ("old_province", "new_province"))
        districts.add(_bare(entry["old_district"]))
        if entry["old_ward"]:
            rows[_bare(entry["old_ward"])].append(
                _Row(_type(entry["old_ward"]), ward, _bare(entry["old_district"]), provinces)
            )
        today = _Row(_type(ward.name), ward, "", frozenset({_bare(entry["new_province"])}))
        if today not in rows[_bare(ward.name)]:
            rows[_bare(ward.name)].append(today)
    return Places(dict(rows), frozenset(districts), _provinces(data))


def _provinces(data: dict) -> dict[str, str]:
    """Folded bare name, old or new → full name of the province today."""
    today = {key: entry["name"] for key, entry in data["province_names"].items()}
    old = {
        _bare(entry["name"]): today[data["province_mapping"].get(key, key)]
        for key, entry in data["old_province_names"].items()
    }
    return {**old, **{_bare(name): name for name in today.values()}}


def _data_file() -> Path:
    spec = importlib.util.find_spec("underthesea")
    if spec is None or not spec.submodule_search_locations:
        raise NoPlaces("underthesea is not installed: run `make setup`")
    return Path(next(iter(spec.submodule_search_locations))) / "address" / "data" / "mapping.json"


def _short_key(province_key: str) -> str:
    return re.sub(r"^(thanhpho|tinh)", "", province_key)


def _words(text: str) -> list[str]:
    folded = fold(clean(text, 500))
    for pattern, plain in _SHORT:
        folded = re.sub(pattern, plain, folded)
    return _WORD.findall(folded)


def _phrases(words: list[str], types: Iterable[str] = ()) -> Iterable[str]:
    """Every run of words, longer ones first; with `types`, only runs that follow one of these words."""
    wanted = tuple(types)
    for length in range(min(LONGEST_NAME, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            if not wanted or _type_before(words, start) in wanted:
                yield " ".join(words[start : start + length])


def _type_before(words: list[str], start: int) -> str | None:
    for length in (2, 1):
        before = " ".join(words[max(start - length, 0) : start])
        if before in TYPES:
            return before
    return None


def _is_within_ward(words: list[str], start: int) -> bool:
    return any(" ".join(words[max(start - length, 0) : start]) in WITHIN_WARD for length in (2, 1))


def _type(name: str) -> str:
    words = fold(name).split()
    return next((kind for kind in (" ".join(words[:2]), words[0]) if kind in TYPES), "")


def _bare(name: str) -> str:
    """'Phường Tuy Hòa' → 'tuy hoa'."""
    folded = " ".join(word for word in _WORD.findall(fold(name)) if word not in ",;")
    kind = _type(name)
    return folded.removeprefix(kind).strip() or folded
