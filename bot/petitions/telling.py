"""What is said about a petition: the next question, the review, and how far it is."""

from __future__ import annotations

from datetime import datetime

from bot.channels.reply import Button, Reply
from bot.petitions.petition import PARTS, Content, Petition, Status
from bot.wording import say
from knowledge.working_days import VIETNAM

PREFIX = "pt:"
MOST_SHOWN_CHARS = 600  # of the citizen's own words in a review


def start_button() -> Button:
    return Button(title=say("petition.button.new"), payload="pt:new")


def ask(content: Content, lead: str | None = None) -> Reply:
    """The question for what is missing; everything is told: the review."""
    part = content.missing
    if part is None:
        return review(content, lead)
    key = "petition.ask.place" if part == "address" and content.asks_place else f"petition.ask.{part}"
    text = "\n".join(filter(None, (lead, say(key))))
    return Reply(text=text, buttons=(Button(title=say("petition.button.drop"), payload="pt:drop"),))


def review(content: Content, lead: str | None = None) -> Reply:
    told = say(
        "petition.review",
        name=content.name,
        address=content.address,
        phone=content.phone,
        text=shown(content.text),
        authority=authority_of(content),
    )
    edits = tuple(Button(title=say(f"petition.button.edit_{part}"), payload=f"pt:edit:{part}") for part in PARTS)
    send, drop = (Button(title=say(f"petition.button.{verb}"), payload=f"pt:{verb}") for verb in ("send", "drop"))
    return Reply(text="\n".join(filter(None, (lead, told))), buttons=(send, *edits, drop))


def shown(text: str) -> str:
    return text[:MOST_SHOWN_CHARS] + ("…" if len(text) > MOST_SHOWN_CHARS else "")


def authority_of(content: Content) -> str:
    """Who will most likely deal with it; whoever works on it may forward it elsewhere."""
    if not content.ward:
        return say("petition.authority_unknown")
    return say("petition.authority", ward=content.ward, province=content.province)


def sent(petition: Petition) -> Reply:
    text = say("petition.sent", code=petition.code, due=day(petition.due_at), authority=authority_of(petition.content))
    return Reply(text=text, buttons=(_mine(),))


def state(petition: Petition, now: datetime, hotline: str) -> Reply:
    """How far it is, as the citizen reads it; also the notice of every change."""
    last = next((one for one in reversed(petition.events) if one.kind == _key(petition)), petition.last)
    values = {
        "code": petition.code,
        "day": day(last.at if last else petition.created_at),
        "due": day(petition.due_at) if petition.due_at else "",
        "text": last.text if last else "",
        "authority": last.authority if last else "",
    }
    lines = [say(f"petition.state.{_key(petition)}", **values)]
    if petition.status.is_open and petition.is_late(now):
        lines.append(say("petition.late", hotline=hotline))
    buttons = (Button(title=say("petition.button.more"), payload=f"pt:more:{petition.code}"),)
    return Reply(text="\n".join(lines), buttons=buttons if petition.status is Status.asked else ())


def _key(petition: Petition) -> str:
    """A published answer is told as the answer it is."""
    return "answered" if petition.status is Status.published else str(petition.status)


def _mine() -> Button:
    return Button(title=say("petition.button.mine"), payload="pt:mine")


def day(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%d/%m/%Y")
