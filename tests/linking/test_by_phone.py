"""One number confirmed on Telegram and on Zalo: asked about on both sides, linked only when both say yes."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from bot.channels.inbound import Inbound
from bot.channels.telegram import TelegramDoor, TelegramSender, build_bot
from bot.channels.zalo_door import Stories, ZaloDoor
from bot.channels.zalo_inbox import ZaloInbox
from bot.dialogue.context import Context
from bot.linking.phones import FRESH, MOST_A_DAY, Match, Phones, plain
from bot.linking.tables import confirmed_phones, linked_conversations, phone_links
from bot.privacy import KeyRing, new_key
from bot.sandbox.telegram import TelegramSandbox, create_sandbox
from bot.store import Store
from bot.stories.shared_phone import SharedPhones, telegram_share, zalo_on_shared
from bot.underway import Underway
from knowledge.catalogue import Catalogue
from knowledge.library import Library, Snapshot
from tests.clock import Clock
from tests.linking.test_linked_turns import Channels
from tests.submission.journeys import curated
from tests.talk import answered

TOKEN = "123:ABC-def"
AN, BO = 7, 8  # chats on Telegram
AN_THERE, BO_THERE, CU_THERE = "2468458835296979220", "2468458835296979221", "2468458835296979222"
_stamps = itertools.count(1_763_800_000_000)


class Town:
    """Both messengers' doors over one gateway; `told` is what was said last in a conversation."""

    def __init__(self, store: Store, telegram: TelegramSandbox, bot: object) -> None:
        self.store, self.telegram, self.bot = store, telegram, bot
        self.gateway, self.taken = Channels(store).gateway, []
        library = Library(store.settings.data_dir, Snapshot("test", Catalogue(curated().values()), searcher=None))
        shared = SharedPhones(store, library)
        self.door = TelegramDoor(bot, self._accept, self._blocked, share=telegram_share(shared, store))
        stories = Stories(self._on_message, self._keep, zalo_on_shared(shared))
        self.zalo = ZaloDoor(store, ZaloInbox(store), stories, "1", "secret")

    async def _accept(self, inbound: Inbound) -> None:
        await self._on_message(await self.store.conversation_for("telegram", inbound.sender), inbound)

    async def _on_message(self, conversation, inbound: Inbound) -> None:
        self.taken.append(inbound)
        await self.gateway.on_message(conversation, inbound, deliver=True)

    async def _keep(self, conversation_id: str, file: object) -> str:
        raise AssertionError("no file is sent here")

    async def _blocked(self, address: str) -> None:
        await self.store.close_conversation("telegram", address)

    async def shares_on_telegram(self, who: int = AN, phone: str = "+84 912 345 678", **more: object) -> str:
        await self.door.take(self.telegram.shares_contact(who, phone, **more))
        return await self.text("telegram", str(who))

    async def shares_on_zalo(self, who: str = AN_THERE, phone: str = "84912345678") -> str:
        info = {"name": "An", "phone": phone, "full_address": {"user_city": "Huế", "user_ward": "Phường An Cựu"}}
        event = {"event_name": "user_submit_info", "sender": {"id": who}, "info": info, "timestamp": str(next(_stamps))}
        conversation = await self.store.conversation_for("zalo", who)
        await self.zalo.take(conversation.id, json.dumps(event).encode(), is_last_try=True)
        return await self.text("zalo", who)

    async def says(self, channel: str, who: str, text: str | None = None, payload: str | None = None) -> str:
        inbound = Inbound(channel, who, f"m{next(_stamps)}", text=text, payload=payload)
        await self._on_message(await self.store.conversation_for(channel, who), inbound)
        return await self.text(channel, who)

    async def last(self, channel: str, who: str) -> dict:
        return (await self.store.history(await self.id(channel, who), limit=500))[-1]

    async def text(self, channel: str, who: str) -> str:
        return "\n".join(reply["text"] for reply in (await self.last(channel, who))["replies"])

    async def buttons(self, channel: str, who: str) -> list[str]:
        return [button["payload"] for button in (await self.last(channel, who))["replies"][-1]["buttons"]]

    async def id(self, channel: str, who: str) -> str:
        return (await self.store.conversation_for(channel, who)).id

    async def rows(self, table: sa.Table) -> list:
        return await self.store.database.read(lambda connection: connection.execute(sa.select(table)).all())

    async def offered(self) -> tuple[str, str]:
        """The number is confirmed on both sides; the buttons of the offer on Telegram."""
        await self.shares_on_zalo()
        await self.shares_on_telegram()
        want, drop = await self.buttons("telegram", str(AN))
        return want, drop

    async def asked(self) -> tuple[str, str]:
        """… and Telegram has said yes; the buttons on Zalo."""
        await self.says("telegram", str(AN), payload=(await self.offered())[0])
        agree, deny = await self.buttons("zalo", AN_THERE)
        return agree, deny


@pytest.fixture
async def town(store: Store) -> AsyncIterator[Town]:
    state = TelegramSandbox(TOKEN)
    async with build_bot(TOKEN, "http://telegram.test", httpx.ASGITransport(create_sandbox(state))) as bot:
        yield Town(store, state, bot)


async def test_the_whole_way_from_zalo_to_telegram(town: Town, clock: Clock) -> None:
    said = await town.says("telegram", str(AN), "liên kết")
    assert "Mã liên kết" in said and "Gửi số của mình" in said
    for reply in (await town.store.outcome(await town.id("telegram", str(AN)), 1)).replies:
        await TelegramSender(town.bot).send(str(AN), reply)
    assert town.telegram.sent[-1]["contact"] == "Gửi số của mình", "the messenger takes and shows the key"
    assert "xác nhận số ở đó" in await town.shares_on_zalo()
    clock.advance(days=7)
    offer = await town.shares_on_telegram()
    assert "đã xác nhận trên Zalo ngày 24/11/2026" in offer
    want, _ = await town.buttons("telegram", str(AN))
    assert "Chưa bấm thì hai nơi chưa nối" in await town.says("telegram", str(AN), payload=want)
    assert await town.rows(linked_conversations) == []
    assert "trên Telegram và muốn nối hai khung trò chuyện" in await town.text("zalo", AN_THERE)
    agree, _ = await town.buttons("zalo", AN_THERE)
    assert "Đã liên kết với Telegram" in await town.says("zalo", AN_THERE, payload=agree)
    assert await town.store.linked(await town.id("zalo", AN_THERE)) == [await town.id("telegram", str(AN))]
    assert "vừa được liên kết với Zalo" in await town.text("telegram", str(AN))
    assert await town.buttons("telegram", str(AN)) == ["lk:off"]
    assert "đã liên kết rồi" in await town.shares_on_telegram()


async def test_no_message_holds_a_number_that_was_confirmed(town: Town) -> None:
    await town.offered()
    assert [(one.text, one.payload) for one in town.taken] == [(None, "lkp:confirmed")] * 2
    assert all(len(row.phone_hash) == 32 for row in await town.rows(confirmed_phones))


@pytest.mark.parametrize(
    "more",
    [{"whose": BO}, {"whose": 0}, {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "B"}}],
)
async def test_somebody_elses_or_a_forwarded_card_is_refused_politely(town: Town, more: dict) -> None:
    assert "không phải số của chính bạn" in await town.shares_on_telegram(**more)
    assert await town.rows(confirmed_phones) == []


async def test_a_number_in_two_places_is_offered_nowhere(town: Town) -> None:
    await town.shares_on_zalo(AN_THERE)
    await town.shares_on_zalo(BO_THERE)
    assert "xác nhận số ở đó" in await town.shares_on_telegram()
    assert await town.rows(phone_links) == []


async def test_an_old_number_may_be_a_strangers_by_now(town: Town, clock: Clock) -> None:
    await town.shares_on_zalo()
    clock.advance(seconds=FRESH.total_seconds())
    assert "xác nhận số ở đó" in await town.shares_on_telegram()


async def test_neither_the_same_channel_nor_one_that_was_left_is_offered(town: Town, clock: Clock) -> None:
    await town.shares_on_telegram(BO)
    assert "xác nhận số ở đó" in await town.shares_on_telegram(AN)
    await town._blocked(str(BO))
    assert "Đó cũng là bạn" in await town.shares_on_zalo(), "only one of the two can still be asked"
    await town._blocked(str(AN))
    clock.advance(minutes=2)
    assert "xác nhận số ở đó" in await town.shares_on_zalo()


async def test_no_on_this_side_links_nothing_and_asks_nobody(town: Town) -> None:
    want, drop = await town.offered()
    assert "không nối gì" in await town.says("telegram", str(AN), payload=drop)
    assert "đã xong hoặc hết hạn" in await town.says("telegram", str(AN), payload=want)
    assert "xác nhận số ở đó" in await town.text("zalo", AN_THERE), "nothing was said there since"


async def test_no_on_the_other_side_links_nothing(town: Town) -> None:
    agree, deny = await town.asked()
    assert "vẫn riêng" in await town.says("zalo", AN_THERE, payload=deny)
    assert "đã xong hoặc hết hạn" in await town.says("zalo", AN_THERE, payload=agree)
    assert await town.rows(linked_conversations) == []


async def test_a_press_by_a_third_conversation_or_by_the_wrong_side_changes_nothing(town: Town) -> None:
    want, _ = await town.offered()
    early = want.replace("want", "agree")
    assert "đã xong hoặc hết hạn" in await town.says("zalo", AN_THERE, payload=early), "before this side said yes"
    await town.says("telegram", str(AN), payload=want)
    agree, deny = await town.buttons("zalo", AN_THERE)
    for channel, who in (("telegram", str(BO)), ("zalo", CU_THERE), ("telegram", str(AN))):
        assert "đã xong hoặc hết hạn" in await town.says(channel, who, payload=agree)
    for verb in ("want", "deny", "drop"):
        assert "đã xong hoặc hết hạn" in await town.says("zalo", CU_THERE, payload=deny.replace("deny", verb))
    assert await town.rows(linked_conversations) == []
    assert "Đã liên kết" in await town.says("zalo", AN_THERE, payload=agree)


async def test_a_late_press_is_told_to_be_over(town: Town, clock: Clock) -> None:
    agree, _ = await town.asked()
    clock.advance(minutes=11)
    assert "đã xong hoặc hết hạn" in await town.says("zalo", AN_THERE, payload=agree)
    assert await town.rows(linked_conversations) == []


async def test_pressing_twice_changes_nothing(town: Town) -> None:
    want, _ = await town.offered()
    await town.says("telegram", str(AN), payload=want)
    asked = await town.last("zalo", AN_THERE)
    assert "đã hỏi ở kênh kia rồi" in await town.says("telegram", str(AN), payload=want)
    assert await town.last("zalo", AN_THERE) == asked
    agree, _ = await town.buttons("zalo", AN_THERE)
    await town.says("zalo", AN_THERE, payload=agree)
    linked = await town.rows(linked_conversations)
    assert "đã xong hoặc hết hạn" in await town.says("zalo", AN_THERE, payload=agree)
    assert {row.conversation_id for row in await town.rows(linked_conversations)} == {
        row.conversation_id for row in linked
    }


async def test_a_second_copy_of_a_shared_card_is_not_counted_and_asks_the_same(town: Town) -> None:
    await town.shares_on_zalo()
    update = town.telegram.shares_contact(AN, "84912345678")
    await town.door.take(update)
    buttons = await town.buttons("telegram", str(AN))
    await town.door.take(update)
    await town.says("telegram", str(AN), payload="lkp:confirmed")
    assert await town.buttons("telegram", str(AN)) == buttons
    assert {row.times for row in await town.rows(confirmed_phones)} == {1}


async def test_a_confirmation_is_answered_with_one_question_only(town: Town) -> None:
    """Who forges the button cannot have the other side asked again and again."""
    want, _ = await town.offered()
    await town.says("telegram", str(AN), payload=want)
    assert "xác nhận số ở đó" in await town.says("telegram", str(AN), payload="lkp:confirmed")
    assert len(await town.rows(phone_links)) == 1


async def test_a_number_is_confirmed_five_times_a_day_at_most(town: Town, clock: Clock) -> None:
    for _ in range(MOST_A_DAY):
        clock.advance(minutes=2)
        assert "Mình đã xác nhận" in await town.shares_on_telegram()
    clock.advance(minutes=2)
    assert "nhiều lần" in await town.shares_on_telegram()
    clock.advance(days=1)
    assert "Mình đã xác nhận" in await town.shares_on_telegram()


async def test_forget_me_forgets_the_number_and_its_questions(town: Town) -> None:
    await town.asked()
    await town.says("zalo", AN_THERE, "xóa dữ liệu")
    assert await town.rows(phone_links) == []
    assert [row.conversation_id for row in await town.rows(confirmed_phones)] == [await town.id("telegram", str(AN))]
    await town.store.erase(await town.id("telegram", str(AN)))
    assert await town.rows(confirmed_phones) == []


PHONES = [
    (procedure.code, question.id)
    for procedure in curated().values()
    for question in procedure.questions
    if question.kind == "phone" and not question.id.endswith("phone")
]


@pytest.mark.parametrize(("procedure", "question"), [("1.001193", "posted_phone"), *PHONES[:1]])
@pytest.mark.parametrize("channel", ["telegram", "zalo"])
async def test_where_a_question_waits_for_a_number_it_is_the_answer(
    town: Town, channel: str, procedure: str, question: str
) -> None:
    who = str(AN) if channel == "telegram" else AN_THERE
    underway = Underway(dossier="d" * 32, procedure=procedure, question=question)
    conversation = await town.id(channel, who)
    await answered(
        town.store, conversation, "chào", "Số nào?", context=Context(underway=underway).model_dump(mode="json")
    )
    if channel == "telegram":
        await town.shares_on_telegram()
    else:
        await town.shares_on_zalo()
    assert town.taken[-1].payload is None and town.taken[-1].text is not None
    assert await town.rows(confirmed_phones) == []


async def test_after_a_rotation_of_keys_the_number_still_meets_itself(store: Store) -> None:
    there, here = [(await store.start_conversation(channel, "an"))[0].id for channel in ("zalo", "telegram")]
    assert await Phones(store).confirm(there, "0912345678")
    store.keys = KeyRing(KeyRing.parse(new_key()).keys + store.keys.keys)
    phones = Phones(store)
    assert await phones.confirm(here, "0912345678")
    match = await phones.offer(here)
    assert isinstance(match, Match) and match.channel == "zalo"
    hashes = sa.select(confirmed_phones.c.phone_hash)
    rows = await store.database.read(lambda connection: connection.execute(hashes).scalars().all())
    assert len(rows) == 2 and len(set(rows)) == 1, "both lie under the new key"


async def test_without_a_confirmed_number_the_button_is_nobodys(store: Store) -> None:
    web = (await store.start_conversation("web"))[0].id
    assert await Phones(store).offer(web) is None


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+84 912 345 678", "0912345678"),
        ("84912345678", "0912345678"),
        ("0912.345.678", "0912345678"),
        ("+1 202 555 0143", "12025550143"),
        ("", None),
        ("12", None),
        ("x" * 9_000, None),
    ],
)
def test_a_number_is_the_same_however_it_is_written(told: str, number: str | None) -> None:
    assert plain(told) == number


async def test_the_web_is_not_asked_for_a_number(town: Town) -> None:
    await town.says("web", "an", "liên kết")
    assert all("contact_button" not in reply for reply in (await town.last("web", "an"))["replies"])
    assert len((await town.last("web", "an"))["replies"]) == 1
