"""The work beside the conversations runs as the server runs it, and is off where nothing is set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.jobs import SandboxAccess, one_stop_work, public_base, trusted_hosts
from bot.privacy import new_key
from bot.sandbox.one_stop import PASSWORD, UNIT, USER, create_one_stop_sandbox
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.one_stop.dvc_sync import DvcSync
from bot.submission.one_stop.exchange import Exchange
from tests.submission.one_stop.world import a_handover, submitted_dossier


async def until(happened: Callable[[], object]) -> None:
    """Waits for something, however slow the machine is."""
    async with asyncio.timeout(60):
        while not await happened():
            await asyncio.sleep(0.02)


async def nothing(_: str) -> None:
    """Nobody watches."""


def demo(settings: Settings, **changes: object) -> Settings:
    return Settings(
        _env_file=None, **({"env": "demo", "data_dir": settings.data_dir, "quiet_hours": "00:00-00:00"} | changes)
    )


async def texts(store: Store, conversation_id: str) -> str:
    lines = await store.history(conversation_id)
    return "\n".join(reply["text"] for line in lines for reply in line.get("replies", ()))


@pytest.mark.parametrize(("protocol", "kind"), [("exchange", Exchange), ("dvc_sync", DvcSync)])
async def test_a_demonstration_hands_over_to_its_own_sandbox(
    settings: Settings, tmp_path: Path, protocol: str, kind: type
) -> None:
    given = demo(settings, one_stop_protocol=protocol)
    store = await open_store(given)
    app = create_one_stop_sandbox(tmp_path, "http://localhost:8000/sandbox/one-stop")
    conversation, _ = await store.start_conversation("web")
    access = SandboxAccess(app, USER, PASSWORD, UNIT)
    async with one_stop_work(given, store, nothing, lambda channel: None, access) as work:
        assert isinstance(work.one_stop, kind)
        reference = await submitted_dossier(store, conversation.id)
        await work.handovers.add(a_handover(reference, submitted_at=store.clock()))

        async def is_told() -> bool:
            return "Mã hồ sơ: H15.50.05.13-" in await texts(store, conversation.id)

        await until(is_told)
    assert len(app.state.records.latest()) == 1
    await store.close()


async def test_without_an_address_nothing_is_connected(settings: Settings, tmp_path: Path) -> None:
    store = await open_store(settings)
    async with one_stop_work(settings, store, nothing, lambda channel: None) as work:
        assert work.one_stop is None
        assert await work.look_up.by_code("H15.50.05.13-261124-0001", "x") is None
    app = create_one_stop_sandbox(tmp_path, "")
    sandbox = SandboxAccess(app, USER, PASSWORD, UNIT)
    production = settings.model_copy(update={"env": "production"})
    async with one_stop_work(production, store, nothing, lambda channel: None, sandbox) as work:
        assert work.one_stop is None
    await store.close()


async def test_what_was_left_is_handed_over_at_the_next_start(settings: Settings, tmp_path: Path) -> None:
    given = demo(settings)
    store = await open_store(given)
    conversation, _ = await store.start_conversation("web")
    reference = await submitted_dossier(store, conversation.id)
    async with one_stop_work(given, store, nothing, lambda channel: None) as work:
        await work.handovers.add(a_handover(reference))
    await store.close()
    again = await open_store(given)
    app = create_one_stop_sandbox(tmp_path, "")
    async with one_stop_work(
        given, again, nothing, lambda channel: None, SandboxAccess(app, USER, PASSWORD, UNIT)
    ) as work:

        async def is_done() -> bool:
            return await work.handovers.status_of(reference) == "done"

        await until(is_done)
    await again.close()


async def test_stopping_stops_at_once_though_the_system_is_silent(settings: Settings) -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        await asyncio.sleep(3600)

    given = demo(settings)
    store = await open_store(given)
    conversation, _ = await store.start_conversation("web")
    reference = await submitted_dossier(store, conversation.id)
    async with asyncio.timeout(30):
        async with one_stop_work(given, store, nothing, lambda c: None, SandboxAccess(silent, "", "", UNIT)) as work:
            await work.handovers.add(a_handover(reference))

            async def is_sending() -> bool:
                return await work.handovers.status_of(reference) == "sending"

            await until(is_sending)
    assert await work.handovers.status_of(reference) == "sending"  # its outcome is unknown: sent again
    await store.close()


def test_a_demonstration_trusts_its_own_addresses_and_production_does_not(settings: Settings) -> None:
    assert trusted_hosts(demo(settings, port=9000)) == {"localhost:9000"}
    keys = {"secret_keys": new_key(), "env": "production"}
    assert trusted_hosts(demo(settings, **keys, public_url="https://motcua.example.vn")) == frozenset()
    assert public_base(demo(settings, **keys)) == ""


def test_a_production_with_a_system_but_no_password_does_not_start(settings: Settings) -> None:
    with pytest.raises(ValueError, match="MOTCUA_ONE_STOP_PASSWORD"):
        demo(settings, secret_keys=new_key(), env="production", one_stop_base="https://x.gov.vn")


@pytest.mark.parametrize("hours", ["21-7", "25:00-07:00", "21:00", "9pm-7am"])
def test_quiet_hours_must_be_hours(settings: Settings, hours: str) -> None:
    with pytest.raises(ValueError, match="(?i)quiet_hours"):
        demo(settings, quiet_hours=hours)
