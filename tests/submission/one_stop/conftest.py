"""What tests of the hand-over share: a sandbox, a citizen, and the world in between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from bot.conversation import Conversation
from bot.sandbox.one_stop_records import Records
from bot.settings import Settings
from bot.store import Store
from bot.submission.one_stop.protocol import OneStop
from tests.clock import Clock
from tests.submission.one_stop.world import World, connected, sandbox_app


@pytest.fixture
def agency(tmp_path: Path, clock: Clock) -> Iterator[tuple[FastAPI, Records]]:
    app, records = sandbox_app(tmp_path / "sandbox", clock)
    yield app, records
    records.close()


@pytest.fixture
def records(agency: tuple[FastAPI, Records]) -> Records:
    return agency[1]


@pytest.fixture(params=["exchange", "dvc_sync"])
async def either(
    request: pytest.FixtureRequest, store: Store, settings: Settings, agency: tuple[FastAPI, Records]
) -> AsyncIterator[OneStop]:
    """The adapter of each protocol."""
    async with connected(store, settings, agency[0], request.param) as one_stop:
        yield one_stop


@pytest.fixture
async def exchange(store: Store, settings: Settings, agency: tuple[FastAPI, Records]) -> AsyncIterator[OneStop]:
    async with connected(store, settings, agency[0]) as one_stop:
        yield one_stop


@pytest.fixture
async def citizen(store: Store) -> Conversation:
    return await store.conversation_for("telegram", "an")


@pytest.fixture
def world(store: Store, exchange: OneStop) -> World:
    return World(store, exchange)
