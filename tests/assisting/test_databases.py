"""Every statement of helper mode on each database that we support."""

from __future__ import annotations

import asyncio

import pytest
import sqlalchemy as sa

from bot import resealing
from bot.assisting import codes
from bot.assisting.forgetting import phone_place
from bot.assisting.session import Ending, Proof
from bot.assisting.tables import assist_sessions
from bot.privacy import Key, KeyRing, new_key
from tests.assisting.conftest import Room, number_in
from tests.assisting.test_by_phone import MINE, NUMBER, OTHERS, Table, table  # noqa: F401 — fixtures


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres")


async def test_of_many_at_once_one_wins_and_every_wrong_number_counts(room: Room) -> None:
    code = await room.code()
    others = [(await room.store.conversation_for("telegram", f"nguoi {number}")).id for number in range(4)]
    asked = await asyncio.gather(*(room.consents.ask(code, one) for one in others))
    (winner,) = [one for one in asked if one]
    numbers = await asyncio.gather(*(room.consents.agree(winner.id, winner.conversation_id) for _ in range(4)))
    (number,) = [one for one in numbers if one]
    wrong = f"{(int(number) + 1) % 10**6:06}"
    assert Proof.right not in await asyncio.gather(*(room.consents.prove(winner.id, wrong) for _ in range(6)))
    assert (await room.session()).ended_because is Ending.tries

    asked = await room.hears(f"giúp {await room.code()}")
    number = codes.read_number(number_in(await room.hears(payload=asked.replies[0].buttons[0].payload)))
    proofs = await asyncio.gather(*(room.consents.prove(room.session_id, number) for _ in range(4)))
    assert proofs.count(Proof.right) == 1


async def test_all_ends_are_noted_and_everything_can_be_forgotten(room: Room) -> None:
    first = (await room.agreed()).session_id
    await room.types("An")
    second = (await room.agreed()).session_id
    assert (await room.consents.find(first)).ended_because is Ending.replaced
    assert await room.consents.live_of(room.helper.id)
    await room.dossiers.drop(await room.dossier())
    assert await room.consents.end_due() == 1
    assert (await room.consents.find(second)).ended_because is Ending.cancelled
    await room.agreed()
    room.clock.advance(hours=25)
    assert await room.consents.end_due() == 1
    await room.agreed()
    assert [one.id for one in await room.consents.withdraw((await room.session()).conversation_id)] == [room.session_id]
    await room.store.erase((await room.session()).conversation_id)
    assert await room.session() is None


async def test_by_telephone_one_code_goes_out_and_one_telephone_gets_in(table: Table) -> None:  # noqa: F811
    await table.asks()
    told = await asyncio.gather(*(table.sends() for _ in range(4)))
    assert sorted(told) == ["code_sent", "limit_soon", "limit_soon", "limit_soon"]
    proofs = await asyncio.gather(*(table.types(table.code) for _ in range(3)))
    assert proofs.count(Proof.right) == 1
    session = await table.room.session()
    begun = (table.room.assisting.begin(session, table.room.helper) for _ in range(3))
    await asyncio.gather(*begun, return_exceptions=True)
    session = await table.room.session()
    assert session.conversation_id and session.dossier_id
    await table.sends_page()
    links = table.by_phone.links
    opened = await asyncio.gather(*(links.open(table.link, one) for one in (MINE, OTHERS)))
    assert sorted(map(bool, opened)) == [False, True]
    assert await links.is_opened(session.id) and await table.by_phone.has_page(session) == "opened"
    await table.room.store.erase(session.conversation_id)
    table.room.clock.advance(hours=49)
    await table.room.consents.end_due()
    assert await table.room.session() is None


async def test_a_sealed_number_moves_to_a_new_key(table: Table) -> None:  # noqa: F811
    await table.asks()
    await table.sends()
    store, new = table.room.store, Key.parse(new_key())
    ring = KeyRing((new, *store.keys.keys))
    await resealing.reseal(store.database, ring, store.settings.attachments_dir)
    phone = sa.select(assist_sessions.c.phone).where(assist_sessions.c.id == table.room.session_id)
    sealed = await store.database.read(lambda connection: connection.execute(phone).scalar_one())
    assert KeyRing((new,)).open(sealed, phone_place(table.room.session_id)) == NUMBER.encode()
