"""What is paid, worked out: sums of law as named functions over dated figures, and the rows of a record for one case.

Figures live in `costs.yml` with the days they hold and their legal source. Where no figure holds on the day the line
says so (`amount_vnd` None) and the sum has no total; the last known figure is never used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from typing import Literal

import yaml
from pydantic import Field, TypeAdapter, model_validator

from knowledge.schema import Channel, Cost, Procedure, Strict, Text
from knowledge.working_days import is_working_day, next_working_day

FIRST_PAGES = 2  # of a certified copy, at the higher amount
BIRTH_DEADLINE_DAYS = 60


class Tariff(Strict):
    """One figure of law and the days on which it holds."""

    name: Text
    amount_vnd: int | None = Field(default=None, ge=0)
    percent: Decimal | None = Field(default=None, ge=0)
    province: Text | None = None
    valid_from: dt.date
    valid_to: dt.date | None = None
    evidence: Literal["text", "checked", "secondary"]
    source: Text

    @model_validator(mode="after")
    def _is_one_figure(self) -> Tariff:
        if (self.amount_vnd is None) == (self.percent is None):
            raise ValueError("needs either amount_vnd or percent")
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    def is_valid_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class CostLine:
    """One thing paid: `name` says what for, `amount_vnd` None that no figure is known for the day."""

    name: str
    amount_vnd: int | None
    source: str | None = None
    quantity: int = 1
    unit_vnd: int | None = None
    percent: Decimal | None = None
    valid_to: dt.date | None = None
    note: str | None = None


@dataclass(frozen=True)
class CostSum:
    """What is paid in all; a reduction is a line below zero."""

    lines: tuple[CostLine, ...]

    @property
    def total_vnd(self) -> int | None:
        """None as soon as one line is not known, or when there is none."""
        amounts = [line.amount_vnd for line in self.lines]
        return None if not amounts or None in amounts else sum(amounts)


class Vehicle(StrEnum):
    """What is registered; a pick-up that carries people counts as a car of at most nine seats."""

    motorcycle = "motorcycle"
    car = "car"  # at most nine seats
    electric_car = "electric_car"  # runs on a battery alone


@lru_cache(maxsize=1)
def tariffs() -> tuple[Tariff, ...]:
    """All figures of `costs.yml`, strictly read once."""
    data = yaml.safe_load(resources.files("knowledge").joinpath("costs.yml").read_text("utf-8"))
    return TypeAdapter(tuple[Tariff, ...]).validate_python(data)


def tariff_on(
    day: dt.date, name: str, province: str | None = None, among: Iterable[Tariff] | None = None
) -> Tariff | None:
    """The figure `name` that holds on `day`: the province's own before the national one."""
    held = [one for one in among or tariffs() if one.name == name and one.is_valid_on(day)]
    own = [one for one in held if province and one.province == province]
    return next(iter(own or [one for one in held if one.province is None]), None)


# ---- certification


def certified_copies(pages: int, copies: int, day: dt.date) -> CostSum:
    """Copies certified from one original of `pages` pages: phí chứng thực bản sao từ bản chính.

    Thông tư 226/2016/TT-BTC, Điều 4: 2.000 đồng a page, 1.000 from the third on, at most 200.000 a copy;
    pages are those of the original.
    """
    _at_least_one(pages=pages, copies=copies)
    first, further, most = (
        tariff_on(day, f"certified_copy_{part}") for part in ("first_pages", "further_pages", "most")
    )
    if not (first and further and most):
        return CostSum((CostLine("certified_copy", None, quantity=copies),))
    full = first.amount_vnd * min(pages, FIRST_PAGES) + further.amount_vnd * max(pages - FIRST_PAGES, 0)
    each = min(full, most.amount_vnd)
    return CostSum((CostLine("certified_copy", each * copies, first.source, quantity=copies, unit_vnd=each),))


def certified_signatures(cases: int, day: dt.date) -> CostSum:
    """Signatures certified: phí chứng thực chữ ký, 10.000 đồng a paper however many sign (Thông tư 226/2016/TT-BTC)."""
    return _times("certified_signature", cases, day)


def certified_contracts(count: int, day: dt.date) -> CostSum:
    """Contracts certified by a commune: 50.000 đồng each (Thông tư 226/2016/TT-BTC, Điều 4)."""
    return _times("certified_contract", count, day)


def _times(name: str, count: int, day: dt.date) -> CostSum:
    _at_least_one(count=count)
    tariff = tariff_on(day, name)
    if tariff is None:
        return CostSum((CostLine(name, None, quantity=count),))
    return CostSum(
        (CostLine(name, tariff.amount_vnd * count, tariff.source, quantity=count, unit_vnd=tariff.amount_vnd),)
    )


# ---- registration fee


def land_registration_fee(price_vnd: int, day: dt.date, is_reduced: bool = False) -> CostSum:
    """Lệ phí trước bạ of a house or land: Nghị định 10/2022/NĐ-CP, Điều 8, 0,5 %, at most 500 million đồng.

    `price_vnd` is the price it is counted on: the contract's when above the province's table (Nghị định
    175/2025/NĐ-CP). `is_reduced`: bought and filed online with VNeID level 2 as Thông tư 117/2026/TT-BTC asks.
    """
    fee = _percent_of(price_vnd, "registration_land", day, most="registration_most")
    return _reduced(fee, "reduction_land", day) if is_reduced else CostSum((fee,))


def vehicle_registration_fee(
    vehicle: Vehicle,
    price_vnd: int,
    is_first: bool,
    day: dt.date,
    province: str | None = None,
    is_reduced: bool = False,
) -> CostSum:
    """Lệ phí trước bạ of a vehicle: Nghị định 10/2022/NĐ-CP, Điều 8, as amended by Nghị định 175/2025/NĐ-CP.

    Motorcycles 2 %, then 1 %. Cars of at most nine seats 10 %, or what the province sets up to 15 %, then 2 %
    everywhere; battery cars 0 % the first time (51/2025, then 202/2026). `price_vnd` is the price in the province's
    table, for a used vehicle what is left of it. `is_reduced` as for land, of later registrations only.
    """
    kind = "car" if vehicle is Vehicle.electric_car and not is_first else vehicle.value
    most = "registration_most" if vehicle is Vehicle.motorcycle else None
    fee = _percent_of(price_vnd, f"registration_{kind}_{'first' if is_first else 'next'}", day, province, most)
    return _reduced(fee, f"reduction_{kind}_next", day) if is_reduced and not is_first else CostSum((fee,))


def _percent_of(
    price_vnd: int, name: str, day: dt.date, province: str | None = None, most: str | None = None
) -> CostLine:
    if price_vnd < 0:
        raise ValueError(f"a price cannot be {price_vnd}")
    tariff = tariff_on(day, name, province)
    limit = tariff_on(day, most) if most else None
    if tariff is None or (most and limit is None):
        return CostLine(name, None)
    amount = _share(price_vnd, tariff.percent)
    return CostLine(
        name,
        min(amount, limit.amount_vnd) if limit else amount,
        tariff.source,
        percent=tariff.percent,
        valid_to=tariff.valid_to,
    )


def _reduced(fee: CostLine, name: str, day: dt.date) -> CostSum:
    """The fee and its reduction; no reduction holds on that day: the fee alone."""
    tariff, most = tariff_on(day, name), tariff_on(day, "reduction_most_base_salaries")
    if fee.amount_vnd is None or tariff is None or most is None:
        return CostSum((fee,))
    off = min(_share(fee.amount_vnd, tariff.percent), most.amount_vnd)
    return CostSum((fee, CostLine(name, -off, tariff.source, percent=tariff.percent, valid_to=tariff.valid_to)))


def _share(amount_vnd: int, percent: Decimal) -> int:
    return int((Decimal(amount_vnd) * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


# ---- fees that provinces set


def birth_deadline(born_on: dt.date) -> dt.date:
    """The last day to register a birth on time: 60 days (Luật Hộ tịch 60/2014/QH13, Điều 15).

    The day of birth is not counted, and a last day that is no working day moves on (Civil Code, Art. 147 and 148).
    """
    last = born_on + dt.timedelta(days=BIRTH_DEADLINE_DAYS)
    return last if is_working_day(last) else next_working_day(last)


def birth_registration(born_on: dt.date, day: dt.date, province: str | None = None) -> CostSum:
    """Registering a birth: free within 60 days (Luật Hộ tịch, Điều 11), later what the province's council sets."""
    if day < born_on:
        raise ValueError("registered before the birth")
    name = "birth_on_time" if day <= birth_deadline(born_on) else "birth_late"
    return CostSum((_line_of(name, day, province),))


def late_birth_registration(day: dt.date, province: str | None = None) -> CostSum:
    """Registering a birth past its 60 days; each province's council sets the fee (Luật Phí và lệ phí 97/2015/QH13)."""
    return CostSum((_line_of("birth_late", day, province),))


def household_business(channel: Channel, day: dt.date, province: str | None = None) -> CostSum:
    """Registering a household business; each province's council sets the fee (Thông tư 85/2019/TT-BTC)."""
    how = "online" if channel is Channel.online else "on_paper"
    return CostSum((_line_of(f"household_business_{how}", day, province),))


def _line_of(name: str, day: dt.date, province: str | None) -> CostLine:
    tariff = tariff_on(day, name, province)
    return (
        CostLine(name, tariff.amount_vnd, tariff.source, valid_to=tariff.valid_to) if tariff else CostLine(name, None)
    )


def _at_least_one(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} cannot be {count}")


# ---- the rows of a record


def cost_of(
    procedure: Procedure,
    day: dt.date,
    case: str | None = None,
    channel: Channel = Channel.any,
    province: str | None = None,
    identity_level: int | None = None,
) -> tuple[CostLine, ...]:
    """What a record's rows ask of this person on `day`, each with its legal source.

    A reduction for VNeID holders replaces dearer rows of its kind, a province's own row the national one. Nothing holds
    on the day, or the record is known by name only: one line without an amount.
    """
    rows = [] if procedure.is_partial else [row for row in procedure.costs if row.is_valid_on(day)]
    meant = [row for row in rows if not row.is_doubtful and _is_for(row, case, channel, province, identity_level)]
    kept = [row for row in meant if not any(_replaces(other, row) for other in meant)]
    return tuple(map(_told, kept)) or (CostLine(procedure.code, None),)


def _is_for(row: Cost, case: str | None, channel: Channel, province: str | None, identity_level: int | None) -> bool:
    return (
        row.province in (None, province)
        and (row.channel in (Channel.any, channel) or (channel is Channel.any and row.identity_level is None))
        and (row.identity_level is None or row.identity_level <= (identity_level or 0))
        and (case is None or row.identity_level is not None or row.case in (None, case))
    )


def _replaces(other: Cost, row: Cost) -> bool:
    if other is row or other.kind != row.kind or other.amount_vnd is None:
        return False
    if other.identity_level is not None and row.identity_level is None:
        return row.amount_vnd is None or row.amount_vnd >= other.amount_vnd
    return other.province is not None and row.province is None and other.case == row.case


def _told(row: Cost) -> CostLine:
    return CostLine(row.case or row.kind, row.amount_vnd, row.source, valid_to=row.valid_to, note=row.note)
