"""A helper's corner for Telegram: their own chat and their team's group, connected by a code, let go again."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from bot.desk import pages
from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.desk.parts import Denied
from bot.handoff.people import Role
from bot.stories.helper_chat import new_code, shown

PAGE = "/desk/telegram"

router = APIRouter(prefix=PAGE, include_in_schema=False)


async def helper_chats(request: Request) -> Any:
    """None where Telegram is off."""
    return request.app.state.helper_chats


Chats = Annotated[Any, Depends(helper_chats)]
ForGroup = Annotated[bool, Form()]


@router.get("")
async def telegram_page(who: Who, chats: Chats, tin: str = "") -> Response:
    """For whoever is signed in."""
    return await _page(who, chats, pages.told(tin))


@router.post("/ma")
async def give_code(who: Who, desk: Desk, chats: Chats, for_group: ForGroup = False) -> Response:
    """Shown once, to whoever is signed in; a group's only to those who answer for the team."""
    if for_group and who.helper.role is Role.helper:
        await desk.audit.note(who.helper.id, "chat_code", who.helper.team.id, "denied")
        raise Denied
    if chats is None:
        return RedirectResponse(PAGE, 303)
    code = new_code()
    await chats.issue(who.helper, code, for_group)
    await desk.audit.note(who.helper.id, "chat_code", who.helper.team.id if for_group else "")
    return await _page(who, chats, "", code=shown(code), for_group=for_group)


@router.post("/ngat")
async def let_go(who: Who, desk: Desk, chats: Chats, for_group: ForGroup = False) -> Response:
    """One's own chat, or the team's group for those who answer for the team."""
    if for_group and who.helper.role is Role.helper:
        await desk.audit.note(who.helper.id, "chat_disconnect", who.helper.team.id, "denied")
        raise Denied
    chat = await _chat(who, chats, for_group)
    if chat is None:
        return RedirectResponse(PAGE, 303)
    await chats.disconnect(chat)
    await desk.audit.note(who.helper.id, "chat_disconnect", chat.team_id or "")
    return RedirectResponse(f"{PAGE}?tin=chat_gone", 303)


async def _chat(who: SignedIn, chats: Any, for_group: bool) -> Any:
    if chats is None:
        return None
    return await (chats.of_team(who.helper.team.id) if for_group else chats.of_helper(who.helper.id))


async def _page(who: SignedIn, chats: Any, note: str, code: str = "", for_group: bool = False) -> Response:
    content = who.shown(
        is_on=chats is not None,
        own=await _chat(who, chats, False),
        group=await _chat(who, chats, True),
        leads=who.helper.role is not Role.helper,
        code=code,
        for_group=for_group,
    )
    return pages.page("telegram.html", **{**content, "note": note})
