"""The desk's pages: templates of our own, rendered here, allowed to load nothing from anywhere else."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse

from bot.wording import say, sentences
from knowledge.working_days import VIETNAM

HERE = Path(__file__).parent
TEMPLATES, STATIC = HERE / "templates", HERE / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "span": span, "money": money}
    made.globals |= {"told": told, "facet": lambda one: say(f"facet.{one}")}
    return made


def render(name: str, **content: Any) -> str:
    return environment().get_template(name).render(content)


def page(name: str, status: int = 200, **content: Any) -> HTMLResponse:
    return HTMLResponse(render(name, **content), status, headers=HEADERS)


def told(key: str) -> str:
    """A sentence of the desk by its name; empty for a name we never wrote (an address may carry anything)."""
    return say(f"desk.{key}") if f"desk.{key}" in sentences() else ""


def moment(at: dt.datetime | None) -> str:
    return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y") if at else ""


def span(seconds: float) -> str:
    """How long something has waited, in the largest unit that says enough."""
    minutes = int(max(seconds, 0) // 60)
    if minutes < 60:
        return say("desk.minutes", count=minutes) if minutes else say("desk.moment")
    hours, rest = divmod(minutes, 60)
    return say("desk.hours", hours=hours, minutes=rest) if hours < 24 else say("desk.days", count=hours // 24)


def money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")
