"""Every statement of helper mode on each database that we support."""

from __future__ import annotations

import asyncio

import pytest

from bot.assisting import codes
from bot.assisting.session import Ending, Proof
from tests.assisting.conftest import Room, number_in


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
