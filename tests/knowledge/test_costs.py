"""Sums of law: tables worked out by hand, what must hold for every number, and days without a figure."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from knowledge.costs import (
    CostLine,
    CostSum,
    Vehicle,
    birth_deadline,
    birth_registration,
    certified_contracts,
    certified_copies,
    certified_signatures,
    cost_of,
    household_business,
    land_registration_fee,
    late_birth_registration,
    vehicle_registration_fee,
)
from knowledge.schema import Channel, Cost
from knowledge.tariffs import Tariff, tariff_on, tariffs
from tests.knowledge.records import TODAY, record

LONG_AGO = dt.date(2010, 1, 1)
AFTER_REDUCTIONS = dt.date(2027, 3, 1)
prices = st.integers(min_value=0, max_value=10**13)


def day_of(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


# ---- certification


@pytest.mark.parametrize(
    ("pages", "copies", "total"),
    [
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),
        (5, 1, 7_000),
        (5, 3, 21_000),
        (197, 1, 199_000),
        (198, 1, 200_000),
        (199, 1, 200_000),
        (5_000, 2, 400_000),
    ],
)
def test_certified_copies_cost_what_the_circular_says(pages: int, copies: int, total: int) -> None:
    assert certified_copies(pages, copies, TODAY).total_vnd == total


@given(pages=st.integers(1, 10_000), copies=st.integers(1, 1_000))
def test_copies_never_cost_more_than_the_most_each_and_never_less_for_more_pages(pages: int, copies: int) -> None:
    total = certified_copies(pages, copies, TODAY).total_vnd
    assert 2_000 * copies <= total <= 200_000 * copies
    assert total <= certified_copies(pages + 1, copies, TODAY).total_vnd
    assert total == certified_copies(pages, 1, TODAY).total_vnd * copies


@pytest.mark.parametrize(("pages", "copies"), [(0, 1), (-1, 1), (1, 0)])
def test_no_pages_or_copies_is_refused(pages: int, copies: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        certified_copies(pages, copies, TODAY)


def test_signatures_and_contracts_are_counted() -> None:
    assert certified_signatures(3, TODAY).total_vnd == 30_000
    assert certified_contracts(2, TODAY).total_vnd == 100_000


# ---- registration fee


@pytest.mark.parametrize(
    ("price", "total"),
    [(0, 0), (1_000_000_000, 5_000_000), (101, 1), (100, 1), (99, 0), (200_000_000_000, 500_000_000)],
)
def test_land_costs_half_a_percent_and_at_most_half_a_billion(price: int, total: int) -> None:
    assert land_registration_fee(price, TODAY).total_vnd == total


@pytest.mark.parametrize(
    ("vehicle", "price", "is_first", "province", "total"),
    [
        (Vehicle.motorcycle, 30_000_000, True, None, 600_000),
        (Vehicle.motorcycle, 30_000_000, True, "Hà Nội", 600_000),  # one rate everywhere since July 2025
        (Vehicle.motorcycle, 30_000_000, False, None, 300_000),
        (Vehicle.car, 500_000_000, True, None, 50_000_000),
        (Vehicle.car, 500_000_000, True, "Hà Nội", 60_000_000),
        (Vehicle.car, 500_000_000, True, "Hải Phòng", 60_000_000),
        (Vehicle.car, 500_000_000, True, "Đắk Lắk", 50_000_000),
        (Vehicle.car, 500_000_000, False, "Hà Nội", 10_000_000),
        (Vehicle.car, 60_000_000_000, True, None, 6_000_000_000),  # cars have no upper limit
        (Vehicle.electric_car, 500_000_000, True, "Hà Nội", 0),
        (Vehicle.electric_car, 500_000_000, False, None, 10_000_000),
    ],
)
def test_vehicles_cost_their_rate(
    vehicle: Vehicle, price: int, is_first: bool, province: str | None, total: int
) -> None:
    assert vehicle_registration_fee(vehicle, price, is_first, TODAY, province).total_vnd == total


@given(price=prices, vehicle=st.sampled_from(Vehicle), is_first=st.booleans(), is_reduced=st.booleans())
def test_a_fee_is_never_below_zero_nor_above_the_highest_rate(
    price: int, vehicle: Vehicle, is_first: bool, is_reduced: bool
) -> None:
    total = vehicle_registration_fee(vehicle, price, is_first, TODAY, is_reduced=is_reduced).total_vnd
    assert 0 <= total <= price * 15 // 100 + 1
    assert total <= vehicle_registration_fee(vehicle, price + 1_000, is_first, TODAY, is_reduced=is_reduced).total_vnd


@given(price=prices)
def test_a_reduction_never_exceeds_five_base_salaries(price: int) -> None:
    full, reduced = land_registration_fee(price, TODAY), land_registration_fee(price, TODAY, is_reduced=True)
    assert 0 <= full.total_vnd - reduced.total_vnd <= 5 * 2_530_000


def test_reductions_for_vneid_holders_are_lines_of_their_own_with_a_last_day() -> None:
    [fee, less] = land_registration_fee(1_000_000_000, TODAY, is_reduced=True).lines
    assert (fee.amount_vnd, less.amount_vnd) == (5_000_000, -500_000)
    assert less.valid_to == day_of("2027-02-28") and "117/2026" in less.source
    assert vehicle_registration_fee(Vehicle.motorcycle, 30_000_000, False, TODAY, is_reduced=True).total_vnd == 0
    assert vehicle_registration_fee(Vehicle.car, 500_000_000, False, TODAY, is_reduced=True).total_vnd == 5_000_000


def test_a_first_registration_of_a_vehicle_is_not_reduced() -> None:
    assert vehicle_registration_fee(Vehicle.motorcycle, 30_000_000, True, TODAY, is_reduced=True).total_vnd == 600_000


@pytest.mark.parametrize(
    ("day", "total"), [("2026-08-14", 5_000_000), ("2026-08-15", 4_500_000), ("2027-02-28", 4_500_000)]
)
def test_a_reduction_begins_and_ends_on_its_days(day: str, total: int) -> None:
    assert land_registration_fee(1_000_000_000, day_of(day), is_reduced=True).total_vnd == total


def test_past_its_last_day_a_reduction_is_gone_and_the_full_fee_stands() -> None:
    assert land_registration_fee(1_000_000_000, AFTER_REDUCTIONS, is_reduced=True).total_vnd == 5_000_000


def test_battery_cars_stay_free_across_the_change_of_decrees() -> None:
    for day in ("2026-11-25", "2027-02-28", "2027-03-01", "2030-12-31"):
        assert vehicle_registration_fee(Vehicle.electric_car, 10**9, True, day_of(day)).total_vnd == 0
    assert vehicle_registration_fee(Vehicle.electric_car, 10**9, True, day_of("2031-01-01")).total_vnd is None


def test_a_province_is_only_followed_from_the_day_its_resolution_holds() -> None:
    assert vehicle_registration_fee(Vehicle.car, 100, True, day_of("2026-08-07"), "Hải Phòng").total_vnd == 10
    assert vehicle_registration_fee(Vehicle.car, 100, True, day_of("2026-08-08"), "Hải Phòng").total_vnd == 12


def test_a_price_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="price"):
        land_registration_fee(-1, TODAY)


# ---- what provinces set


def test_a_birth_is_free_within_sixty_days_and_a_weekend_moves_the_last_day() -> None:
    assert birth_deadline(day_of("2026-09-24")) == day_of("2026-11-23")  # a Monday
    assert birth_deadline(day_of("2026-09-25")) == day_of("2026-11-25")  # the 24th is a public holiday
    assert birth_deadline(day_of("2026-09-22")) == day_of("2026-11-23")  # the 21st is a Saturday
    on_time = birth_registration(day_of("2026-09-24"), day_of("2026-11-23"))
    assert on_time.total_vnd == 0 and "60/2014" in on_time.lines[0].source


def test_a_late_birth_costs_what_the_province_says_or_is_not_known() -> None:
    assert birth_registration(day_of("2026-09-24"), TODAY, "Hà Nội").total_vnd == 5_000
    assert birth_registration(day_of("2026-09-24"), TODAY, "Đắk Lắk").total_vnd is None
    assert late_birth_registration(TODAY, "Hà Nội").total_vnd == 5_000
    assert late_birth_registration(TODAY).total_vnd is None


def test_a_birth_cannot_be_registered_before_it() -> None:
    with pytest.raises(ValueError, match="before the birth"):
        birth_registration(TODAY, TODAY - dt.timedelta(days=1))


@given(born_on=st.dates(dt.date(2015, 1, 1), dt.date(2040, 1, 1)))
def test_the_last_day_for_a_birth_is_never_sooner_than_sixty_days(born_on: dt.date) -> None:
    assert 60 <= (birth_deadline(born_on) - born_on).days <= 75


def test_a_household_business_costs_less_online_where_the_province_says_so() -> None:
    assert household_business(Channel.in_person, TODAY, "Hà Nội").total_vnd == 100_000
    assert household_business(Channel.online, TODAY, "Hà Nội").total_vnd == 0
    assert household_business(Channel.online, TODAY).total_vnd is None
    assert household_business(Channel.online, day_of("2026-07-24"), "Hà Nội").total_vnd is None


# ---- days without a figure


@pytest.mark.parametrize(
    "asked",
    [
        lambda: certified_copies(3, 1, LONG_AGO),
        lambda: certified_signatures(1, LONG_AGO),
        lambda: land_registration_fee(10**9, LONG_AGO, is_reduced=True),
        lambda: vehicle_registration_fee(Vehicle.motorcycle, 10**7, True, LONG_AGO, is_reduced=True),
        lambda: household_business(Channel.online, LONG_AGO, "Hà Nội"),
    ],
)
def test_a_day_without_a_figure_has_no_total(asked: Any) -> None:
    answer: CostSum = asked()
    assert answer.total_vnd is None
    assert [line.source for line in answer.lines] == [None]


def test_an_empty_sum_is_not_free() -> None:
    assert CostSum(()).total_vnd is None
    assert CostSum((CostLine("a", 5), CostLine("b", None))).total_vnd is None


# ---- the figures themselves


def test_every_figure_has_its_source_and_no_two_hold_for_the_same_on_one_day() -> None:
    figures = tariffs()
    for one in figures:
        assert one.source
        later = [
            other for other in figures if (other.name, other.province) == (one.name, one.province) and other != one
        ]
        assert not any(other.is_valid_on(one.valid_from) for other in later), one.name


def test_a_reduction_is_five_base_salaries_of_2026() -> None:
    assert tariff_on(TODAY, "reduction_most_base_salaries").amount_vnd == 5 * 2_530_000


def test_a_province_wins_over_the_country_but_not_over_another_province() -> None:
    def rate(**parts: Any) -> Tariff:
        given = {
            "name": "kite",
            "percent": Decimal(1),
            "valid_from": TODAY,
            "evidence": "text",
            "source": "Luật",
            "checked_on": TODAY,
        }
        return Tariff.model_validate({**given, **parts})

    among = [rate(), rate(province="Hà Nội", percent=Decimal(2))]
    assert tariff_on(TODAY, "kite", "Hà Nội", among).percent == 2
    assert tariff_on(TODAY, "kite", "Huế", among).percent == 1
    assert tariff_on(TODAY, "kite", None, among[1:]) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_vnd": 1, "percent": "1"},
        {},
        {"amount_vnd": -1},
        {"amount_vnd": 1, "valid_to": "2019-01-01"},
        {"amount_vnd": 1, "evidence": "hearsay"},
    ],
)
def test_a_figure_written_wrongly_is_refused(wrong: dict[str, Any]) -> None:
    given = {"name": "kite", "valid_from": "2020-01-01", "evidence": "text"}
    given |= {"source": "Luật", "checked_on": TODAY}
    with pytest.raises(ValidationError):
        Tariff.model_validate({**given, **wrong})


# ---- the rows of a record

REDUCED = Cost(
    amount_vnd=0, channel="online", identity_level=2, case="VNeID mức 2", valid_from="2026-08-15",
    valid_to="2027-02-28", source="Thông tư 117/2026/TT-BTC",
)  # fmt: skip
RESIDENCE = record(
    costs=(Cost(amount_vnd=10_000, channel="online"), Cost(amount_vnd=20_000, channel="in_person"), REDUCED)
)


def amounts(lines: tuple[CostLine, ...]) -> list[int | None]:
    return [line.amount_vnd for line in lines]


@pytest.mark.parametrize(
    ("channel", "level", "day", "expected"),
    [
        (Channel.online, None, TODAY, [10_000]),
        (Channel.online, 1, TODAY, [10_000]),
        (Channel.online, 2, TODAY, [0]),
        (Channel.online, 2, AFTER_REDUCTIONS, [10_000]),
        (Channel.in_person, 2, TODAY, [20_000]),
        (Channel.any, None, TODAY, [10_000, 20_000]),
        (Channel.postal, None, TODAY, [None]),
    ],
)
def test_a_record_asks_by_channel_identity_and_day(
    channel: Channel, level: int | None, day: dt.date, expected: list[int | None]
) -> None:
    assert amounts(cost_of(RESIDENCE, day, channel=channel, identity_level=level)) == expected


def test_a_line_of_a_record_keeps_its_source_and_last_day() -> None:
    [line] = cost_of(RESIDENCE, TODAY, channel=Channel.online, identity_level=2)
    assert (line.source, line.valid_to) == ("Thông tư 117/2026/TT-BTC", day_of("2027-02-28"))


def test_a_province_has_its_own_row() -> None:
    ours = record(costs=(Cost(note="do tỉnh quyết định"), Cost(amount_vnd=5_000, province="Hà Nội")))
    assert amounts(cost_of(ours, TODAY, province="Hà Nội")) == [5_000]
    assert amounts(cost_of(ours, TODAY, province="Huế")) == [None]


def test_the_case_chooses_among_rows() -> None:
    ours = record(costs=(Cost(amount_vnd=0, case="đúng hạn"), Cost(amount_vnd=5_000, case="trễ hạn")))
    assert amounts(cost_of(ours, TODAY, case="trễ hạn")) == [5_000]
    assert amounts(cost_of(ours, TODAY)) == [0, 5_000]


def test_a_charge_is_not_replaced_by_a_reduced_fee() -> None:
    ours = record(costs=(Cost(kind="charge", amount_vnd=8_000), Cost(amount_vnd=20_000), REDUCED))
    assert amounts(cost_of(ours, TODAY, channel=Channel.online, identity_level=2)) == [8_000, 0]


@pytest.mark.parametrize(
    "costs",
    [(), (Cost(amount_vnd=8_000, valid_to="2026-11-24"),), (Cost(amount_vnd=0, is_doubtful=True),)],
)
def test_a_record_without_a_figure_today_says_so(costs: tuple[Cost, ...]) -> None:
    assert amounts(cost_of(record(costs=costs), TODAY)) == [None]


def test_a_record_known_by_name_only_tells_no_figure() -> None:
    assert amounts(cost_of(record(is_partial=True), TODAY)) == [None]
