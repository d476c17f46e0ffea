"""Helper mode with a citizen who has no chat: a code to their telephone, then a link to the page with their dossier."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.assisting import codes
from bot.assisting.links import Links
from bot.assisting.sends import UNREACHABLE, Begun, Kind, Limit, Sends
from bot.assisting.session import Session
from bot.channels.zalo_phone import Became, ZaloPhone, is_mobile
from bot.handoff.people import Helper
from bot.linking.phones import plain
from bot.services import Services
from bot.stories.assisting import Assisting
from bot.wording import say

CODE, PAGE = "assist_code", "assist_page"  # of zalo_phone_templates.yml
SWITCHES = ("channel:zalo", "channel:web")  # what it goes through, and where the citizen reads

FindByPhone = Callable[[str], Awaitable[Helper | None]]


class ByPhone:
    """What is answered are names of sentences, under `assisting.phone.note.`."""

    def __init__(
        self, services: Services, assisting: Assisting, zalo: ZaloPhone | None, base: str, find: FindByPhone
    ) -> None:
        self._services, self._assisting, self._zalo, self._find = services, assisting, zalo, find
        self._is_set = zalo is not None and zalo.has(CODE, PAGE) and bool(base)
        self._sends, self.links = Sends(services.store), Links(services.store)

    @property
    def figures(self) -> dict[str, int]:
        """For sentences."""
        return {"seconds": self._sends.limits.phone_wait_seconds, "minutes": self._sends.limits.code_minutes}

    async def is_open(self) -> bool:
        """Whether it is offered: set up by the operator, and nothing it needs is switched off."""
        reasons = [await self._services.switches.reason_off(name) for name in SWITCHES] if self._is_set else [""]
        return all(reason is None for reason in reasons)

    async def send_code(self, session: Session, helper: Helper, typed: str) -> str:
        """A code to what the helper typed; blank: to the same number again."""
        if not await self.is_open():
            return "closed"
        is_again = not typed.strip() and session.phone_shown is not None
        number = None if is_again else plain(typed)
        if not is_again and (number is None or not is_mobile(number)):
            return "not_a_number"
        if number and await self._find(number):
            return "of_a_helper"  # their own, too: who helps cannot agree in the citizen's place
        begun = await self._sends.begin_code(session, number)
        if isinstance(begun, Limit):
            return f"limit_{begun}"
        what = await self._assisting.what(session.procedure_code) or session.procedure_code
        who = say("assisting.phone.who", helper=helper.shown_name, what=what)
        became = await self._send(begun, CODE, {"ma": codes.shown(begun.code), "lam_giup": who})
        return "code_sent" if became is Became.sent else _told(became)

    async def send_page(self, session: Session, helper: Helper) -> str:
        """The link to the citizen's own page, to the number that agreed."""
        begun = await self._sends.begin_page(session) if await self.is_open() else Limit.over
        if isinstance(begun, Limit):
            return "limit_soon" if begun is Limit.soon else "page_failed"
        what = await self._assisting.what(session.procedure_code) or session.procedure_code
        token = await self.links.make(session)
        values = {"nguoi_giup": helper.shown_name, "viec": what, "duong_dan": token}
        became = await self._send(begun, PAGE, values)
        return {Became.sent: "page_sent", Became.unknown: "unknown"}.get(became, "page_failed")

    async def has_page(self, session: Session) -> str:
        """Where the citizen's link is: not_sent, sent, arrived, opened."""
        if await self.links.is_opened(session.id):
            return "opened"
        return await self._sends.how_far(session.id, Kind.page)

    async def has_code(self, session: Session) -> str:
        """Whether the telephone has said that the code is there."""
        return await self._sends.how_far(session.id, Kind.code)

    async def _send(self, begun: Begun, name: str, values: dict[str, str]) -> Became:
        """What is not noted because we were cut off stays as being sent: it counts, and may have arrived."""
        assert self._zalo is not None
        became = await self._zalo.send(begun.phone, name, values, begun.send_id)
        await self._sends.became(begun, became)
        return became


def _told(became: Became) -> str:
    """A helper hears no more than what to do: why a number receives nothing is its owner's own matter."""
    if became in UNREACHABLE:
        return "unreachable"
    return "unknown" if became is Became.unknown else "later" if became in (Became.busy, Became.night) else "broken"
