"""What the doctor finds wrong with the Zalo channel, in words an operator understands."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI, Response

from bot.channels import zalo_checkup
from bot.channels.zalo_work import Account
from bot.store import Store
from tests.channels.zalo_world import OURS, ZALO, World, zalo_world


@pytest.fixture
def database_url() -> str:
    """One database is enough here: what differs between them is tried with the inbox and the tokens."""
    return ""


async def findings(world: World, ours: FastAPI | None = None, public_url: str = "https://ours.test") -> list[str]:
    mounts = {ZALO: httpx.ASGITransport(world.sandbox), "https://ours.test": httpx.ASGITransport(ours or FastAPI())}
    async with httpx.AsyncClient(mounts=mounts) as client:
        app = world.work.tokens.oauth.app
        account = Account(app, world.records.oa_secret, ZALO, ZALO, {}, public_url)
        return (await zalo_checkup.examine(world.store, account, client))[1]


def answering(status: int) -> FastAPI:
    app = FastAPI()
    app.post("/channels/zalo/webhook")(lambda: Response(status_code=status))
    return app


async def test_a_channel_in_order_has_nothing_wrong(store: Store) -> None:
    async with zalo_world(store) as world:
        assert await findings(world, answering(200)) == []


async def test_missing_consent_and_a_missing_address_are_both_told(store: Store) -> None:
    async with zalo_world(store, consented=False) as world:
        consent, address = await findings(world, public_url=OURS)
        assert "motcua zalo" in consent
        assert "https://" in address


async def test_a_refusal_of_zalos_and_a_webhook_that_does_not_answer_are_told(store: Store) -> None:
    async with zalo_world(store) as world:
        world.records.faults.codes.extend([-221])
        refused, webhook = await findings(world, answering(404))
        assert "-221" in refused
        assert "404" in webhook


async def test_a_wrong_clock_is_told(store: Store, clock) -> None:
    async with zalo_world(store) as world:
        other = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Date": "Tue, 24 Nov 2026 08:10:00 GMT"}))
        async with httpx.AsyncClient(transport=other) as client:
            assert "600 giây" in (await zalo_checkup._clock(ZALO, client, clock()) or "")
        assert world.store is store


async def test_one_template_of_two_for_telephone_numbers_is_told(store: Store) -> None:
    async with zalo_world(store) as world:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(world.sandbox)) as client:
            account = Account(
                world.work.tokens.oauth.app, "x", ZALO, ZALO, {}, OURS, phone_template_ids={"assist_code": "1"}
            )
            troubles = (await zalo_checkup.examine(world.store, account, client))[1]
        assert any("assist_page" in trouble for trouble in troubles)
