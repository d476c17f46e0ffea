"""An operator sees what citizens were not told, as a question each, and nobody's numbers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.cli import app
from bot.commands.line import EXIT_BAD_INPUT
from bot.store import Store
from bot.unmet import Unmet, as_text, unmet


async def asks(store: Store, conversation: str, number: int, kind: str, **said: str) -> None:
    inbound = Inbound(channel="web", sender=conversation, message_id=f"{number}", **said)
    received = await store.receive(conversation, inbound)
    told = Outcome(replies=(Reply(text="…"),), turn=Turn(kind=kind))
    await store.answer(conversation, received.seq, told, {}, deliver=False)


async def listed(store: Store, **more: int) -> list[Unmet]:
    return await unmet(store, store.clock() - timedelta(days=30), **more)


async def test_what_many_citizens_asked_comes_first_however_they_typed_it(store: Store) -> None:
    for number, text in enumerate(["xin giấy nuôi ong", "xin giay nuoi ong", "cấp thẻ thợ lặn"]):
        conversation, _ = await store.start_conversation("web")
        await asks(store, conversation.id, number, "not_found", text=text)
    first, second = await listed(store)
    assert (first.times, first.citizens, second.text) == (2, 2, "cấp thẻ thợ lặn")


async def test_what_was_answered_is_not_listed(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "answer", text="làm khai sinh")
    await asks(store, conversation.id, 2, "small_talk", text="cảm ơn")
    assert await listed(store) == []


async def test_none_of_these_counts_for_the_question_before_it_once(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "clarify", text="giấy cho con bò")
    await asks(store, conversation.id, 2, "not_found", payload="n:")
    await asks(store, conversation.id, 3, "not_found", payload="n:")
    assert [(one.text, one.times) for one in await listed(store)] == [("giấy cho con bò", 1)]


async def test_an_answer_called_wrong_counts_for_its_question(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "answer", text="giấy cho con bò")
    await asks(store, conversation.id, 2, "not_found", text="sai rồi")
    assert [one.text for one in await listed(store)] == ["giấy cho con bò"]


async def test_numbers_are_masked(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "not_found", text="tra giúp số 056085001234 với 0912345678")
    (one,) = await listed(store)
    assert "056085001234" not in one.text and "0912345678" not in one.text


async def test_old_and_erased_questions_are_gone(store: Store, clock) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "not_found", text="câu hỏi cũ lắm")
    clock.advance(days=31)
    erased, _ = await store.start_conversation("web")
    await asks(store, erased.id, 2, "not_found", text="câu đã xóa")
    await store.erase(erased.id)
    assert await listed(store) == []


async def test_the_list_has_an_end(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    for number in range(5):
        await asks(store, conversation.id, number, "not_found", text=f"việc lạ thứ {'abcde'[number]}")
    assert len(await listed(store, most=3)) == 3


async def test_the_operator_reads_question_count_and_nearest(store: Store) -> None:
    conversation, _ = await store.start_conversation("web")
    await asks(store, conversation.id, 1, "not_found", text="giấy nuôi ong")
    found = await listed(store)
    told = as_text(found, {"giấy nuôi ong": ["1.000001  Nuôi ong"]})
    assert "1 times, 1 conversations" in told and "    1.000001  Nuôi ong" in told


def test_a_sentence_with_somebodys_number_is_not_taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(tmp_path))
    refused = CliRunner().invoke(app, ["teach", "1.004873", "em số 0912345678 hỏi tạm trú"])
    assert refused.exit_code == EXIT_BAD_INPUT
    assert not (tmp_path / "everyday").exists()
