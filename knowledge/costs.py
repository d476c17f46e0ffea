"""What is paid, worked out: sums of law as named functions over dated figures, and the rows of a record for one case.

Figures come from `tariffs.py` with the days they hold and their legal source. Where no figure holds on the day the line
says so (`amount_vnd` None) and the sum has no total; the last known figure is never used.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from knowledge.schema import Channel, Cost, Procedure
from knowledge.tariffs import Tariff, is_same_province, tariff_on
from knowledge.working_days import is_working_day, next_working_day

FIRST_PAGES = 2  # of a certified copy, at the higher amount
BIRTH_DEADLINE_DAYS = 60


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
    checked_on: dt.date | None = None
    is_certain: bool = True  # False: we only know it at second hand


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
    return CostSum((_line("certified_copy", each * copies, first, quantity=copies, unit_vnd=each),))


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
    amount = tariff.amount_vnd
    return CostSum((_line(name, amount * count, tariff, quantity=count, unit_vnd=amount),))


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
    if limit is None or amount <= limit.amount_vnd:
        return _line(name, amount, tariff)
    return replace(_line(name, limit.amount_vnd, tariff), is_certain=limit.evidence != "secondary")


def _reduced(fee: CostLine, name: str, day: dt.date) -> CostSum:
    """The fee and its reduction; no reduction holds on that day: the fee alone."""
    tariff, most = tariff_on(day, name), tariff_on(day, "reduction_most_base_salaries")
    if fee.amount_vnd is None or tariff is None or most is None:
        return CostSum((fee,))
    off = min(_share(fee.amount_vnd, tariff.percent), most.amount_vnd)
    return CostSum((fee, _line(name, -off, tariff)))


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
    return _line(name, tariff.amount_vnd, tariff) if tariff else CostLine(name, None)


def _line(name: str, amount_vnd: int, tariff: Tariff, **more: Any) -> CostLine:
    return CostLine(
        name,
        amount_vnd,
        tariff.source,
        percent=tariff.percent,
        valid_to=tariff.valid_to,
        checked_on=tariff.checked_on,
        is_certain=tariff.evidence != "secondary",
        **more,
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
        (row.province is None or is_same_province(row.province, province))
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
