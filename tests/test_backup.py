"""What a backup holds comes back whole; what it must not hold is not in it; a bad one changes nothing."""

from __future__ import annotations

import asyncio
import tarfile
from pathlib import Path

import pytest

from bot.backup import BadBackup, backup, restore
from bot.settings import Settings
from bot.store import open_store, utc_now
from tests.talk import answered

WORDS = "làm khai sinh cho bé mới đẻ"


@pytest.fixture
def lived_in(settings: Settings) -> Settings:
    """A data folder with a conversation, a file, an import, and what can be made anew."""

    async def talk() -> None:
        store = await open_store(settings)
        conversation = await store.conversation_for("telegram", "4711")
        await answered(store, conversation.id, WORDS, "Cần ba loại giấy tờ.")
        await store.close()

    asyncio.run(talk())
    for name in ("attachments/ab12", "everyday/operator.yml", "imported.jsonl", "models/big.bin", "index/CURRENT"):
        (settings.data_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data_dir / name).write_text(name)
    return settings


def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """A new machine with the same key."""
    keys = (settings.data_dir / "secret.key").read_text()
    return Settings(_env_file=None, env="test", data_dir=tmp_path / "new", secret_keys=keys)


def words(settings: Settings) -> list[str]:
    async def read() -> list[str]:
        store = await open_store(settings)
        try:
            conversation = await store.conversation_for("telegram", "4711")
            return [line["text"] for line in await store.history(conversation.id) if line["direction"] == "in"]
        finally:
            await store.close()

    return asyncio.run(read())


def test_what_was_said_and_sent_comes_back_on_another_machine(lived_in: Settings, tmp_path: Path) -> None:
    told = backup(lived_in, tmp_path / "b.tar.gz", utc_now())
    new = elsewhere(lived_in, tmp_path)
    back = restore(new, tmp_path / "b.tar.gz")
    assert words(new) == [WORDS]
    assert (new.data_dir / "attachments/ab12").read_text() == "attachments/ab12"
    assert (new.data_dir / "everyday/operator.yml").exists() and (new.data_dir / "imported.jsonl").exists()
    assert told.has_database and back.has_database and told.files == back.files == 3
    assert back.key_id == lived_in.key_ring().current.id.hex()


def test_keys_and_what_can_be_made_anew_are_not_in_it(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "b.tar.gz", utc_now())
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        names = archive.getnames()
    assert not [name for name in names if "secret" in name or name.startswith(("models", "index"))]
    assert WORDS.encode() not in (tmp_path / "b.tar.gz").read_bytes()


def test_a_backup_taken_while_citizens_write_is_of_one_moment(lived_in: Settings, tmp_path: Path) -> None:
    async def write_meanwhile() -> None:
        store = await open_store(lived_in)
        conversation = await store.conversation_for("telegram", "4712")
        writing = asyncio.create_task(_many(store, conversation.id))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(backup, lived_in, tmp_path / "b.tar.gz", utc_now())
        await writing
        await store.close()

    asyncio.run(write_meanwhile())
    new = elsewhere(lived_in, tmp_path)
    restore(new, tmp_path / "b.tar.gz")
    assert words(new) == [WORDS]


async def _many(store, conversation_id: str) -> None:
    for number in range(60):
        await answered(store, conversation_id, f"câu {number}", "vâng", message_id=f"n{number}")


def test_a_backup_never_replaces_another(lived_in: Settings, tmp_path: Path) -> None:
    (tmp_path / "b.tar.gz").write_text("older")
    with pytest.raises(BadBackup):
        backup(lived_in, tmp_path / "b.tar.gz", utc_now())
    assert (tmp_path / "b.tar.gz").read_text() == "older"


def test_nothing_is_restored_over_what_is_there(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "b.tar.gz", utc_now())
    with pytest.raises(BadBackup, match="empty"):
        restore(lived_in, tmp_path / "b.tar.gz")
    assert words(lived_in) == [WORDS]


@pytest.mark.parametrize("keep", [0, 1, 30, 0.5, 0.99])
def test_a_backup_that_was_cut_off_changes_nothing(lived_in: Settings, tmp_path: Path, keep: float) -> None:
    backup(lived_in, tmp_path / "b.tar.gz", utc_now())
    whole = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(whole[: int(keep if keep >= 1 else keep * len(whole))])
    new = elsewhere(lived_in, tmp_path)
    with pytest.raises(BadBackup):
        restore(new, tmp_path / "cut.tar.gz")
    assert list(new.data_dir.iterdir()) == []


def test_a_forged_archive_cannot_write_outside(settings: Settings, tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar.gz"
    (tmp_path / "file").write_text("x")
    with tarfile.open(evil, "w:gz") as archive:
        archive.add(tmp_path / "file", "../../outside")
    with pytest.raises(BadBackup):
        restore(settings, evil)
    assert not (tmp_path.parent / "outside").exists() and not (tmp_path / "outside").exists()
