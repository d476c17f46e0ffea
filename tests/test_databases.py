"""The copied database that most tests get is the one which the migrations build, and nothing is in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.database import open_database
from bot.settings import Settings
from bot.tables import metadata


def _differences(connection: sa.Connection) -> list:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


def _filled(connection: sa.Connection) -> list[str]:
    return [table.name for table in metadata.sorted_tables if connection.execute(sa.select(table).limit(1)).first()]


async def test_every_test_starts_on_empty_tables_at_head(store_settings: Settings, monkeypatch) -> None:
    monkeypatch.setattr("bot.database._upgrade", None)  # there would be nothing to call
    database = await open_database(store_settings.sqlalchemy_url)
    assert await database.read(_differences) == []
    assert await database.read(_filled) == []
    await database.close()
