"""A ward with its teams and helpers over a real store, and everything that happens to their cases."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.channels.reply import Reply
from bot.handoff.case import Case, Reason
from bot.handoff.cases import Cases
from bot.handoff.clocks import Clocks, load_clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Helper, Role
from bot.handoff.taking import Place, Taking
from bot.handoff.talking import Talking
from bot.handoff.team_list import Listed, TeamList
from bot.handoff.voice import Voice
from bot.store import Store
from tests.clock import Clock

PROVINCE, WARD = "Tỉnh Đắk Lắk", "Phường Tuy Hòa"
HERE = Place(PROVINCE, WARD)
LAN, HOA, MINH, THU, BA = "0912000001", "0912000002", "0912000003", "0912000004", "0912000005"


def listed(phone: str, name: str, team: str, tier: str = "village", role: Role = Role.helper, **more: str) -> Listed:
    given = {"province": PROVINCE, "ward": WARD, "skills": "", "hours": "", **more}
    return Listed(tier=tier, team=team, role=role, name=name, phone=phone, **given)


PEOPLE = (
    listed(LAN, "Nguyễn Thị Lan", "Tổ 1", role=Role.team_lead),
    listed(HOA, "Trần Văn Hòa", "Tổ 1"),
    listed(MINH, "Lê Minh", "Tổ 2"),
    listed(THU, "Phạm Thu", "Một cửa phường", tier="ward", role=Role.ward_officer),
    listed(BA, "Võ Ba", "Tổng đài tỉnh", tier="province", role=Role.province_admin, ward=""),
)


@dataclass
class World:
    store: Store
    clock: Clock
    clocks: Clocks = field(default_factory=load_clocks)
    announced: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        async def announce(conversation_id: str) -> None:
            self.announced.append(conversation_id)

        self.directory = Directory(self.store, self.clocks)
        self.cases = Cases(self.store)
        voice = Voice(self.store, announce, self.store.ring)
        self.taking = Taking(self.store, self.clocks, voice, self.cases, lambda code: "")
        self.talking = Talking(self.store, self.clocks, voice, self.cases, lambda case: None)

    async def peopled(self, *people: Listed) -> World:
        await self.directory.replace(TeamList(people or PEOPLE, ()))
        return self

    async def helper(self, phone: str, is_there: bool = True) -> Helper:
        found = await self.directory.by_phone(phone)
        assert found is not None
        if is_there:
            await self.directory.seen(found.id)
        return found

    async def opened(self, sender: str = "an", reason: Reason = Reason.asked) -> Case:
        conversation = await self.store.conversation_for("telegram", sender)
        opened = await self.taking.open(conversation.id, reason, HERE, None)
        assert opened is not None
        return opened.case

    async def said(self, case: Case) -> list[Reply]:
        """All that was told in the conversation, in order."""
        lines = await self.store.history(case.conversation_id, limit=500)
        return [Reply.model_validate(reply) for line in lines for reply in line.get("replies", ())]
