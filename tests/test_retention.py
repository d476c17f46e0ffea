"""Words are unreadable on the disk, leave when asked, leave when their time is over, and move to a new key."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot.channels.reply import Reply
from bot.database import open_database
from bot.handoff.audit import Audit
from bot.privacy import CannotDecrypt, new_key
from bot.retention import check_keys
from bot.settings import Settings
from bot.store import Store, open_store
from bot.submission.attachments import Attachments
from bot.tables import conversations, key_checks, messages, metadata, outbox
from tests.clock import Clock
from tests.talk import answered, message, outcome
from tests.uploads import JPEG, upload

SECRETS = ("Nguyễn Thị Bưởi", "001099012345", "Miễn lệ phí", "4711000", "buoi-cccd", "thư ký riêng")


async def tell_secrets(store: Store, settings: Settings) -> str:
    conversation = await store.conversation_for("telegram", "4711000")
    received = await store.receive(conversation.id, message("Tôi là Nguyễn Thị Bưởi, 001099012345", sender="4711000"))
    said = outcome("Miễn lệ phí.")
    await store.answer(conversation.id, received.seq, said, {"note": "thư ký riêng"}, deliver=True)
    await Attachments(store, settings).accept(conversation.id, "buoi-cccd.jpg", upload(JPEG + b"001099012345"))
    return conversation.id


async def raw_cells(store: Store) -> list[object]:
    """Every value of every table, as the database has it."""
    cells: list[object] = []
    for table in metadata.sorted_tables:
        rows = await store.database.read(lambda connection, table=table: connection.execute(sa.select(table)).all())
        cells += [value for row in rows for value in row]
    return cells


def holds(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if secret.encode() in content or ascii(secret)[1:-1].encode() in content]


async def test_no_table_holds_a_readable_word(store: Store, store_settings: Settings) -> None:
    await tell_secrets(store, store_settings)
    cells = await raw_cells(store)
    assert len(cells) > 30
    assert holds(b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)) == []


async def test_no_file_on_the_disk_holds_a_readable_word(settings: Settings) -> None:
    store = await open_store(settings)
    await tell_secrets(store, settings)
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert any(path.parent.name == "attachments" for path in files)
    assert {path.name: holds(path.read_bytes()) for path in files if holds(path.read_bytes())} == {}
    await store.close()


async def test_a_wrong_key_is_told_at_start_and_names_what_to_do(store_settings: Settings) -> None:
    first = store_settings.model_copy(update={"secret_keys": SecretStr(new_key())})
    await (await open_store(first)).close()
    with pytest.raises(CannotDecrypt, match="MOTCUA_SECRET_KEYS"):
        await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(new_key())}))
    await (await open_store(first)).close()


@pytest.mark.slow
async def test_two_processes_that_note_the_same_new_key_at_once_both_go_on(postgres: str, settings: Settings) -> None:
    keys, both = settings.key_ring(), threading.Barrier(2, timeout=20)

    def seal(*words: Any) -> bytes:
        both.wait()  # neither has noted it yet
        return keys.seal(*words)

    ring: Any = SimpleNamespace(current=keys.current, open=keys.open, seal=seal)
    database = await open_database(settings.model_copy(update={"database_url": postgres}).sqlalchemy_url)
    await asyncio.gather(*(database.write(lambda connection: check_keys(connection, ring)) for _ in range(2)))
    assert len(await database.read(lambda connection: connection.execute(sa.select(key_checks)).all())) == 1
    await database.close()


async def test_an_erased_conversation_holds_nothing_but_can_still_be_told_so(
    store: Store, store_settings: Settings
) -> None:
    conversation_id = await tell_secrets(store, store_settings)
    asked = await store.receive(conversation_id, message("xoá dữ liệu của tôi", "m2", "4711000"))
    await store.erase(conversation_id)
    assert await store.history(conversation_id) == []
    assert list(store_settings.attachments_dir.iterdir()) == []
    assert await store.answer(conversation_id, asked.seq, outcome("Đã xoá."), {"note": "old"}, deliver=True)
    assert (await store.memory(conversation_id)).context == {}
    [line] = await store.history(conversation_id)
    assert line["replies"][0]["text"] == "Đã xoá."


async def test_a_late_copy_of_an_erased_message_is_still_a_copy(store: Store, store_settings: Settings) -> None:
    conversation_id = await tell_secrets(store, store_settings)
    await store.erase(conversation_id)
    again = await store.receive(conversation_id, message("Tôi là Nguyễn Thị Bưởi, 001099012345", sender="4711000"))
    assert (again.is_new, again.is_answered, again.earlier) == (False, True, None)
    assert await store.history(conversation_id) == []


async def test_erased_messages_are_not_answered_after_a_restart(store: Store) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await store.receive(conversation.id, message())
    await store.erase(conversation.id)
    assert await store.unanswered() == []


async def test_the_address_goes_with_the_sweep_once_the_citizen_was_told(
    store: Store, store_settings: Settings, clock: Clock
) -> None:
    conversation_id = await tell_secrets(store, store_settings)
    asked = await store.receive(conversation_id, message("xoá", "m2", "4711000"))
    await store.erase(conversation_id)
    await store.answer(conversation_id, asked.seq, outcome("Đã xoá."), {}, deliver=True)
    clock.advance(hours=2)
    await store.sweep(clock(), 180)
    assert (await store.conversation(conversation_id)).address == "4711000"  # the word of it still waits
    sent = sa.update(outbox).values(status="sent", finished_at=clock())
    await store.database.write(lambda connection: connection.execute(sent))
    await store.sweep(clock(), 180)
    assert (await store.conversation(conversation_id)).address is None
    assert await store.history(conversation_id) == []
    assert (await store.conversation_for("telegram", "4711000")).id != conversation_id
    assert not (await store.receive(conversation_id, message("xoá", "m2", "4711000"))).is_new


async def test_who_writes_again_after_an_erasure_is_not_swept_away(store: Store, clock: Clock) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await store.erase(conversation.id)
    await answered(store, conversation.id, "chào", "Chào bạn.")
    clock.advance(hours=2)
    await store.sweep(clock(), 180)
    assert len(await store.history(conversation.id)) == 2
    assert (await store.conversation_for("telegram", "an")).id == conversation.id


async def test_a_final_erasure_closes_the_door(store: Store) -> None:
    conversation, token = await store.start_conversation("web")
    await store.receive(conversation.id, message(sender=conversation.id, channel="web"))
    await store.erase(conversation.id, is_final=True)
    assert await store.authenticate(conversation.id, token) is None
    assert await store.push(conversation.id, Reply(text="Chào bạn")) is None
    assert await store.history(conversation.id) == []


async def test_the_export_holds_everything_readable(store: Store, store_settings: Settings) -> None:
    conversation_id = await tell_secrets(store, store_settings)
    exported = await store.export(conversation_id)
    assert all(secret in str(exported) for secret in SECRETS)
    assert [line["seq"] for line in exported["messages"]] == [1, 2]
    assert exported["attachments"][0]["media_type"] == "image/jpeg"
    assert await store.export("nowhere") is None


async def test_the_sweep_takes_what_is_past_its_time_and_nothing_else(
    store: Store, store_settings: Settings, clock: Clock
) -> None:
    old = await tell_secrets(store, store_settings)
    clock.advance(days=20)
    young = await store.conversation_for("telegram", "an")
    await answered(store, young.id, "chào", "Chào bạn.")
    assert await store.sweep(clock() + timedelta(days=9), 30) == 0
    assert await store.sweep(clock() + timedelta(days=11), 30) == 1
    assert await store.conversation(old) is None
    assert list(store_settings.attachments_dir.iterdir()) == []
    assert len(await store.history(young.id)) == 2
    count = sa.select(sa.func.count()).select_from(messages)
    assert await store.database.read(lambda connection: connection.execute(count).scalar()) == 2


async def test_the_sweep_takes_more_than_one_batch(store: Store, clock: Clock) -> None:
    rows = [store._new_row("telegram", f"citizen {number}", None) for number in range(450)]
    await store.database.write(lambda connection: connection.execute(sa.insert(conversations), rows))
    assert await store.sweep(clock() + timedelta(days=31), 30) == 450


async def test_old_deliveries_and_events_are_forgotten_and_dead_letters_kept(store: Store, clock: Clock) -> None:
    conversation = await store.conversation_for("telegram", "an")
    await answered(store, conversation.id, "chào", "Một.", "Hai.")
    await store.first_time("telegram", "update 7")
    for part, status in ((0, "sent"), (1, "dead")):
        done = sa.update(outbox).where(outbox.c.part == part).values(status=status, finished_at=clock())
        await store.database.write(lambda connection, done=done: connection.execute(done))
    clock.advance(days=8)
    await store.sweep(clock(), 30)
    left = await store.database.read(lambda connection: connection.execute(sa.select(outbox.c.status)).scalars().all())
    assert left == ["dead"]
    assert await store.first_time("telegram", "update 7")


async def test_the_sweep_takes_files_without_a_row_but_no_upload_under_way(
    store: Store, store_settings: Settings, clock: Clock
) -> None:
    await tell_secrets(store, store_settings)
    [kept] = store_settings.attachments_dir.iterdir()
    orphan, under_way = [store_settings.attachments_dir / name for name in ("0" * 32, "1" * 32)]
    for path in (orphan, under_way):
        path.write_bytes(b"x")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(orphan, (two_days_ago, two_days_ago))
    os.utime(kept, (two_days_ago, two_days_ago))
    await store.sweep(clock(), 180)
    assert set(store_settings.attachments_dir.iterdir()) == {kept, under_way}


async def test_everything_moves_to_a_new_key_and_the_old_one_can_leave(store_settings: Settings, clock: Clock) -> None:
    old, new = new_key(), new_key()

    def with_keys(*keys: str) -> Settings:
        return store_settings.model_copy(update={"secret_keys": SecretStr(",".join(keys))})

    store = await open_store(with_keys(old), clock)
    conversation_id = await tell_secrets(store, store_settings)
    before = await store.export(conversation_id)
    await store.close()

    store = await open_store(with_keys(new, old), clock)
    again = message("Tôi là Nguyễn Thị Bưởi, 001099012345", sender="4711000")
    assert not (await store.receive(conversation_id, again)).is_new  # its hash still lies under the old key
    assert (await store.conversation_for("telegram", "4711000")).id == conversation_id
    assert await store.reseal() == 1 + 2 + 1 + 1  # conversation, two lines, a file's name, the file
    assert await store.reseal() == 0
    await store.close()

    store = await open_store(with_keys(new), clock)
    assert await store.export(conversation_id) == before
    assert (await store.conversation_for("telegram", "4711000")).id == conversation_id
    assert not (await store.receive(conversation_id, again)).is_new
    files = Attachments(store, store_settings)
    found = await files.find(conversation_id, before["attachments"][0]["id"])
    assert b"".join([piece async for piece in files.read(found)]) == JPEG + b"001099012345"
    await store.close()

    with pytest.raises(CannotDecrypt):
        await open_store(with_keys(old), clock)


async def test_a_key_that_still_seals_something_may_not_leave(store_settings: Settings, clock: Clock) -> None:
    old, new = new_key(), new_key()
    store = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(old)}), clock)
    await store.close()
    store = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(f"{new},{old}")}), clock)
    known = await store.database.read(lambda connection: connection.execute(sa.select(key_checks.c.key_id)).all())
    assert len(known) == 2
    await store.close()
    with pytest.raises(CannotDecrypt):
        await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(new)}), clock)


async def test_a_row_moved_to_another_conversation_does_not_open(store: Store, tmp_path: Path) -> None:
    an, binh = [await store.conversation_for("telegram", name) for name in ("an", "binh")]
    await answered(store, an.id, "chào", "Chào bạn.")
    moved = sa.update(messages).values(conversation_id=binh.id)
    await store.database.write(lambda connection: connection.execute(moved))
    with pytest.raises(CannotDecrypt, match="moved"):
        await store.history(binh.id)


async def test_what_was_done_at_the_desk_is_forgotten_after_its_own_time(store: Store, clock: Clock) -> None:
    audit = Audit(store)
    await audit.note("h", "sign_in")
    clock.advance(days=31 * 24 - 1)
    await audit.note("h", "sign_out")
    await store.sweep(clock(), 180)
    assert len(await audit.newest()) == 2
    clock.advance(days=2)
    await store.sweep(clock(), 180)
    assert [one.act for one in await audit.newest()] == ["sign_out"]
