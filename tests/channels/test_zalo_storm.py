"""A storm of webhooks with copies, forgeries and disorder while sending fails: each message once, in order."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue.context import Context
from bot.evaluation.channels_bench import FAILING, judge, letters, storm
from bot.events import Events
from bot.flows import Gateway
from bot.outbox import Outbox
from bot.settings import Settings
from bot.store import open_store
from tests.channels.zalo_world import OURS, zalo_world

EVENTS, CITIZENS = 400, 25


class Echo:
    """Answers with what was said, in two replies, so that their order can be seen."""

    async def take(self, conversation_id: str, inbound: Inbound, context: Context) -> tuple[Outcome, Context]:
        replies = (Reply(text=f"Đã nhận {inbound.text}."), Reply(text=f"Xong {inbound.text}."))
        return Outcome(replies=replies, turn=Turn(kind="small_talk")), context


@pytest.mark.slow
async def test_in_a_storm_every_genuine_message_is_handled_once_and_in_order(settings: Settings) -> None:
    store = await open_store(settings)
    async with zalo_world(store) as world:
        gateway = Gateway(store, Echo(), Events(), "1800 1096")

        async def on_message(conversation, inbound) -> None:
            await gateway.on_message(conversation, inbound, deliver=True)

        world.desk.on_message = on_message
        object.__setattr__(world.work.door._stories, "on_message", on_message)
        world.records.faults.share = FAILING
        storming = letters(world.records, EVENTS, CITIZENS)
        for letter in storming:
            world.records.citizen(letter.citizen).interacted_at = store.clock()
        outbox = Outbox(store, [world.work.sender], jitter=lambda: 0.0)
        store.on_outbox_grown(outbox.wake)

        async def post(body: bytes, signature: str) -> int:
            headers = {"X-ZEvent-Signature": signature}
            url = f"{OURS}/channels/zalo/webhook"
            return (await world.client.post(url, content=body, headers=headers)).status_code

        async with outbox.running(), world.work.running():
            seen = await storm(post, storming)
            async with asyncio.timeout(120):
                while await _is_open(world, outbox):
                    await asyncio.sleep(0.2)
        verdict = await judge(store, world.records, seen)
    await store.close()
    forged = {letter.text for letter in storming if letter.is_forged}
    genuine = {letter.text for letter in storming} - forged
    assert forged
    assert len(storming) - len({letter.text for letter in storming}) > EVENTS * 0.05  # copies were among them
    assert (seen.forged_accepted, seen.genuine_refused) == (0, 0)
    assert verdict.messages == len(genuine)
    assert verdict.replies == 2 * len(genuine)
    assert verdict.troubles == ()


async def _is_open(world, outbox: Outbox) -> bool:
    counts = await outbox.queue.counts()
    waiting = sum(count for (_, status), count in counts.items() if status in ("waiting", "sending"))
    return waiting > 0 or await world.work.inbox.next_due_in() is not None or bool(world.work.worker._under_way)
