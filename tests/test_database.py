"""The tables are built by migrations, whoever starts first, and are what the code believes they are."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

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


async def test_the_migrations_build_the_tables_the_code_describes(store: Store) -> None:
    def differences(connection: sa.Connection) -> list:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert await store.database.read(differences) == []


async def test_the_comparison_would_see_a_forgotten_column(store: Store) -> None:
    forget = sa.text("ALTER TABLE switches DROP COLUMN set_at")
    await store.database.write(lambda connection: connection.execute(forget))
    found = await store.database.read(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
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
