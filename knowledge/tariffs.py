"""Dated figures of law: what holds on a day and where, with its legal source and how we know it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import Field, TypeAdapter, model_validator

from knowledge.schema import Strict, Text

_KINDS_OF_PROVINCE = ("Thành phố ", "Tỉnh ")


class Tariff(Strict):
    """One figure of law and the days on which it holds."""

    name: Text
    amount_vnd: int | None = Field(default=None, ge=0)
    percent: Decimal | None = Field(default=None, ge=0)
    province: Text | None = None
    valid_from: dt.date
    valid_to: dt.date | None = None
    evidence: Literal["text", "checked", "secondary"]  # the legal text was read, an official page, the press
    source: Text
    checked_on: dt.date

    @model_validator(mode="after")
    def _is_one_figure(self) -> Tariff:
        if (self.amount_vnd is None) == (self.percent is None):
            raise ValueError("needs either amount_vnd or percent")
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self

    def is_valid_on(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@lru_cache(maxsize=1)
def tariffs() -> tuple[Tariff, ...]:
    """All figures of `tariffs.yml`, strictly read once."""
    data = yaml.safe_load(resources.files("knowledge").joinpath("tariffs.yml").read_text("utf-8"))
    return read_tariffs(data)


def read_tariffs(data: dict[str, Any]) -> tuple[Tariff, ...]:
    """The figures of a file; `checked_on` is one day for all. Raises pydantic's ValidationError."""
    figures = [{"checked_on": data["checked_on"], **figure} for figure in data["figures"]]
    return TypeAdapter(tuple[Tariff, ...]).validate_python(figures)


def tariff_on(
    day: dt.date, name: str, province: str | None = None, among: Iterable[Tariff] | None = None
) -> Tariff | None:
    """The figure `name` that holds on `day`: the province's own before the national one."""
    held = [one for one in among or tariffs() if one.name == name and one.is_valid_on(day)]
    own = [one for one in held if one.province and is_same_province(one.province, province)]
    return next(iter(own or [one for one in held if one.province is None]), None)


def is_same_province(one: str, other: str | None) -> bool:
    """'Thành phố Hà Nội' is 'Hà Nội'."""
    return other is not None and _bare(one) == _bare(other)


def _bare(province: str) -> str:
    for kind in _KINDS_OF_PROVINCE:
        province = province.removeprefix(kind)
    return province
