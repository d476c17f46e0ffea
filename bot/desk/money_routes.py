"""Money at the desk: whatever waits for a person, by what is to be done, and the form that does it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import RedirectResponse, Response
from pydantic import AfterValidator

from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn
from bot.desk.parts import DeskParts, noted
from bot.desk.role_routes import Treasuring, refuse
from bot.payment.awaiting import MOST, Row
from bot.payment.decisions import REASONS
from bot.payment.refunds import NotAllowed, OwnCase
from bot.payment.settling import RULES
from bot.payment.words import MOST_CHARS
from bot.stories.areas import is_of
from bot.wording import say, sentences

MONEY = "/desk/tien"
OTHERWISE = {
    OwnCase: ("denied", "money_own"),  # before what it is a kind of
    NotAllowed: ("failed", "money_late"),
    ValueError: ("failed", "money_words"),
}

router = APIRouter(prefix=MONEY, include_in_schema=False)


Whole = AfterValidator(lambda text: text.replace("\x00", ""))  # what no database takes
Text = Annotated[str, Form(max_length=8_000), Whole]  # longer than anybody writes; too long is told on the page
Case = Annotated[str, Whole]
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("")
async def money(who: Treasuring, desk: Desk, tin: str = "") -> Response:
    """Every group with its count, the oldest first: of one's own province, and what no province is known of."""
    groups, provinces = await _of_area(desk, who, await desk.money.waiting())
    rows = [one for kind in groups.values() for one in kind]
    names = await _names(desk, rows)
    told = {"names": names, "providers": _told("payment.provider.", rows, "provider")}
    told["states"] = _told("payment.status.", rows, "state")
    told["is_placed"] = {one.filed_under: bool(provinces[one.filed_under]) for one in rows}
    content = who.shown(groups=groups, reasons=REASONS, most=MOST, most_chars=MOST_CHARS, **told)
    return pages.page("money.html", **{**content, "note": pages.told(tin)})


@router.post("/hoi-lai")
async def ask_again(who: Treasuring, desk: Desk, payment: Text = "") -> Response:
    """The provider is asked at once; what it says is told on top of the page."""
    await _in_area(desk, who, "payment", payment[:12])
    said = await desk.money.ask_again(payment[:12])
    await desk.audit.note(who.helper.id, "money_ask", payment, "failed" if said in ("rested", "silent") else "done")
    return _back(f"money_said_{said}")


@router.post("/thong-bao/{notice_id}")
async def resolve(notice_id: Number, who: Treasuring, desk: Desk, why: Text = "") -> Response:
    """A person has seen to a notice."""
    await _in_area(desk, who, "notice", str(notice_id))
    step = desk.money.resolve(notice_id, who.helper.id, why)
    return await _done(desk, who, "resolve", str(notice_id), step, "resolved")


@router.post("/lan-tra")
async def close_attempt(
    who: Treasuring, desk: Desk, provider: Text = "", reference: Text = "", why: Text = ""
) -> Response:
    """No money came for an attempt that its provider never told about."""
    await _in_area(desk, who, "attempt", reference[:80], provider[:16])
    step = desk.money.close_attempt(provider[:16], reference[:80], who.helper.id, why)
    return await _done(desk, who, "money_none", reference, step, "resolved")


@router.post("/hoan")
async def request(who: Treasuring, desk: Desk, payment: Text = "", reason: Text = "", why: Text = "") -> Response:
    """What was credited shall go back."""
    reference = payment.strip().upper()[:12]
    await _in_area(desk, who, "payment", reference)
    step = desk.money.request(reference, reason, who.helper.id, why)
    return await _done(desk, who, "ask_back", reference, step, "money_asked")


@router.post("/{refund_id}/de-nghi")
async def ask_back(refund_id: Case, who: Treasuring, desk: Desk, why: Text = "") -> Response:
    """What is held apart shall go back."""
    await _in_area(desk, who, "refund", refund_id[:32])
    step = desk.money.ask_back(refund_id[:32], who.helper.id, why)
    return await _done(desk, who, "ask_back", refund_id, step, "money_asked")


@router.post("/{refund_id}/duyet")
async def approve(refund_id: Case, who: Treasuring, desk: Desk) -> Response:
    """By another person than the one who asked."""
    await _in_area(desk, who, "refund", refund_id[:32])
    step = desk.money.approve(refund_id[:32], who.helper.id)
    return await _done(desk, who, "approve", refund_id, step, "approved")


@router.post("/{refund_id}/tu-choi")
async def turn_down(refund_id: Case, who: Treasuring, desk: Desk, why: Text = "") -> Response:
    """The same, who says no."""
    await _in_area(desk, who, "refund", refund_id[:32])
    step = desk.money.refuse(refund_id[:32], who.helper.id, why)
    return await _done(desk, who, "refuse", refund_id, step, "money_refused")


@router.post("/{refund_id}/da-hoan")
async def confirm(refund_id: Case, who: Treasuring, desk: Desk, number: Text = "") -> Response:
    """The money has gone back, by the bank's own number."""
    await _in_area(desk, who, "refund", refund_id[:32])
    step = desk.money.confirm(refund_id[:32], who.helper.id, number)
    return await _done(desk, who, "confirm", refund_id, step, "confirmed")


async def _in_area(desk: DeskParts, who: SignedIn, kind: str, key: str, provider: str = "") -> None:
    """Another province's money is refused and noted."""
    dossier = await desk.money.dossier_of(kind, key, provider)
    if not is_of(who.helper, (await desk.areas.of_dossiers([dossier]))[dossier]):
        await refuse(desk, who, "money", key)


async def _of_area(
    desk: DeskParts, who: SignedIn, groups: dict[str, list[Row]]
) -> tuple[dict[str, list[Row]], dict[str, str]]:
    provinces = await desk.areas.of_dossiers({one.filed_under for rows in groups.values() for one in rows})
    mine = {
        kind: [one for one in rows if is_of(who.helper, provinces[one.filed_under])][:MOST]
        for kind, rows in groups.items()
    }
    return mine, provinces


async def _done(desk: DeskParts, who: SignedIn, act: str, subject: str, step: Awaitable[object], told: str) -> Response:
    return _back(await noted(desk, who.helper.id, act, subject, step, told, OTHERWISE))


def _back(told: str) -> Response:
    return RedirectResponse(f"{MONEY}?tin={told}", 303)


def _told(family: str, rows: list[Row], field: str) -> dict[str, str]:
    """What each is called; a name without words is shown as it is."""
    found = {getattr(one, field) for one in rows}
    return {one: say(f"{family}{one}") if f"{family}{one}" in sentences() else one for one in found}


async def _names(desk: DeskParts, rows: list[Row]) -> dict[str, str]:
    """Of those who asked or wrote; who is not of the desk (the operator) is called as they called themselves."""
    ids = {one.asked_by for one in rows} | {one.told_by for one in rows}
    helpers = {one: await desk.directory.helper(one) for one in ids - {"", RULES}}
    return {one: helper.name if helper else one for one, helper in helpers.items()}
