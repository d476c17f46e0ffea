from __future__ import annotations

import asyncio

import pytest

from bot.turn_order import TurnOrder


async def test_turns_of_a_conversation_run_in_the_order_in_which_they_were_stored() -> None:
    order, stored, answered = TurnOrder(), [], []

    async def one(number: int) -> None:
        async def store() -> int:
            stored.append(number)
            await asyncio.sleep(0)
            return number

        async def turn(seq: int) -> None:
            await asyncio.sleep(0.02 if seq == 0 else 0)  # the first is slow, the others must still wait
            answered.append(seq)

        await order.store_then_turn("a", store, turn)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert answered == stored == [0, 1, 2, 3, 4]


async def test_a_slow_turn_does_not_keep_others_from_being_stored() -> None:
    order, stored, release = TurnOrder(), [], asyncio.Event()

    async def one(number: int) -> None:
        async def store() -> int:
            stored.append(number)
            return number

        await order.store_then_turn("a", store, lambda _: release.wait())

    tasks = [asyncio.create_task(one(number)) for number in range(3)]
    await asyncio.sleep(0.01)
    assert stored == [0, 1, 2]
    release.set()
    await asyncio.gather(*tasks)


async def test_another_conversation_does_not_wait() -> None:
    order, release = TurnOrder(), asyncio.Event()
    slow = asyncio.create_task(order.store_then_turn("a", _nothing, lambda _: release.wait()))
    await order.store_then_turn("b", _nothing, lambda _: _nothing())
    release.set()
    await slow


async def test_a_turn_that_fails_lets_the_next_one_run() -> None:
    order = TurnOrder()

    async def fail(_: None) -> None:
        raise RuntimeError("broken turn")

    with pytest.raises(RuntimeError):
        await order.store_then_turn("a", _nothing, fail)
    await order.store_then_turn("a", _nothing, lambda _: _nothing())


async def test_a_conversation_at_rest_leaves_nothing_in_memory() -> None:
    order = TurnOrder()
    await asyncio.gather(*(order.store_then_turn(f"c{n % 3}", _nothing, lambda _: _nothing()) for n in range(9)))
    assert not order._busy and not order._last and not order._storing


async def _nothing() -> None:
    return None
