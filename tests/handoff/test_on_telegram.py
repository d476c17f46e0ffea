"""Helpers in Telegram: they connect, hear of cases, take and answer them, with the rights and promises of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from bot.channels.inbound import Inbound
from bot.channels.reply import Reply
from bot.channels.telegram import TelegramDoor, TelegramSender, build_bot
from bot.handoff.audit import Audit
from bot.handoff.case import Case, Ending, Reason, Status
from bot.handoff.chats import CHANNEL, Chats
from bot.handoff.people import Role
from bot.handoff.taking import NotPossible, Place
from bot.linking.codes import new_code
from bot.outbox import LEASE, Outbox
from bot.sandbox.telegram import TelegramSandbox, create_sandbox
from bot.stories.case_news import CaseNews
from bot.stories.helper_chat import HelperChat
from bot.submission.dossiers import Dossiers
from bot.tables import messages
from tests.handoff.world import HOA, LAN, PROVINCE, World, listed
from tests.serving import served_here

TOKEN = "123:ABC-def"
LANS, HOAS, MINHS, CITIZEN, GROUP = 71, 72, 73, 5, -99
FAR = "0912000009"


@dataclass
class Team:
    """The ward's helpers with their telephones, and a Telegram that notes what each was sent."""

    world: World
    state: TelegramSandbox
    door: TelegramDoor
    sender: TelegramSender
    chats: Chats
    news: CaseNews
    asked: list[Inbound] = field(default_factory=list)  # what reached the assistant

    async def connects(self, phone: str, chat_id: int, in_group: bool = False) -> None:
        helper, code = await self.world.helper(phone), new_code()
        await self.chats.issue(helper, code, in_group)
        await self.door.take(self.state.says(chat_id, f"/to {code}", "group" if in_group else "private"))

    async def opened(self, words: str = "làm khai sinh cho con", place: Place | None = None) -> Case:
        conversation = await self.world.store.conversation_for("telegram", str(CITIZEN))
        await self.citizen_says(words)
        opened = await self.world.taking.open(
            conversation.id, Reason.asked, place or Place(PROVINCE, "Phường Tuy Hòa"), None
        )
        return opened.case

    async def citizen_says(self, words: str) -> None:
        conversation = await self.world.store.conversation_for("telegram", str(CITIZEN))
        number = len(await self.world.store.history(conversation.id)) + 1
        await self.world.store.receive(conversation.id, Inbound("telegram", str(CITIZEN), f"c{number}", text=words))

    async def told(self, chat_id: int) -> list[str]:
        """What arrived there since the last look."""
        while await self.news.tell_due():
            pass
        await self.delivered()
        texts = self.state.texts_to(chat_id)
        self.state.sent[:] = [one for one in self.state.sent if one["chat_id"] != chat_id]
        return texts

    async def delivered(self) -> None:
        outbox = Outbox(self.world.store, (self.sender,))
        for _ in range(50):
            parcels = await outbox.queue.take(CHANNEL, 20, LEASE)
            if not parcels:
                return
            for parcel in parcels:
                await outbox.deliver(self.sender, parcel)

    async def says(self, chat_id: int, text: str | None, **more: object) -> dict:
        update = self.state.says(chat_id, text, **more)
        await self.door.take(update)
        return update

    async def presses(self, chat_id: int, payload: str, in_group: int | None = None) -> dict:
        update = self.state.presses(chat_id, payload)
        if in_group is not None:
            update["callback_query"]["message"]["chat"] = {"id": in_group, "type": "group", "title": "Tổ"}
        await self.door.take(update)
        return update

    async def now(self, case: Case) -> Case:
        return await self.world.cases.find(case.id)

    async def heard_by_citizen(self, case: Case) -> list[str]:
        return [reply.text for reply in await self.world.said(case) if reply.from_person]

    async def denied(self) -> list[str]:
        entries = await Audit(self.world.store).newest()
        return [entry.act for entry in entries if entry.outcome == "denied"]


class Closing:
    """The conversation's side of an end, without a journey."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def close(self, case: Case, ending: Ending, helper: object) -> Case:
        return await self._world.taking.close(case, ending, helper, (Reply(text="xong"),))


@pytest.fixture
async def team(world: World) -> AsyncIterator[Team]:
    await world.peopled(*PEOPLE)
    state = TelegramSandbox(TOKEN)
    async with served_here(create_sandbox(state)) as base, build_bot(TOKEN, base) as bot:
        chats = Chats(world.store)
        library = SimpleNamespace(snapshot=SimpleNamespace(catalogue={}))
        services = SimpleNamespace(store=world.store, library=library, dossiers=Dossiers(world.store, 30))
        desk = SimpleNamespace(
            directory=world.directory,
            cases=world.cases,
            taking=world.taking,
            talking=world.talking,
            audit=Audit(world.store),
            escalation=Closing(world),
        )
        news = CaseNews(services, desk, chats, "https://motcua.test")
        asked: list[Inbound] = []

        async def accept(inbound: Inbound) -> None:
            asked.append(inbound)

        async def on_blocked(address: str) -> None:
            await world.store.close_conversation(CHANNEL, address)

        door = TelegramDoor(bot, accept, on_blocked)
        door.ask_first(HelperChat(services, desk, chats, news))
        sender = TelegramSender(bot, CHANNEL)
        sender._pace = SimpleNamespace(wait=_at_once)
        yield Team(world, state, door, sender, chats, news, asked)


async def _at_once(address: str) -> None:
    return None


PEOPLE = (
    listed(LAN, "Nguyễn Thị Lan", "Tổ 1", role=Role.team_lead),
    listed(HOA, "Trần Văn Hòa", "Tổ 1"),
    listed(FAR, "Đỗ Xa", "Tổ Xa", ward="Phường Bình Kiến"),
)


# ---- connecting


async def test_a_code_connects_the_chat_that_sends_it_once_and_only_in_its_ten_minutes(team: Team) -> None:
    lan, code = await team.world.helper(LAN), new_code()
    await team.chats.issue(lan, code, for_group=False)
    await team.says(LANS, f"/to {code}")
    assert "Đã kết nối" in (await team.told(LANS))[0]
    await team.says(HOAS, f"/to {code}")
    assert "Mã chưa đúng" in (await team.told(HOAS))[0]
    late = new_code()
    await team.chats.issue(lan, late, for_group=False)
    team.world.clock.advance(minutes=11)
    await team.says(HOAS, f"/to {late}")
    assert await team.chats.of_helper(lan.id) == await team.chats.at(str(LANS))
    assert team.asked == []


async def test_a_private_code_written_in_a_group_opens_nothing_and_is_gone(team: Team) -> None:
    lan, code = await team.world.helper(LAN), new_code()
    await team.chats.issue(lan, code, for_group=False)
    await team.says(GROUP, f"/to {code}", chat_type="group")
    await team.says(LANS, f"/to {code}")
    assert await team.chats.of_team(lan.team.id) is None and await team.chats.of_helper(lan.id) is None


async def test_guessing_codes_is_slowed_down(team: Team) -> None:
    lan, code = await team.world.helper(LAN), new_code()
    await team.chats.issue(lan, code, for_group=False)
    for _ in range(6):
        await team.says(LANS, f"/to {new_code()}")
    await team.says(LANS, f"/to {code}")
    assert await team.chats.of_helper(lan.id) is None


async def test_who_lets_go_is_a_citizen_again(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.says(HOAS, "/ngat")
    assert "Đã ngắt" in (await team.told(HOAS))[-1]
    await team.opened()
    await team.says(HOAS, "lệ phí khai sinh")
    assert await team.told(HOAS) == []
    assert [one.text for one in team.asked] == ["lệ phí khai sinh"]


async def test_who_is_no_longer_listed_is_let_go_and_their_words_go_nowhere(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened()
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.world.peopled(PEOPLE[0], PEOPLE[2])
    await team.says(HOAS, "Chào bác")
    assert "không còn trong danh sách" in (await team.told(HOAS))[-1]
    assert (await team.heard_by_citizen(case), team.asked) == ([], [])


# ---- notices


async def test_a_new_case_is_told_in_the_group_without_the_citizens_words_and_to_those_on_duty(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.connects(LAN, LANS)
    await team.connects(LAN, GROUP, in_group=True)
    await team.connects(FAR, MINHS)
    await team.told(HOAS), await team.told(LANS), await team.told(GROUP), await team.told(MINHS)
    await team.world.directory.away((await team.world.helper(LAN)).id, True)
    case = await team.opened("số của tôi 0912345678, làm khai sinh")
    private, public = await team.told(HOAS), await team.told(GROUP)
    assert len(private) == len(public) == 1
    assert "làm khai sinh" in private[0] and "0912345678" not in private[0]
    assert case.code in public[0] and "Phường Tuy Hòa" in public[0] and "khai sinh" not in public[0]
    assert await team.told(LANS) == [] and await team.told(MINHS) == []
    assert await team.told(HOAS) == []


async def test_each_step_of_the_clock_is_told_and_the_end_too(team: Team) -> None:
    await team.connects(LAN, GROUP, in_group=True)
    case = await team.opened()
    await team.told(GROUP)
    await team.world.taking.wait_on(case, team.world.clock(), (Reply(text="muộn"),))
    assert "chờ đã lâu" in (await team.told(GROUP))[0]
    await team.world.taking.close(await team.now(case), Ending.never_taken, None)
    assert "đã kết thúc" in (await team.told(GROUP))[0]
    assert await team.told(GROUP) == []


# ---- taking and answering


async def test_a_case_taken_in_the_group_is_read_and_answered_privately(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.connects(LAN, GROUP, in_group=True)
    case = await team.opened("làm khai sinh cho con")
    await team.told(HOAS), await team.told(GROUP)
    await team.presses(HOAS, f"hc:c:{case.id}", in_group=GROUP)
    assert (await team.now(case)).helper_id == (await team.world.helper(HOA)).id
    assert "Trần Văn Hòa" in (await team.told(GROUP))[0]
    assert any("Người dân: làm khai sinh cho con" in text for text in await team.told(HOAS))
    await team.says(HOAS, "Chào bác, cháu giúp ạ")
    await team.citizen_says("cảm ơn cháu")
    assert await team.told(HOAS) == [f"{case.code} · Người dân: cảm ơn cháu"]
    assert await team.heard_by_citizen(case) == ["Chào bác, cháu giúp ạ"]
    assert (team.asked, await team.told(GROUP)) == ([], [])


async def test_the_same_update_twice_says_and_tells_nothing_more(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened()
    press = await team.presses(HOAS, f"hc:c:{case.id}")
    words = await team.says(HOAS, "Chào bác")
    first = await team.told(HOAS)
    await asyncio.gather(team.door.take(press), team.door.take(words), team.door.take(words))
    assert first and await team.told(HOAS) == []
    assert await team.heard_by_citizen(case) == ["Chào bác"]


async def test_of_telegram_and_the_desk_one_gets_the_case(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case, lan = await team.opened(), await team.world.helper(LAN)
    await team.told(HOAS)
    pressed = team.presses(HOAS, f"hc:c:{case.id}")
    _, at_desk = await asyncio.gather(pressed, team.world.taking.claim(case.id, lan), return_exceptions=True)
    told = await team.told(HOAS)
    lost = any("đã có người nhận" in text for text in told)
    assert lost is not isinstance(at_desk, NotPossible)
    assert ((await team.now(case)).helper_id == lan.id) is lost


async def test_a_forwarded_button_of_another_ward_is_refused_and_noted(team: Team) -> None:
    await team.connects(FAR, MINHS)
    case = await team.opened()
    await team.told(MINHS)
    await team.presses(MINHS, f"hc:c:{case.id}")
    assert "nơi khác" in (await team.told(MINHS))[0]
    assert ((await team.now(case)).status, await team.denied()) == (Status.open, ["chat_press"])


async def test_a_stranger_in_the_group_takes_nothing(team: Team) -> None:
    await team.connects(LAN, GROUP, in_group=True)
    case = await team.opened()
    await team.presses(12345, f"hc:c:{case.id}", in_group=GROUP)
    assert ((await team.now(case)).status, await team.denied()) == (Status.open, ["chat_press"])


async def test_a_reply_to_a_line_goes_to_its_case_whatever_is_looked_at(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened()
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.says(HOAS, "/dung")
    quoted = {"message_id": 1, "date": 1_763_800_000, "chat": {"id": HOAS, "type": "private"}}
    await team.says(HOAS, "Dạ", reply_to_message={**quoted, "text": f"{case.code} · Người dân: alo"})
    await team.says(HOAS, "lệ phí khai sinh")
    assert await team.heard_by_citizen(case) == ["Dạ"]
    assert [one.text for one in team.asked] == ["lệ phí khai sinh"]


async def test_photos_orders_and_too_long_words_do_not_reach_the_citizen(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened()
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.told(HOAS)
    await team.door.take(team.state.sends_photo(HOAS, b"x", caption="đây ạ"))
    await team.says(HOAS, "/xoa")
    await team.says(HOAS, "a" * 4_050)
    told = await team.told(HOAS)
    assert [key in text for key, text in zip(("Chỉ tin chữ", "không biết lệnh", "dài quá"), told, strict=True)] == [
        True
    ] * 3
    assert (await team.heard_by_citizen(case), team.asked) == ([], [])


async def test_a_case_is_closed_with_a_reason_and_words_after_it_are_the_assistants(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened()
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.presses(HOAS, f"hc:e:{case.id}")
    await team.presses(HOAS, f"hc:e:{case.id}:solved")
    assert (await team.now(case)).close_reason is Ending.solved
    await team.says(HOAS, "lệ phí")
    assert [one.text for one in team.asked] == ["lệ phí"]


async def test_words_for_a_case_that_was_taken_away_go_nowhere(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case, hoa = await team.opened(), await team.world.helper(HOA)
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.world.taking.put_back(await team.now(case), hoa)
    await team.says(HOAS, "Chào bác")
    assert any("chưa tới người dân" in text for text in await team.told(HOAS))
    assert (await team.heard_by_citizen(case), team.asked) == ([], [])


async def test_a_case_is_handed_to_a_colleague_who_goes_on_in_their_chat(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.connects(LAN, LANS)
    case, lan = await team.opened(), await team.world.helper(LAN)
    await team.presses(HOAS, f"hc:c:{case.id}")
    await team.told(LANS)
    await team.presses(HOAS, f"hc:o:{case.id}:{lan.id[:12]}")
    assert (await team.now(case)).helper_id == lan.id
    assert any("chuyển ca" in text for text in await team.told(LANS))
    await team.presses(LANS, f"hc:f:{case.id}")
    await team.says(LANS, "Chào bác")
    assert await team.heard_by_citizen(case) == ["Chào bác"]


# ---- what is left


async def test_a_chat_that_blocks_the_bot_is_shown_as_lost_and_stops_nothing(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.told(HOAS)
    team.state.blocked_by.add(HOAS)
    await team.opened()
    assert await team.told(HOAS) == []
    assert (await team.chats.of_helper((await team.world.helper(HOA)).id)).is_reachable is False
    team.state.blocked_by.clear()
    await team.says(HOAS, "/ca")
    assert (await team.chats.of_helper((await team.world.helper(HOA)).id)).is_reachable


async def test_a_group_that_puts_the_bot_out_is_lost(team: Team) -> None:
    await team.connects(LAN, GROUP, in_group=True)
    out = team.state.blocks(GROUP)
    out["my_chat_member"]["chat"]["type"] = "group"
    await team.door.take(out)
    assert (await team.chats.of_team((await team.world.helper(LAN)).team.id)).is_reachable is False


async def test_delivered_words_of_a_citizen_are_kept_once(team: Team) -> None:
    await team.connects(HOA, HOAS)
    case = await team.opened("bí mật của tôi")
    assert any("bí mật của tôi" in text for text in await team.told(HOAS))
    await team.told(HOAS)
    await team.chats.empty_delivered()
    chat = await team.chats.of_helper((await team.world.helper(HOA)).id)
    kept = await team.world.store.history(chat.id)
    assert not any(case.code in reply["text"] for line in kept for reply in line["replies"])


async def test_what_a_citizen_had_erased_is_not_delivered_any_more(team: Team) -> None:
    await team.connects(HOA, HOAS)
    await team.told(HOAS)
    case = await team.opened("bí mật của tôi")
    await team.news.tell_due()
    await team.world.store.erase(case.conversation_id)
    assert not any("bí mật" in text for text in await team.told(HOAS))
    assert (await team.world.store.database.read(lambda c: c.execute(sa.select(messages.c.seq)).all())) != []
