"""A citizen without a chat: a code to their telephone, read out at the table, then a link to their own page."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from bot.assisting import codes
from bot.assisting.limits import limits
from bot.assisting.links import PATH, Seen
from bot.assisting.sends import NOT_SENT, SENDING, UNDER_WAY, UNREACHABLE
from bot.assisting.session import Ending, Proof, Session, Status
from bot.assisting.tables import assist_links, assist_sends, assist_sessions
from bot.channels.zalo_phone import Became
from bot.channels.zalo_phone_templates import load
from bot.genuine.signs import examine
from bot.privacy import mask
from bot.settings import Environment
from bot.stories.assisting import Over
from bot.stories.assisting_by_phone import ByPhone
from bot.stories.messengers import _pretended_zalo
from tests.assisting.conftest import Room
from tests.channels.zalo_world import World, zalo_world
from tests.handoff.world import HOA, LAN

NUMBER, ZALO_NUMBER = "0912345678", "84912345678"
MINE, OTHERS = "m" * 43, "o" * 43  # what two telephones draw for themselves


@dataclass
class Table:
    """A helper and a citizen beside each other; the citizen's telephone has Zalo and nothing else of ours."""

    room: Room
    zalo: World
    by_phone: ByPhone

    async def asks(self) -> Table:
        await self.room.code()
        return self

    async def sends(self, number: str = NUMBER) -> str:
        return await self.by_phone.send_code(await self.room.session(), self.room.helper, number)

    async def sends_page(self) -> str:
        return await self.by_phone.send_page(await self.room.session(), self.room.helper)

    @property
    def lines(self) -> list:
        return list(self.zalo.records.citizen(ZALO_NUMBER).lines)

    @property
    def code(self) -> str:
        told = [found for line in self.lines if (found := re.search(r"Mã của bạn: (\d{3} \d{3})", line.text))]
        return codes.read_number(told[-1][1])

    @property
    def link(self) -> str:
        urls = [button["payload"]["url"] for line in self.lines for button in line.buttons]
        return urls[-1].rpartition("/")[2]

    async def types(self, number: str) -> Proof:
        return await self.room.consents.prove(self.room.session_id, codes.read_number(number))

    async def agreed(self, number: str = NUMBER) -> Session:
        await self.asks()
        assert await self.sends(number) == "code_sent"
        assert await self.types(self.code) is Proof.right
        await self.room.assisting.begin(await self.room.session(), self.room.helper)
        return await self.room.session()


@pytest.fixture
async def table(room: Room) -> AsyncIterator[Table]:
    async with zalo_world(room.store) as zalo:
        find = room.world.directory.by_phone
        by_phone = ByPhone(room.assisting._services, room.assisting, zalo.work.phone, "https://motcua.test", find)
        yield Table(room, zalo, by_phone)


def missed(number: str) -> str:
    return f"{(int(number) + 1) % 10**6:06}"


# ---- the way


async def test_a_code_read_out_is_the_consent_and_names_where_it_went(table: Table) -> None:
    await table.asks()
    assert await table.sends("+84 912.345.678") == "code_sent"
    (line,) = table.lines
    assert "Trần Văn Hòa (Tổ 1) xem và điền giúp: " in line.text and "không được nộp" in line.text
    told = await table.room.session()
    assert (told.status, told.channel, told.phone_shown) == (Status.told, "zalo_phone", "***678")
    assert await table.types(table.code) is Proof.right
    session = await table.room.session()
    assert session.is_open and session.consented_at == table.room.clock() and session.conversation_id is None


async def test_the_link_opens_the_citizens_own_conversation_where_they_alone_send(table: Table) -> None:
    session = await table.agreed()
    assert await table.sends_page() == "page_sent"
    assert await table.by_phone.has_page(session) == "sent"
    assert await table.by_phone.links.open(table.link, MINE) == session.conversation_id
    assert await table.by_phone.has_page(session) == "opened"
    conversation = await table.room.store.authenticate(session.conversation_id, MINE)
    assert conversation and conversation.channel == "web"
    await table.room.all_told()
    assert await table.room.assisting.show(await table.room.session(), table.room.helper) == "shown"
    lines = await table.room.store.history(session.conversation_id)
    told = [reply for line in lines for reply in line["replies"]]
    assert "bắt đầu làm giúp" in told[0]["text"] and told[0]["buttons"][0]["payload"] == "hm:off"
    assert "liên kết" in told[1]["text"]
    assert any(button["payload"].startswith("j:send") for button in told[-1]["buttons"])


async def test_the_citizen_stops_it_from_their_page(table: Table) -> None:
    session = await table.agreed()
    assert [one.id for one in await table.room.consents.withdraw(session.conversation_id)] == [session.id]
    with pytest.raises(Over):
        await table.room.sheet()
    assert await table.sends_page() == "page_failed"


async def test_each_consent_has_a_conversation_of_its_own(table: Table) -> None:
    """A number tells nobody who has it now: whoever has it today sees nothing of yesterday's dossier."""
    first = await table.agreed()
    second = await table.agreed()
    assert first.conversation_id != second.conversation_id and first.dossier_id != second.dossier_id
    assert await table.room.consents.find(first.id) == first


async def test_two_windows_begin_one_conversation(table: Table) -> None:
    session = await table.agreed()
    for _ in range(2):
        with contextlib.suppress(Over):
            await table.room.assisting.begin(session, table.room.helper)
    assert (await table.room.session()).conversation_id == session.conversation_id


async def test_the_helper_sees_that_it_arrived_and_nobody_can_say_so_of_what_failed(table: Table) -> None:
    await table.asks()
    await table.sends()
    session = await table.room.session()
    assert await table.by_phone.has_code(session) == "sent"
    for _ in range(2):
        await table.by_phone._sends.arrived(table.zalo.records.calls[0]["tracking_id"])
    assert await table.by_phone.has_code(session) == "arrived"
    table.zalo.records.phone_codes["84987654321"] = -118
    table.room.clock.advance(seconds=61)
    await table.sends("0987654321")
    newest = sa.select(assist_sends.c.id).where(assist_sends.c.became == "no_zalo")
    send_id = await table.room.store.database.read(lambda connection: connection.execute(newest).scalar_one())
    for forged in (send_id, "x" * 100, "", "' OR 1=1"):
        await table.by_phone._sends.arrived(forged)
    assert await table.by_phone.has_code(session) == "not_sent"


async def test_a_demonstration_has_a_zalo_of_its_own_that_says_what_arrived(room: Room) -> None:
    app, settings = FastAPI(), room.store.settings.model_copy(update={"env": Environment.DEMO})
    services = SimpleNamespace(
        settings=settings, store=room.store, library=None, switches=room.assisting._services.switches
    )
    async with contextlib.AsyncExitStack() as stack:
        work = await _pretended_zalo(app, services, stack)
        find = room.world.directory.by_phone
        by_phone = ByPhone(services, room.assisting, work.phone, "http://localhost:8000", find)
        await room.code()
        assert await by_phone.send_code(await room.session(), room.helper, NUMBER) == "code_sent"
        (sandbox,) = [route.app for route in app.routes if getattr(route, "name", "") == "zalo-sandbox"]
        await sandbox.state.courier.arrived()
        assert await by_phone.has_code(await room.session()) == "arrived"
        assert await by_phone.send_code(await room.session(), room.helper, "0912345000") == "limit_soon"


# ---- what the code proves


async def test_three_wrong_codes_end_it_and_late_ones_count_for_nothing(table: Table) -> None:
    await table.asks()
    await table.sends()
    for expected in (Proof.wrong, Proof.wrong, Proof.over):
        assert await table.types(missed(table.code)) is expected
    assert (await table.room.session()).ended_because is Ending.tries
    assert await table.types(table.code) is Proof.over
    await table.asks()
    await table.sends()
    table.room.clock.advance(minutes=10)
    assert await table.types(table.code) is Proof.over


async def test_a_new_code_takes_the_old_ones_place_and_so_does_another_way(table: Table) -> None:
    await table.asks()
    await table.sends()
    first = table.code
    table.room.clock.advance(seconds=61)
    assert await table.sends("") == "code_sent"  # to the same number
    assert await table.types(first) is Proof.wrong
    await table.room.consents.new_code(table.room.session_id)
    session = await table.room.session()
    assert (session.status, session.channel, session.phone_shown) == (Status.waiting, None, None)
    assert await table.types(table.code) is Proof.over


async def test_a_code_of_the_chat_no_longer_works_once_one_was_sent(table: Table) -> None:
    code = await table.room.code()
    await table.sends()
    assert "không đúng" in (await table.room.hears(f"giúp {code}")).replies[0].text


async def test_a_citizen_who_is_being_asked_in_their_chat_is_not_overtaken(table: Table) -> None:
    await table.room.hears(f"giúp {await table.room.code()}")
    assert await table.sends() == "limit_over"
    assert (await table.room.session()).status is Status.asked and not table.lines


@pytest.mark.parametrize("number", [HOA, LAN, "+84 912 000 001"])
async def test_a_number_of_a_helper_is_refused(table: Table, number: str) -> None:
    await table.asks()
    assert await table.sends(number) == "of_a_helper"
    assert not table.zalo.records.calls


@pytest.mark.parametrize(
    "typed", ["", " ", "abc", "113", "02573841234", "0912", "0" * 30, "09123456789999", "０９１２"]
)
async def test_what_is_no_mobile_number_costs_nothing(table: Table, typed: str) -> None:
    await table.asks()
    assert await table.sends(typed) == "not_a_number"
    assert not table.zalo.records.calls and (await table.room.session()).status is Status.waiting


# ---- what becomes of a message


async def test_why_a_number_receives_nothing_is_not_told(table: Table) -> None:
    for code in (-118, -114, -141, -108):
        table.zalo.records.phone_codes[ZALO_NUMBER] = code
        await table.asks()
        assert await table.sends() == "unreachable"
        await table.room.assisting.stop(await table.room.session(), table.room.helper)


@pytest.mark.parametrize(("code", "told"), [(-144, "broken"), (-131, "broken"), (-135, "broken"), (-32, "later")])
async def test_trouble_of_ours_is_told_as_ours(table: Table, code: int, told: str) -> None:
    table.zalo.records.phone_codes[ZALO_NUMBER] = code
    await table.asks()
    assert await table.sends() == told


async def test_a_code_that_may_have_arrived_works(table: Table) -> None:
    table.zalo.records.faults.share = 1.0
    table.zalo.records.faults.random.seed(1)
    await table.asks()
    while not table.lines:
        assert await table.sends() in ("unknown", "limit_consent")
        table.room.clock.advance(seconds=61)
    assert await table.types(table.code) is Proof.right


def test_every_end_of_a_message_is_counted_or_left_out_on_purpose() -> None:
    assert {*UNREACHABLE, *NOT_SENT, *UNDER_WAY} - {SENDING} == set(Became)


def test_the_registered_words_name_the_figures_in_force() -> None:
    text = load()["assist_code"].text
    assert f"nhiều nhất {limits().consent_hours} giờ" in text and f"{limits().code_minutes} phút" in text


def test_our_own_messages_bear_no_sign_of_a_fraud() -> None:
    assert [examine(one.text).signs for one in load().values()] == [(), ()]


# ---- limits


async def test_one_after_another_and_not_more_than_a_few(table: Table) -> None:
    await table.asks()
    assert [await table.sends(), await table.sends()] == ["code_sent", "limit_soon"]
    for expected in ("code_sent", "code_sent", "limit_consent"):
        table.room.clock.advance(seconds=61)
        assert await table.sends() == expected


async def test_a_number_gets_so_many_a_day_whoever_sends(table: Table) -> None:
    for sent in range(limits().phone_number_per_day):
        table.room.helper = await table.room.world.helper((HOA, LAN)[sent % 2])
        await table.asks()
        assert await table.sends() == "code_sent"
    await table.room.assisting.stop(await table.room.session(), table.room.helper)
    await table.asks()
    assert await table.sends() == "limit_number"
    table.room.clock.advance(hours=24, seconds=1)
    await table.asks()
    assert await table.sends() == "code_sent"


async def test_who_looks_for_numbers_on_zalo_is_stopped_for_the_day(table: Table) -> None:
    bound = limits().phone_unreachable_per_day
    for last in range(bound):
        await table.asks()
        number = f"09870000{last:02}"
        table.zalo.records.phone_codes[f"84{number[1:]}"] = -118
        assert await table.sends(number) == "unreachable"
        await table.room.assisting.stop(await table.room.session(), table.room.helper)
    await table.asks()
    assert await table.sends() == "limit_unreachable"


async def test_a_helpers_day_and_everybodys_are_bounded(table: Table) -> None:
    figures = limits()
    for name, bound, told in (("phone_helper_per_day", 1, "limit_helper"), ("phone_all_per_day", 1, "limit_all")):
        table.by_phone._sends.limits = figures.model_copy(update={name: bound})
        await table.asks()
        await table.sends("0987654321")
        await table.asks()
        assert await table.sends() == told


async def test_what_zalo_never_took_costs_no_allowance(table: Table) -> None:
    table.zalo.records.phone_codes[ZALO_NUMBER] = -131
    await table.asks()
    for _ in range(limits().phone_codes + 1):
        assert await table.sends() == "broken"
        table.room.clock.advance(seconds=61)
        await table.room.consents.new_code(table.room.session_id)


# ---- the link


async def test_a_link_opens_one_telephone_once_and_looking_opens_nothing(table: Table) -> None:
    session = await table.agreed()
    await table.sends_page()
    links, link = table.by_phone.links, table.link
    assert [await links.look(link), await links.look(link)] == [Seen.fresh, Seen.fresh]
    assert await links.open(link, MINE) == session.conversation_id
    assert await links.open(link, OTHERS) is None
    assert await links.open(link, MINE) == session.conversation_id  # its first answer was lost
    assert await links.look(link) is Seen.used
    assert await links.look("x" * 43) is Seen.gone and await links.open("x" * 43, OTHERS) is None
    assert await table.room.store.authenticate(session.conversation_id, OTHERS) is None


async def test_a_second_link_moves_the_page_to_another_telephone(table: Table) -> None:
    session = await table.agreed()
    await table.sends_page()
    await table.by_phone.links.open(table.link, MINE)
    assert await table.sends_page() == "limit_soon"
    table.room.clock.advance(seconds=61)
    assert await table.sends_page() == "page_sent"
    assert await table.by_phone.links.open(table.link, OTHERS) == session.conversation_id
    assert await table.room.store.authenticate(session.conversation_id, MINE) is None
    for expected in ("page_sent", "page_failed"):
        table.room.clock.advance(seconds=61)
        assert await table.sends_page() == expected


async def test_a_link_nobody_opened_ends_after_a_day_but_not_with_the_helpers_sight(table: Table) -> None:
    session = await table.agreed()
    await table.sends_page()
    await table.room.assisting.stop(session, table.room.helper)
    assert await table.by_phone.links.look(table.link) is Seen.fresh
    table.room.clock.advance(hours=24)
    assert await table.by_phone.links.open(table.link, MINE) is None


# ---- what is kept


async def everything(table: Table) -> str:
    def work(connection: sa.Connection) -> list:
        return [list(connection.execute(sa.select(one))) for one in (assist_sessions, assist_sends, assist_links)]

    return str(await table.room.store.database.read(work))


async def test_the_number_is_sealed_and_gone_with_the_consent(table: Table) -> None:
    session = await table.agreed()
    await table.sends_page()
    assert "912345678" not in await everything(table) and table.link not in await everything(table)
    row = sa.select(assist_sessions.c.phone).where(assist_sessions.c.id == session.id)
    assert await table.room.store.database.read(lambda c: c.execute(row).scalar())
    await table.room.consents.end(session.id, Ending.helper)
    assert await table.room.store.database.read(lambda c: c.execute(row).scalar()) is None
    assert (await table.room.session()).phone_shown == "***678"  # tells where the consent came from


def test_no_log_holds_a_link() -> None:
    assert mask(f"GET {PATH}/{'aB-_9' * 8}xyz HTTP/1.1") == f"GET {PATH}/*** HTTP/1.1"


async def test_an_erasure_leaves_neither_number_nor_link(table: Table) -> None:
    session = await table.agreed()
    await table.sends_page()
    await table.room.store.erase(session.conversation_id)
    assert await table.room.session() is None
    assert await table.by_phone.links.look(table.link) is Seen.gone
    hashes = sa.select(assist_sends.c.phone_hash)
    assert set(await table.room.store.database.read(lambda c: c.execute(hashes).scalars().all())) == {None}


async def test_what_was_sent_is_forgotten_after_two_days_and_unused_numbers_after_one(table: Table) -> None:
    await table.asks()
    await table.sends()
    table.room.clock.advance(hours=49)
    await table.room.consents.end_due()
    assert await everything(table) == "[[], [], []]"


# ---- off


async def test_it_is_off_until_both_templates_and_an_address_are_known(table: Table) -> None:
    room, find = table.room, table.room.world.directory.by_phone
    assert await table.by_phone.is_open()
    for ids, base in (({"assist_code": "81"}, "https://motcua.test"), ({"assist_code": "81", "assist_page": "82"}, "")):
        async with zalo_world(room.store, phone_template_ids=ids) as world:
            off = ByPhone(room.assisting._services, room.assisting, world.work.phone, base, find)
            assert not await off.is_open()
            await room.code()
            assert await off.send_code(await room.session(), room.helper, NUMBER) == "closed"
    assert not await ByPhone(room.assisting._services, room.assisting, None, "https://motcua.test", find).is_open()


async def test_a_channel_that_is_switched_off_closes_it(table: Table) -> None:
    switches = table.room.assisting._services.switches
    for channel in ("channel:zalo", "channel:web"):
        await switches.set(channel, "bảo trì")
        assert not await table.by_phone.is_open()
        await switches.clear(channel)
