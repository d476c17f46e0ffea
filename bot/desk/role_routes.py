"""The doors of the desk that open by role: who may pass each of them; everybody else is refused, and it is noted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, NoReturn

from fastapi import Depends

from bot.desk.doors_routes import Desk, SignedIn, Who
from bot.desk.parts import Denied, DeskParts
from bot.handoff.people import Helper, Role


def only(act: str, may: Callable[[Helper], bool]) -> Callable[..., Awaitable[SignedIn]]:
    """Refused, it is noted as `act`."""

    async def door(who: Who, desk: Desk) -> SignedIn:
        if not may(who.helper):
            await refuse(desk, who, act)
        return who

    door.__name__ = f"only_{act}"
    return door


async def refuse(desk: DeskParts, who: SignedIn, act: str, subject: str = "") -> NoReturn:
    """A line of the audit, and 403."""
    await desk.audit.note(who.helper.id, act, subject, "denied")
    raise Denied


def _is_of_province(helper: Helper) -> bool:
    return helper.role is Role.province_admin


Answering = Annotated[SignedIn, Depends(only("petitions", lambda helper: helper.answers_petitions))]
Broadcasting = Annotated[SignedIn, Depends(only("broadcasts", _is_of_province))]
Leading = Annotated[SignedIn, Depends(only("figures", lambda helper: helper.sees_figures))]
Running = Annotated[SignedIn, Depends(only("letters", _is_of_province))]
# What the assistant knows is the same for every ward, so it is the province that changes it.
Knowing = Annotated[SignedIn, Depends(only("questions", _is_of_province))]
Treasuring = Annotated[SignedIn, Depends(only("money", lambda helper: helper.handles_money))]
