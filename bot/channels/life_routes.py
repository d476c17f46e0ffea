"""The printable pages of life events and guides: made on the server, read without scripts, for everyone."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, TypeVar

import jinja2
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from bot.channels.routes import Parts, open_to_all
from bot.dialogue.life_telling import EVENTS_PATH, GUIDES_PATH, Door, Told, as_list, deadline_text
from bot.dialogue.plain import capitalised, day
from bot.dialogue.sections import portal_url
from bot.page_headers import page_headers
from bot.problems import Problem
from bot.services import Services
from bot.wording import say
from knowledge.advice import Advice
from knowledge.guides import Guide
from knowledge.life_events import LifeEvent
from knowledge.text import fold
from knowledge.working_days import VIETNAM

Topic = TypeVar("Topic", LifeEvent, Guide)
OLDEST_YEARS, FARTHEST_YEARS = 130, 5

router = APIRouter(include_in_schema=False)


async def _advice(request: Request) -> Advice:
    return request.app.state.advice


Book = Annotated[Advice, Depends(_advice)]


@router.get(EVENTS_PATH, dependencies=[Depends(open_to_all)])
def events(advice: Book) -> HTMLResponse:
    """Open to all: every life event."""
    return _page("events.html", say("life_page.events"), events=_by_title(advice.events.values()))


@router.get(f"{EVENTS_PATH}/{{event_id}}", dependencies=[Depends(open_to_all)])
def event(advice: Book, parts: Parts, event_id: str, ngay: Annotated[str, Query(max_length=40)] = "") -> HTMLResponse:
    """Open to all: the checklist; `ngay` (YYYY-MM-DD) turns its deadlines into dates, anything else is left aside."""
    found = advice.events.get(event_id)
    if found is None:
        raise Problem(404, "not_found")
    told = Told(_today(), _read_day(ngay), parts.library.snapshot.catalogue, Door("", is_web=True))
    return _page(
        "event.html",
        found.title,
        event=found,
        told=told,
        rows=[_row(step, told, parts) for step in found.steps],
        joined=[_joined(found, part) for part in found.together],
        laws=say("life.checked", laws="; ".join(_laws(found)), day=day(found.checked_on)),
        guides=[guide for key in found.guides if (guide := advice.guide(key))],
        hotline=parts.settings.hotline,
    )


@router.get(GUIDES_PATH, dependencies=[Depends(open_to_all)])
def guides(advice: Book) -> HTMLResponse:
    """Open to all: every guide."""
    told = _by_title(found.guide for found in advice.illustrated.values())
    kinds = [(say(f"life_page.{kind}"), [guide for guide in told if guide.kind == kind]) for kind in ("how_to", "scam")]
    return _page("guides.html", say("life_page.guides"), kinds=kinds)


@router.get(f"{GUIDES_PATH}/{{guide_id}}.svg", dependencies=[Depends(open_to_all)])
def picture(advice: Book, guide_id: str) -> Response:
    """Open to all: the picture of a guide."""
    found = advice.illustrated.get(guide_id)
    if found is None:
        raise Problem(404, "not_found")
    policy = "default-src 'none'; sandbox"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(found.svg, media_type="image/svg+xml", headers=headers)


@router.get(f"{GUIDES_PATH}/{{guide_id}}", dependencies=[Depends(open_to_all)])
def guide(advice: Book, parts: Parts, guide_id: str) -> HTMLResponse:
    """Open to all: one guide with its picture."""
    found = advice.guide(guide_id)
    if found is None:
        raise Problem(404, "not_found")
    titles = "; ".join(origin.title for origin in found.sources)
    return _page(
        "guide.html",
        found.title,
        guide=found,
        procedures=[_procedure(code.code, code.title, parts) for code in found.procedures],
        related=[other for key in found.see_also if (other := advice.guide(key))],
        sources=say("life.sources", titles=titles, day=day(found.checked_on)),
        hotline=parts.settings.hotline,
    )


# ---- what the pages show


def _by_title(topics: Iterable[Topic]) -> list[Topic]:
    """As people look a word up: by the alphabet, diacritics aside."""
    return sorted(topics, key=lambda topic: fold(topic.title))


def _row(step: Any, told: Told, parts: Services) -> dict[str, Any]:
    return {
        "title": step.title,
        "only_if": capitalised(step.only_if),
        "words": " ".join(part for part in (step.why, step.when) if part),
        "deadline": capitalised(deadline_text(step.deadline, told)) if step.deadline else None,
        "law": step.deadline.law if step.deadline else None,
        "procedure": _procedure(step.code, step.title, parts) if step.code else None,
    }


def _procedure(code: str, title: str, parts: Services) -> dict[str, str | None]:
    known = parts.library.snapshot.catalogue.get(code)
    return {"code": code, "title": title, "url": portal_url(known) if known else None}


def _joined(found: LifeEvent, part: Any) -> dict[str, str | None]:
    steps = as_list(found.title_of(step_id) for step_id in part.steps)
    return {"title": part.title, "steps": steps, "note": part.note, "code": part.code, "law": part.law}


def _laws(found: LifeEvent) -> list[str]:
    return [
        say("life.laws_of", title=basis.title, number=basis.number) if basis.number else basis.title
        for basis in found.legal_basis
    ]


def _read_day(text: str) -> dt.date | None:
    try:
        told = dt.date.fromisoformat(text.strip())
    except ValueError:
        return None
    years = told.year - _today().year
    return told if -OLDEST_YEARS <= years <= FARTHEST_YEARS else None


def _today() -> dt.date:
    return dt.datetime.now(VIETNAM).date()


# ---- the frame


def _page(template: str, title: str, **values: Any) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    text = _templates().get_template(template).render(
        title=title, nonce=nonce, say=say, day=day, events_path=EVENTS_PATH, guides_path=GUIDES_PATH, **values
    )  # fmt: skip
    allowed = (f"style-src 'nonce-{nonce}'", "img-src 'self'", "form-action 'self'")
    return HTMLResponse(text, headers=page_headers(*allowed, cache="no-cache", is_for_all=True))


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    folder = str(resources.files("bot.channels").joinpath("life_pages"))
    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
