"""After a new key everything of people's help still opens, and the old key may go."""

from __future__ import annotations

from pydantic import SecretStr

from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.privacy import new_key
from bot.settings import Settings
from bot.store import open_store
from tests.handoff.world import LAN, World


async def test_helpers_notes_and_numbers_move_to_a_new_key(store_settings: Settings) -> None:
    old, new = new_key(), new_key()
    before = store_settings.model_copy(update={"secret_keys": SecretStr(old)})
    store = await open_store(before)
    world = await World(store, store.clock).peopled()
    lan = await world.helper(LAN)
    case = await world.taking.claim((await world.opened()).id, lan)
    await world.talking.note(case, lan, "nhà có chó")
    await world.talking.leave_callback(case, "0912345678")
    await store.close()
    both = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(f"{new},{old}")}))
    await both.reseal()
    await both.close()
    after = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(new)}))
    world = World(after, after.clock)
    assert (await Directory(after, load_clocks()).by_phone(LAN)).name == "Nguyễn Thị Lan"
    case = await world.cases.find(case.id)
    assert world.cases.callback(case) == "0912345678"
    assert [line.text for line in await world.cases.lines(case) if line.kind == "note"] == ["nhà có chó"]
    await after.close()
