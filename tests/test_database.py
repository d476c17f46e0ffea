"""The tables are built by migrations, whoever starts first, and are what the code believes they are."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

import bot.migrations
from bot.database import DatabaseUnusable, open_database
from bot.settings import Settings
from bot.store import Store, open_store
from bot.tables import metadata

START = """
import asyncio
from bot.settings import Settings
from bot.store import open_store

async def start():
    store = await open_store(Settings(_env_file=None))
    await store.conversation_for("telegram", "an")
    await store.close()

asyncio.run(start())
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres")


@pytest.fixture
def store_settings(settings: Settings, database_url: str) -> Settings:
    """On nothing yet: here the real migrations run for every test."""
    return settings.model_copy(update={"database_url": database_url})


def _differences(connection: sa.Connection) -> list:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


def _bring_to(revision: str, settings: Settings) -> None:
    """What a program of that age would have left."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    config, engine = Config(), sa.create_engine(settings.sqlalchemy_url)
    config.set_main_option("script_location", str(Path(bot.migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def _refused(_connection: sa.Connection) -> None:
    raise AssertionError("not needed")


async def test_the_migrations_build_the_tables_the_code_describes(store: Store) -> None:
    assert await store.database.read(_differences) == []


async def test_the_comparison_would_see_a_forgotten_column(store: Store) -> None:
    forget = sa.text("ALTER TABLE switches DROP COLUMN set_at")
    await store.database.write(lambda connection: connection.execute(forget))
    found = await store.database.read(_differences)
    assert [difference[0] for difference in found] == ["add_column"]


async def test_opening_again_changes_nothing(store: Store, store_settings: Settings) -> None:
    conversation = await store.conversation_for("telegram", "an")
    again = await open_store(store_settings)
    assert (await again.conversation_for("telegram", "an")).id == conversation.id
    await again.close()


async def test_several_may_open_an_empty_database_at_once(store_settings: Settings) -> None:
    stores = await asyncio.gather(*(open_store(store_settings) for _ in range(4)))
    found = await asyncio.gather(*(store.conversation_for("telegram", "an") for store in stores))
    assert len({conversation.id for conversation in found}) == 1
    for store in stores:
        await store.close()


async def test_two_processes_may_start_on_an_empty_database_at_once(store_settings: Settings) -> None:
    environment = os.environ | {
        "MOTCUA_ENV": "test",
        "MOTCUA_DATA_DIR": str(store_settings.data_dir),
        "DATABASE_URL": store_settings.database_url,
    }
    both = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, env=environment, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    for process in both:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()


async def test_a_database_of_a_newer_version_is_refused(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    newer = sa.text("UPDATE alembic_version SET version_num = '9999'")
    await store.database.write(lambda connection: connection.execute(newer))
    await store.close()
    with pytest.raises(DatabaseUnusable, match="newer version"):
        await open_store(store_settings)


async def test_a_database_of_an_older_version_is_brought_to_this_one(store_settings: Settings) -> None:
    _bring_to("0006", store_settings)
    store = await open_store(store_settings)
    assert await store.database.read(_differences) == []
    await store.close()


async def test_a_database_that_two_versions_lay_claim_to_is_refused(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    other = sa.text("INSERT INTO alembic_version VALUES ('9999')")
    await store.database.write(lambda connection: connection.execute(other))
    await store.close()
    with pytest.raises(DatabaseUnusable):
        await open_store(store_settings)


async def test_tables_without_a_version_are_refused_and_left_alone(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    conversation = await store.conversation_for("telegram", "an")
    forget = sa.text("DELETE FROM alembic_version")
    await store.database.write(lambda connection: connection.execute(forget))
    with pytest.raises(sa.exc.DBAPIError, match="already exists"):
        await open_store(store_settings)
    assert (await store.conversation_for("telegram", "an")).id == conversation.id
    await store.close()


async def test_a_database_at_head_is_opened_without_running_a_step(
    store_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.database._upgrade", _refused)
    with pytest.raises(AssertionError, match="not needed"):
        await open_store(store_settings)
    monkeypatch.undo()
    await (await open_store(store_settings)).close()
    monkeypatch.setattr("bot.database._upgrade", _refused)
    await (await open_store(store_settings)).close()


async def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(DatabaseUnusable, match="DATABASE_URL"):
        await open_database("sqlite://")


async def test_the_sqlite_file_is_for_its_owner_only_and_lets_readers_read(settings: Settings) -> None:
    store = await open_store(settings)
    path = settings.data_dir / "motcua.sqlite3"
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    await store.close()


async def test_a_writer_waits_for_another_process_instead_of_failing(settings: Settings, tmp_path: Path) -> None:
    store = await open_store(settings)
    other = sqlite3.connect(settings.data_dir / "motcua.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(store.conversation_for("telegram", "an"))
    await asyncio.sleep(0.05)
    assert not writing.done()
    other.execute("COMMIT")
    assert (await writing).channel == "telegram"
    other.close()
    await store.close()


async def test_closing_lets_running_work_end(store_settings: Settings) -> None:
    store = await open_store(store_settings)
    work = asyncio.create_task(store.conversation_for("telegram", "an"))
    await asyncio.sleep(0)
    await store.close()
    assert (await asyncio.gather(work, return_exceptions=True))[0] is not None
    again = await open_store(store_settings)
    await again.ping()
    await again.close()
