"""Questions that are sums: 'chứng thực 5 trang hết bao nhiêu', 'mua xe máy 30 triệu đóng trước bạ bao nhiêu'.

Pure: the message, who asks and what is known go in; a whole outcome comes out, or None when it is no sum that we can
do. The law's figures and sums are `knowledge/costs.py`; here they are only read from the message and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources

import yaml

from bot.channels.reply import Outcome, Reply, SourceLink, Turn
from bot.dialogue.amounts import amounts_vnd, count_before
from bot.dialogue.asker import Asker
from bot.dialogue.facts import facet_buttons, helper_button
from bot.dialogue.plain import day, money
from bot.wording import say
from knowledge import costs
from knowledge.costs import CostLine, CostSum, Vehicle
from knowledge.schema import Channel, Facet, Procedure
from knowledge.tariffs import is_same_province, tariff_on
from knowledge.text import clean, expand, fold

COPY, BIRTH, BUSINESS = "2.000815", "1.001193", "1.001612"
LAND_FEE, VEHICLE_FEE = "1.007277", "1.007700"
MOST_PAGES = 5_000  # beyond it the figure counts something else


@dataclass(frozen=True)
class Question:
    """One message and the words of `calculations.yml` that it holds."""

    text: str
    asker: Asker

    @cached_property
    def _forms(self) -> tuple[str, str]:
        written = f" {expand(clean(self.text))} "
        return written, fold(written)

    def says(self, group: str) -> bool:
        return any(self._holds(cue) for cue in _cues()[group])

    def _holds(self, cue: str) -> bool:
        """A single syllable is compared with its marks, if the message has any: 'nhà' is not 'nha'."""
        written, folded = self._forms
        if " " in cue or written.isascii():
            return f" {_folded_cue(cue)} " in folded
        return f" {cue} " in written


@dataclass(frozen=True)
class Told:
    """What a calculation says: its sentences, the lines they rest on, and the procedure it belongs to."""

    sentences: tuple[str, ...]
    lines: tuple[CostLine, ...]
    code: str


def calculate(text: str, asker: Asker, catalogue: Mapping[str, Procedure]) -> Outcome | None:
    """The sum asked for, with its legal source; None: the message asks for none, the usual answer is better.

    `asker.province` should be the one named in the message, if it names one.
    """
    question = Question(text, asker)
    if question.says("asks_else"):
        return None
    told = next(filter(None, (reads(question) for reads in _READERS)), None)
    return _outcome(told, catalogue) if told else None


# ---- certified copies


def _copies(question: Question) -> Told | None:
    if not (question.says("certified_copy") and question.says("asks_cost")) or question.says("not_copy"):
        return None
    sheets = count_before(question.text, _cues()["sheets"])
    pages = count_before(question.text, _cues()["pages"]) or sheets
    if pages is None or pages > MOST_PAGES:
        return None
    copies = count_before(question.text, _cues()["copies"]) or 1
    told = costs.certified_copies(pages, copies, question.asker.today)
    if told.total_vnd is None:
        return _unknown(told, COPY)
    said = [say("calculation.certified_copy", copies=copies, pages=pages, total=money(told.total_vnd))]
    said += [say("calculation.certified_copy_each", each=money(told.lines[0].unit_vnd))] if copies > 1 else []
    said += [say("calculation.certified_copy_rule", **_copy_rates(question))]
    said += [say("calculation.sheets" if sheets == pages else "calculation.separate_papers")] if pages > 1 else []
    return Told(tuple(said), told.lines, COPY)


def _copy_rates(question: Question) -> dict[str, str]:
    parts = ("first_pages", "further_pages", "most")
    return {part: money(tariff_on(question.asker.today, f"certified_copy_{part}").amount_vnd) for part in parts}


# ---- registration fee


def _registration(question: Question) -> Told | None:
    if not question.says("registration") or question.says("not_registration"):
        return None
    vehicle, price = _vehicle(question), max(amounts_vnd(question.text), default=None)
    if price is None and not question.says("asks_rate"):
        return None
    if vehicle:
        return _vehicle_fee(question, vehicle, price)
    is_land = question.says("land") and not question.says("other_vehicle")
    return _land_fee(question, price) if is_land else None


def _vehicle(question: Question) -> Vehicle | None:
    if question.says("motorcycle"):
        return Vehicle.motorcycle
    if question.says("electric_car") or (question.says("car") and question.says("electric")):
        return Vehicle.electric_car
    return Vehicle.car if question.says("car") and not question.says("other_vehicle") else None


def _vehicle_fee(question: Question, vehicle: Vehicle, price: int | None) -> Told:
    if price is None:
        return _vehicle_rates(question, vehicle)
    asker, is_first = question.asker, not question.says("used")
    told = costs.vehicle_registration_fee(vehicle, price, is_first, asker.today, asker.province)
    if told.total_vnd is None:
        return _unknown(told, VEHICLE_FEE)
    said = [
        say(f"calculation.{'first' if is_first else 'next'}.{vehicle}", total=money(told.total_vnd)),
        *_rate_and_end(told.lines[0], price),
        *_province_may_raise(question, vehicle, is_first),
        say("calculation.price_list" if is_first else "calculation.price_used"),
    ]
    reduced = costs.vehicle_registration_fee(vehicle, price, is_first, asker.today, asker.province, is_reduced=True)
    return Told((*said, *_reduction(reduced)), reduced.lines, VEHICLE_FEE)


def _vehicle_rates(question: Question, vehicle: Vehicle) -> Told:
    """No price was told: the rates, and how to ask for the sum."""
    first, later = (
        costs.vehicle_registration_fee(vehicle, 0, is_first, question.asker.today, question.asker.province).lines[0]
        for is_first in (True, False)
    )
    if first.percent is None or later.percent is None:
        return _unknown(CostSum((first, later)), VEHICLE_FEE)
    said = (
        say(f"calculation.rate_only.{vehicle}", first=_percent(first), next=_percent(later)),
        *_province_may_raise(question, vehicle, is_first=True),
        say("calculation.tell_price", example=say(f"calculation.example.{vehicle}")),
    )
    return Told(said, (first, later), VEHICLE_FEE)


def _land_fee(question: Question, price: int | None) -> Told:
    told = costs.land_registration_fee(price or 0, question.asker.today)
    if told.total_vnd is None:
        return _unknown(told, LAND_FEE)
    if price is None:
        rate = say("calculation.rate_only.land", first=_percent(told.lines[0]))
        ask = say("calculation.tell_price", example=say("calculation.example.land"))
        return Told((rate, say("calculation.land_may_be_free"), ask), told.lines, LAND_FEE)
    reduced = costs.land_registration_fee(price, question.asker.today, is_reduced=True)
    said = (
        say("calculation.land", total=money(told.total_vnd)),
        *_rate_and_end(told.lines[0], price),
        say("calculation.price_land"),
        say("calculation.land_may_be_free"),
        *_reduction(reduced),
    )
    return Told(said, reduced.lines, LAND_FEE)


def _rate_and_end(line: CostLine, price: int) -> list[str]:
    is_capped = line.amount_vnd < int(price * line.percent / 100)
    said = [
        say("calculation.rate", percent=_percent(line), price=money(price)),
        say("calculation.at_most", most=money(line.amount_vnd)) if is_capped else None,
        say("calculation.until", day=day(line.valid_to)) if line.valid_to else None,
    ]
    return list(filter(None, said))


def _reduction(reduced: CostSum) -> list[str]:
    return [
        say("calculation.reduced", less=money(-line.amount_vnd), day=day(line.valid_to))
        for line in reduced.lines[1:]
        if line.amount_vnd
    ]


def _province_may_raise(question: Question, vehicle: Vehicle, is_first: bool) -> list[str]:
    """The national rate of a car was told; a province whose own rate we do not know may ask for more."""
    if vehicle is not Vehicle.car or not is_first:
        return []
    used = tariff_on(question.asker.today, "registration_car_first", question.asker.province)
    most = tariff_on(question.asker.today, "registration_car_first_most")
    is_own = used and used.province and is_same_province(used.province, question.asker.province)
    return [] if is_own or not most else [say("calculation.province_may_raise", most=_percent(most))]


def _percent(line: CostLine | costs.Tariff) -> str:
    return f"{line.percent.normalize():f}".replace(".", ",")


# ---- what provinces set; told only where the province's own figure is known


def _late_birth(question: Question) -> Told | None:
    if not all(map(question.says, ("birth", "late", "asks_cost"))) or question.says("not_birth"):
        return None
    province = question.asker.province
    told = costs.late_birth_registration(question.asker.today, province)
    if told.total_vnd is None:
        return None
    return Told((say("calculation.birth_late", province=province, total=money(told.total_vnd)),), told.lines, BIRTH)


def _business(question: Question) -> Told | None:
    if not all(map(question.says, ("household_business", "opens", "asks_cost"))) or question.says("not_opening"):
        return None
    province, today = question.asker.province, question.asker.today
    paper, online = (costs.household_business(via, today, province) for via in (Channel.in_person, Channel.online))
    if paper.total_vnd is None or online.total_vnd is None:
        return None
    said = say(
        "calculation.household_business",
        province=province,
        paper=money(paper.total_vnd),
        online=money(online.total_vnd),
    )
    return Told((said,), (*paper.lines, *online.lines), BUSINESS)


_READERS: tuple[Callable[[Question], Told | None], ...] = (_registration, _copies, _late_birth, _business)


# ---- telling


def _unknown(told: CostSum, code: str) -> Told:
    return Told((say("calculation.not_known"),), told.lines, code)


def _outcome(told: Told, catalogue: Mapping[str, Procedure]) -> Outcome:
    procedure = catalogue.get(told.code)
    buttons = facet_buttons(procedure, without=(Facet.cost,)) if procedure else (helper_button(),)
    doubt = [] if all(line.is_certain for line in told.lines) else [say("calculation.second_hand")]
    text = "\n".join([*told.sentences, *doubt, *_sources(told.lines)])
    turn = Turn(
        kind="answer",
        procedure_code=told.code if procedure else None,
        facet=Facet.cost,
        facets=(Facet.cost,),
        sources=tuple(_links(told.lines)),
    )
    return Outcome(replies=(Reply(text=text, buttons=buttons),), turn=turn)


def _sources(lines: Iterable[CostLine]) -> list[str]:
    told = (
        say("source.line", title=line.source, decision="", day=day(line.checked_on)) for line in lines if line.source
    )
    return list(dict.fromkeys(told))


def _links(lines: Iterable[CostLine]) -> dict[SourceLink, None]:
    return dict.fromkeys(
        SourceLink(title=line.source, checked_on=line.checked_on.isoformat()) for line in lines if line.source
    )


# ---- words


@lru_cache(maxsize=1)
def _cues() -> dict[str, tuple[str, ...]]:
    data = yaml.safe_load(resources.files("bot.dialogue").joinpath("calculations.yml").read_text("utf-8"))
    return {group: tuple(map(str, cues)) for group, cues in data.items()}


_folded_cue = lru_cache(maxsize=None)(fold)  # cues only: what citizens write is not kept
