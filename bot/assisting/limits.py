"""The figures of helper mode, from `limits.yml`."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    code_minutes: int = Field(ge=1)
    number_tries: int = Field(ge=1)
    consent_hours: int = Field(ge=1)
    most_live: int = Field(ge=1)
    code_tries_per_minute: int = Field(ge=1)
    all_code_tries_per_minute: int = Field(ge=1)
    phone_wait_seconds: int = Field(ge=1)
    phone_codes: int = Field(ge=1)
    phone_pages: int = Field(ge=1)
    phone_number_per_day: int = Field(ge=1)
    phone_helper_per_day: int = Field(ge=1)
    phone_unreachable_per_day: int = Field(ge=1)
    phone_all_per_day: int = Field(ge=1)

    @property
    def code_life(self) -> dt.timedelta:
        return dt.timedelta(minutes=self.code_minutes)

    @property
    def consent_life(self) -> dt.timedelta:
        return dt.timedelta(hours=self.consent_hours)


@lru_cache(maxsize=1)
def limits() -> Limits:
    return Limits.model_validate(yaml.safe_load(resources.files("bot.assisting").joinpath("limits.yml").read_text()))
