"""Killed in the middle of a chat: whatever was acknowledged is there, in order, and nothing twice."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from bot.handoff.case import Reason
from bot.settings import Settings
from bot.store import open_store
from tests.handoff.world import HERE, LAN, PEOPLE, World

TALKER = """
import asyncio, sys
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.settings import Settings
from bot.store import open_store
from tests.handoff.world import LAN, World

async def talk():
    store = await open_store(Settings(_env_file=None))
    world = World(store, store.clock)
    lan = await world.helper(LAN)
    conversation = await store.conversation_for("telegram", "an")
    case = await world.cases.live_of(conversation.id)
    for number in range(int(sys.argv[1]), 400):
        inbound = Inbound("telegram", "an", f"c{number}", text=f"citizen {number}")
        received = await store.receive(conversation.id, inbound)
        if received.is_new:
            await world.talking.citizen_wrote(conversation.id)
            silent = Outcome(replies=(), turn=Turn(kind="handoff"))
            await store.answer(conversation.id, received.seq, silent, {}, deliver=True)
        print("c", number, flush=True)
        await world.talking.say(case, lan, f"h{number}", (Reply(text=f"helper {number}"),))
        print("h", number, flush=True)

asyncio.run(talk())
"""


@pytest.mark.slow
async def test_killed_again_and_again_no_word_of_either_is_lost_or_told_twice(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    world = await World(store, store.clock).peopled(*PEOPLE)
    conversation = await store.conversation_for("telegram", "an")
    opened = await world.taking.open(conversation.id, Reason.asked, HERE, None)
    await world.taking.claim(opened.case.id, await world.helper(LAN))
    await store.close()
    acknowledged, start = [], 0
    for kill_after in (7, 20, 41):
        told = await talk_until_killed(store_settings, start, kill_after)
        acknowledged += [one for one in told if one not in acknowledged]
        start = int(told[-1].split()[1])  # the client sends again what it has no answer for
    again = await open_store(store_settings)
    lines = await again.history(conversation.id, limit=500)
    said = [word_of(line) for line in lines if word_of(line)]
    assert len(said) == len(set(said))
    for who in ("citizen", "helper"):
        numbers = [int(one.split()[1]) for one in said if one.startswith(who)]
        assert numbers == sorted(numbers) == list(range(len(numbers)))
    known = {f"{'citizen' if one[0] == 'c' else 'helper'} {one.split()[1]}" for one in acknowledged}
    assert known <= set(said)
    await again.close()


def word_of(line: dict) -> str:
    if line["direction"] == "in":
        return line["text"]
    texts = [reply["text"] for reply in line["replies"] if reply["text"].startswith("helper ")]
    return texts[0] if texts else ""


async def talk_until_killed(settings: Settings, start: int, lines: int) -> list[str]:
    environment = os.environ | {
        "MOTCUA_ENV": "test",
        "MOTCUA_DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TALKER, str(start), env=environment, stdout=asyncio.subprocess.PIPE
    )
    told = [(await process.stdout.readline()).decode().strip() for _ in range(lines)]
    process.send_signal(signal.SIGKILL)
    rest = (await process.stdout.read()).decode().split("\n")
    await process.wait()
    return [*told, *(line.strip() for line in rest if len(line.split()) == 2)]
