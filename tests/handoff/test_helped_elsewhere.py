"""A citizen with two linked channels: a person helps in one, and the other does not talk as if nothing was."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue.context import Context
from bot.handoff.case import Case
from bot.handoff.people import Helper
from bot.linking.links import Links
from bot.stories.helped_elsewhere import HelpedElsewhere
from bot.underway import Heard
from tests.handoff.world import LAN, World

ANSWER = Outcome(replies=(Reply(text="Lệ phí là 0 đồng"),), turn=Turn(kind="answer"))
LOST = Outcome(replies=(Reply(text="Mình chưa hiểu"),), turn=Turn(kind="not_found"))


class Citizen:
    """Helped on Telegram, writing on Zalo."""

    def __init__(self, world: World, case: Case, lan: Helper, here: str) -> None:
        self.world, self.case, self.lan, self.here = world, case, lan, here
        self.story = HelpedElsewhere(world.store, world.cases, world.taking, world.directory)

    async def hears(self, outcome: Outcome, context: Context) -> tuple[list[str], Context]:
        told, after = await self.story.beside(self.here, context, (outcome, context))
        return [reply.text for reply in told.replies], after

    async def presses(self, verb: str) -> str:
        heard = Heard(self.here, b"", dt.date(2026, 1, 5), "zalo", payload=f"kh:{verb}:{self.case.id}")
        (outcome, _) = await self.story.pressed(heard, Context())
        return outcome.replies[0].text


@pytest.fixture
async def citizen(world: World) -> Citizen:
    case, lan = await world.opened(), await world.helper(LAN)
    case = await world.taking.claim(case.id, lan)
    here = await world.store.conversation_for("zalo", "an")
    links = Links(world.store)
    await links.use(await links.issue(case.conversation_id), here.id, Reply(text="đã liên kết"))
    return Citizen(world, case, lan, here.id)


async def test_what_is_not_understood_is_the_persons_and_is_told_once(citizen: Citizen) -> None:
    told, context = await citizen.hears(LOST, Context())
    assert len(told) == 1 and "Nguyễn Thị Lan (Tổ 1) đang giúp bạn trên Telegram" in told[0]
    again, _ = await citizen.hears(LOST, context)
    assert again == ["Mình chưa hiểu"]


async def test_an_answer_stays_below_the_notice(citizen: Citizen) -> None:
    told, _ = await citizen.hears(ANSWER, Context())
    assert len(told) == 2 and told[1] == "Lệ phí là 0 đồng"


async def test_the_talk_goes_on_here_when_the_citizen_wants_it(citizen: Citizen) -> None:
    assert "trả lời bạn ở đây" in await citizen.presses("b")
    moved = await citizen.world.cases.find(citizen.case.id)
    assert (moved.conversation_id, moved.helper_id) == (citizen.here, citizen.lan.id)
    await citizen.world.talking.say(moved, citizen.lan, "m1", (Reply(text="Chào bác"),))
    lines = await citizen.world.store.history(citizen.here)
    assert lines[-1]["replies"][0]["text"] == "Chào bác"
    assert (await citizen.world.talking.citizen_wrote(citizen.here)).id == citizen.case.id
    assert "sang kênh khác" in (await citizen.world.said(citizen.case))[-1].text
    assert "không còn" in await citizen.presses("b"), "a second tap moves nothing"


async def test_it_stays_there_when_they_want_that(citizen: Citizen) -> None:
    assert "trên Telegram" in await citizen.presses("n")
    assert (await citizen.world.cases.find(citizen.case.id)).conversation_id == citizen.case.conversation_id


async def test_asking_for_a_person_here_opens_no_second_case(citizen: Citizen) -> None:
    heard = Heard(citizen.here, b"", dt.date(2026, 1, 5), "zalo", text="gặp người")
    outcome, _ = await citizen.story.instead_of_another(heard, (LOST, Context()))
    assert [button.payload[:5] for button in outcome.replies[0].buttons] == ["kh:b:", "kh:n:"]


async def test_a_stranger_cannot_bring_a_case_to_themselves(citizen: Citizen) -> None:
    stranger = await citizen.world.store.conversation_for("zalo", "another")
    citizen.here = stranger.id
    assert "không còn" in await citizen.presses("b")
    assert (await citizen.hears(LOST, Context()))[0] == ["Mình chưa hiểu"]
    assert (await citizen.world.cases.find(citizen.case.id)).conversation_id == citizen.case.conversation_id
