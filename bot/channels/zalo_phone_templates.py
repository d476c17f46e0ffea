"""The registered templates of messages to a telephone number, and how they are filled in."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from bot.channels.zalo_templates import shortened


class PhoneTemplate(BaseModel):
    """As it stands in zalo_phone_templates.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    title: str
    text: str
    parameters: dict[str, int]
    button: str = ""
    link: str = ""


@lru_cache(maxsize=1)
def load() -> dict[str, PhoneTemplate]:
    text = resources.files("bot.channels").joinpath("zalo_phone_templates.yml").read_text("utf-8")
    return {name: PhoneTemplate.model_validate(entry) for name, entry in yaml.safe_load(text).items()}


def filled(name: str, values: Mapping[str, str]) -> dict[str, str]:
    """Each parameter within its length; Zalo refuses a longer one whole."""
    composed = {key: " ".join(unicodedata.normalize("NFC", value).split()) for key, value in values.items()}
    return {key: shortened(composed[key], most) for key, most in load()[name].parameters.items()}
