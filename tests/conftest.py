"""What tests share: settings over a fresh folder, a clock, and a store on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.store import Store, open_store
from tests.clock import Clock
from tests.databases import (  # noqa: F401 — fixtures for every test
    empty_postgres,
    migrated_file,
    migrated_postgres,
    postgres,
    postgres_url,
    put_at_head,
)
from tests.gateway import citizen, gateway, http, prepared_dir  # noqa: F401 — fixtures for every test


@pytest.fixture(autouse=True)
def _log_records_as_before() -> Iterator[None]:
    """The mask over logs is for the whole process; a test that starts the server must not leave it behind."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """As a demonstration would have them, on SQLite; nothing of the machine's own .env."""
    return Settings(_env_file=None, env="test", data_dir=data_dir, database_url="")


@pytest.fixture
def store_settings(settings: Settings, database_url: str, migrated_file: Path) -> Settings:  # noqa: F811
    """The same for each database we support, at head; open a second store on them to play a restart."""
    if not database_url:
        put_at_head(settings, migrated_file)
    return settings.model_copy(update={"database_url": database_url})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(store_settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(store_settings, clock)
    yield store
    await store.close()
