"""An operator can switch a channel or a procedure off while serving, with a reason, and on again."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bot.settings import Settings
from bot.store import Store, open_store
from bot.switches import BadSwitch, Switches, set_switch


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_everything_is_on_at_first(store: Store) -> None:
    switches = Switches(store)
    assert not await switches.is_off("channel:telegram")
    assert await switches.procedures_off() == {}
    assert await switches.list() == []


async def test_a_switch_gives_its_reason_until_it_is_cleared(store: Store) -> None:
    switches = Switches(store)
    await switches.set("channel:telegram", " maintenance until 8 pm ")
    await switches.set("procedure:1.001193", "the decree changed today")
    assert await switches.reason_off("channel:telegram") == "maintenance until 8 pm"
    assert await switches.is_off("channel:telegram") and not await switches.is_off("channel:web")
    assert await switches.procedures_off() == {"1.001193": "the decree changed today"}
    assert [switch.name for switch in await switches.list()] == ["channel:telegram", "procedure:1.001193"]
    assert await switches.clear("channel:telegram")
    assert not await switches.clear("channel:telegram")
    assert not await switches.is_off("channel:telegram")


async def test_a_second_set_replaces_the_reason(store: Store) -> None:
    switches = Switches(store)
    await switches.set("channel:web", "first")
    await switches.set("channel:web", "second")
    assert [switch.reason for switch in await switches.list()] == ["second"]


async def test_another_process_sees_a_switch_within_two_seconds(store: Store, store_settings: Settings) -> None:
    seconds, other = Seconds(), await open_store(store_settings)
    serving, operator = Switches(store, seconds), Switches(other)
    assert not await serving.is_off("channel:web")
    await operator.set("channel:web", "maintenance")
    seconds.now = 2.0
    assert await serving.is_off("channel:web")
    await other.close()


async def test_a_turn_that_asks_often_does_not_ask_the_database_often(store: Store) -> None:
    asked: list[str] = []

    def note(*event: object) -> None:
        asked.append(str(event[2]))

    switches = Switches(store, Seconds())
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    for _ in range(50):
        await switches.is_off("channel:web")
        await switches.procedures_off()
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "switches" in statement]) == 1


@pytest.mark.parametrize("name", ["", "web", "channel:", "channel:We b", "procedure:1'2", "payment:vnpay"])
async def test_what_is_no_channel_or_procedure_is_refused(store: Store, name: str) -> None:
    with pytest.raises(BadSwitch):
        await Switches(store).set(name, "reason")


async def test_a_switch_without_a_reason_is_refused(store: Store) -> None:
    with pytest.raises(BadSwitch, match="reason"):
        await Switches(store).set("channel:web", "  ")


async def test_the_command_line_switches_off_and_on(store: Store, store_settings: Settings) -> None:
    await set_switch(store_settings, "channel:web", "maintenance")
    assert await Switches(store).is_off("channel:web")
    await set_switch(store_settings, "channel:web", None)
    assert not await Switches(store).is_off("channel:web")
    with pytest.raises(BadSwitch):
        await set_switch(store_settings, "everything", "maintenance")
