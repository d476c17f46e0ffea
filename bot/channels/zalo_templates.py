"""Which registered template tells a notice to a citizen whom we may not write to freely any more."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from bot.channels.reply import Reply

_DOSSIER = re.compile(
    r"(?<![\w.-])(?:MC-\d{6}-\w{4,10}|(?:\w{3}\.\d\d\.\d\d\.)?[A-Z]\d{1,3}(?:\.\d{1,3})*-\d{6}-\d{3,6})"
)
_SENTENCE_END = re.compile(r"[.!?…](?=\s|$)")


class Template(BaseModel):
    """As it stands in zalo_templates.yml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    text: str
    parameters: dict[str, int]


@dataclass(frozen=True)
class TemplateMessage:
    template_id: str
    data: dict[str, str]


@lru_cache(maxsize=1)
def load() -> dict[str, Template]:
    text = resources.files("bot.channels").joinpath("zalo_templates.yml").read_text("utf-8")
    return {name: Template.model_validate(entry) for name, entry in yaml.safe_load(text).items()}


def fitting(reply: Reply, ids: Mapping[str, str]) -> TemplateMessage | None:
    """The first template that is registered and can be filled from the reply; None when there is none."""
    text = " ".join(unicodedata.normalize("NFC", reply.text).split())
    dossier = _DOSSIER.search(text)
    known = {"noi_dung": text, "ma_ho_so": dossier.group() if dossier else ""}
    for name, template in load().items():
        data = {key: shortened(known[key], most) for key, most in template.parameters.items()}
        if name in ids and all(data.values()):
            return TemplateMessage(ids[name], data)
    return None


def shortened(text: str, most: int) -> str:
    """Whole sentences where they fit, else whole words and "…"."""
    if len(text) <= most:
        return text
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, most)]
    if ends and ends[-1] >= most // 3:
        return text[: ends[-1]]
    return text[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
