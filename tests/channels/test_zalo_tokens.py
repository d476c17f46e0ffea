"""The tokens: renewed ahead of time by one process, each refresh token used once, lost consent told to a person."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.channels.zalo_oauth import ConsentRefused, OAuthUnreachable
from bot.channels.zalo_tables import zalo_tokens
from bot.channels.zalo_tokens import CannotRenew, NoConsent, ZaloTokens
from bot.settings import Settings
from bot.store import Store, open_store
from tests.channels.zalo_world import World, zalo_world
from tests.serving import served_here


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with zalo_world(store) as made:
        yield made


async def test_a_token_is_kept_until_most_of_its_life_is_over(world: World, clock) -> None:
    first = await world.work.tokens.access_token()
    clock.advance(hours=19)
    assert await world.work.tokens.access_token() == first
    clock.advance(hours=2)
    assert await world.work.tokens.access_token() != first
    assert len(world.records.refresh_uses) == 1


async def test_without_an_answer_the_old_one_is_used_as_long_as_it_is_good(world: World, clock) -> None:
    first = await world.work.tokens.access_token()
    world.records.faults.is_oauth_away = True
    clock.advance(hours=21)
    assert await world.work.tokens.access_token() == first
    clock.advance(hours=5)
    with pytest.raises(CannotRenew):
        await world.work.tokens.access_token()
    world.records.faults.is_oauth_away = False
    assert await world.work.tokens.access_token() != first


async def test_a_refused_renewal_is_told_and_not_repeated(world: World, clock) -> None:
    world.records.revoke()
    clock.advance(hours=26)
    for _ in range(2):
        with pytest.raises(NoConsent):
            await world.work.tokens.access_token()
    assert len(world.records.refresh_uses) == 1
    held = await world.work.tokens.state()
    assert held.lost_at == clock()
    assert "-14014" in held.lost_reason


async def test_many_at_once_use_the_refresh_token_once(world: World, clock) -> None:
    clock.advance(hours=26)
    found = await asyncio.gather(*(world.work.tokens.access_token() for _ in range(20)))
    assert len(set(found)) == 1
    assert len(world.records.refresh_uses) == 1


async def test_a_renewal_that_is_abandoned_is_finished_all_the_same(world: World, clock) -> None:
    clock.advance(hours=26)
    asking = asyncio.create_task(world.work.tokens.access_token())
    while not world.work.tokens._renewing:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    await world.work.tokens.close()
    assert (await world.work.tokens.state()).version == 2
    await world.work.tokens.access_token()
    assert len(world.records.refresh_uses) == 1


async def test_a_claim_of_a_dead_process_ends(world: World, clock) -> None:
    clock.advance(hours=26)
    held = await world.work.tokens.state()
    assert await world.work.tokens._claim(held)
    clock.advance(minutes=1)
    assert await world.work.tokens.access_token()


async def test_it_begins_with_the_refresh_token_of_the_settings_once(store: Store, clock) -> None:
    async with zalo_world(store, consented=False) as world:
        with pytest.raises(NoConsent):
            await world.work.tokens.access_token()
        pasted = world.records.new_pair()["refresh_token"]
        assert await world.work.tokens.seed(pasted)
        token = await world.work.tokens.access_token()
        again = ZaloTokens(store, world.work.tokens.oauth)  # after a restart
        assert not await again.seed(pasted)
        assert await again.access_token() == token
        assert world.records.refresh_uses == [pasted]


async def test_wrong_codes_and_secrets_are_refused_and_a_broken_server_is_not_a_refusal(world: World) -> None:
    oauth = world.work.tokens.oauth
    with pytest.raises(ConsentRefused, match="-14012"):
        await oauth.exchange("invented")
    world.records.app_secret = "another"
    with pytest.raises(ConsentRefused, match="-14004"):
        await oauth.renew("x")
    world.records.faults.is_oauth_away = True
    with pytest.raises(OAuthUnreachable):
        await oauth.renew("x")


async def test_the_pair_lies_sealed_and_moves_to_a_new_key(world: World) -> None:
    pair = (await world.work.tokens.state()).pair
    raw = await world.store.database.read(lambda c: c.execute(sa.select(zalo_tokens.c.pair)).scalar_one())
    assert pair.access.encode() not in raw
    assert pair.refresh not in repr(pair)
    await world.store.reseal()
    assert (await world.work.tokens.state()).pair == pair


# One process imports everything and becomes eight, so that the test does not spend its time importing.
REFRESH = """
import asyncio, os, sys
import httpx
from bot.channels.zalo_oauth import ZaloApp, ZaloOAuth
from bot.channels.zalo_tokens import ZaloTokens
from bot.settings import Settings
from bot.store import open_store

async def main(base, app_id, secret, orders, answers):
    store = await open_store(Settings(_env_file=None))
    async with httpx.AsyncClient() as client:
        tokens = ZaloTokens(store, ZaloOAuth(client, base, ZaloApp(app_id, secret)))
        token = await tokens.access_token()
        os.write(answers, b"ready\\n")
        while await asyncio.to_thread(os.read, orders, 1):
            token = await tokens.renewed(token)
            os.write(answers, token.encode() + b"\\n")
    await store.close()

processes, given = int(sys.argv[1]), sys.argv[2:5]
ends = [os.pipe() for _ in range(processes)]
for number in range(processes):
    if os.fork() == 0:
        for other, (reader, writer) in enumerate(ends):
            os.close(writer)
            if other != number:
                os.close(reader)
        os.close(0)
        asyncio.run(main(*given, ends[number][0], 1))
        os._exit(0)
while sys.stdin.buffer.read(1):
    for reader, writer in ends:
        os.write(writer, b"x")
for reader, writer in ends:
    os.close(writer)
    os.close(reader)
for _ in range(processes):
    os.wait()
"""
PROCESSES, ROUNDS = 8, 3


@pytest.mark.slow
async def test_eight_processes_renewing_at_once_use_each_refresh_token_once(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    environment = os.environ | {
        "MOTCUA_ENV": "test",
        "MOTCUA_DATA_DIR": str(store_settings.data_dir),
        "DATABASE_URL": store_settings.database_url,
    }
    async with zalo_world(store) as world, served_here(world.sandbox) as base:
        given = [str(PROCESSES), base, world.records.app_id, world.records.app_secret]
        pipe = asyncio.subprocess.PIPE
        storm = await asyncio.create_subprocess_exec(
            sys.executable, "-c", REFRESH, *given, env=environment, stdin=pipe, stdout=pipe
        )
        assert [await storm.stdout.readline() for _ in range(PROCESSES)] == [b"ready\n"] * PROCESSES
        for _ in range(ROUNDS):  # all of them find the same token refused in the same moment
            storm.stdin.write(b"x")
            found = [await storm.stdout.readline() for _ in range(PROCESSES)]
            assert len(set(found)) == 1
            assert found[0].strip()
        storm.stdin.close()
        assert await storm.wait() == 0
        assert len(world.records.refresh_uses) == len(set(world.records.refresh_uses)) == ROUNDS
    await store.close()
