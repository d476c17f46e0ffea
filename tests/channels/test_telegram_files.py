"""Photos and documents sent through Telegram take the same road as files from the web, each once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Reply
from bot.channels.telegram import TelegramDoor, build_bot
from bot.channels.telegram_files import MOST_BYTES, FileLost, RemoteFile, file_of
from bot.sandbox.telegram import Fault, TelegramSandbox, create_sandbox
from bot.settings import Settings
from bot.store import Store
from bot.stories.messengers import _bring_file
from bot.submission.attachments import Attachments
from tests.serving import served_here
from tests.uploads import JPEG, PDF

TOKEN = "123:ABC-def"


@dataclass
class World:
    """A pretended Telegram, our store behind the door, and what the gateway would get."""

    telegram: TelegramSandbox
    bot: Any
    store: Store
    files: Attachments
    taken: list[Inbound] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    slow: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        services = SimpleNamespace(store=self.store, attachments=self.files, gateway=self)
        self.door = TelegramDoor(
            self.bot, self._accept, self._blocked, lambda inbound, file: self._bring(services, inbound, file)
        )

    async def _bring(self, services: Any, inbound: Inbound, file: RemoteFile) -> Inbound | None:
        if inbound.message_id in self.slow:
            await asyncio.sleep(0.2)
        return await _bring_file(services, self.bot, inbound, file)

    async def _accept(self, inbound: Inbound) -> None:
        conversation = await self.store.conversation_for("telegram", inbound.sender)
        received = await self.store.receive(conversation.id, inbound)
        if received.is_new:
            self.taken.append(inbound)

    async def _blocked(self, address: str) -> None: ...

    async def push(self, conversation_id: str, reply: Reply) -> None:
        self.told.append(reply.text)

    async def content(self, inbound: Inbound) -> bytes:
        conversation = await self.store.conversation_for("telegram", inbound.sender)
        file = await self.files.find(conversation.id, inbound.attachment_ids[0])
        return b"".join([piece async for piece in self.files.read(file)])


@pytest.fixture
async def world(store: Store, settings: Settings) -> AsyncIterator[World]:
    telegram = TelegramSandbox(TOKEN)
    async with served_here(create_sandbox(telegram)) as base, build_bot(TOKEN, base) as bot:
        yield World(telegram, bot, store, Attachments(store, settings))


async def test_the_largest_size_of_a_photo_is_taken(world: World) -> None:
    await world.door.take(world.telegram.sends_photo(7, JPEG, caption="giấy đây ạ", media_group_id="g1"))
    [inbound] = world.taken
    assert (inbound.text, inbound.album) == ("giấy đây ạ", "g1")
    assert await world.content(inbound) == JPEG


async def test_a_document_is_told_by_its_content(world: World) -> None:
    await world.door.take(world.telegram.sends_document(7, PDF + b"x" * 100, "tờ khai.exe"))
    assert (await world.content(world.taken[0])).startswith(PDF)
    await world.door.take(world.telegram.sends_document(7, b"MZ a program", "tờ khai.pdf"))
    assert len(world.taken) == 1 and "chỉ nhận ảnh" in world.told[0]


async def test_a_caption_is_heard_although_its_file_is_refused(world: World) -> None:
    await world.door.take(world.telegram.sends_document(7, b"MZ a program", "a.pdf", caption="lệ phí bao nhiêu?"))
    assert [(one.text, one.attachment_ids) for one in world.taken] == [("lệ phí bao nhiêu?", ())]
    assert len(world.told) == 1


async def test_a_second_copy_fetches_nothing_and_tells_nothing_again(world: World) -> None:
    update = world.telegram.sends_photo(7, JPEG)
    bad = world.telegram.sends_document(7, b"MZ", "a.exe")
    for _ in range(2):
        await world.door.take(update)
        await world.door.take(bad)
    assert len(world.taken) == 1 and len(world.told) == 1
    assert world.telegram.calls.count("getFile") == 3, "the refused one is looked at again, the kept one is not"
    assert len(list(world.files._folder.iterdir())) == 1


async def test_words_do_not_overtake_the_photo_before_them(world: World) -> None:
    photo, text = world.telegram.sends_photo(7, JPEG), world.telegram.says(7, "xong rồi")
    other = world.telegram.says(8, "người khác")
    world.slow.add(f"u{photo['update_id']}")
    await asyncio.gather(*(world.door.take(update) for update in (photo, text, other)))
    assert [one.message_id for one in world.taken if one.sender == "7"] == [
        f"u{photo['update_id']}",
        f"u{text['update_id']}",
    ]
    assert world.taken[0].sender == "8", "nobody else waits"


async def test_a_file_that_is_too_large_or_gone_is_told(world: World) -> None:
    huge = world.telegram.sends_document(7, JPEG, "a.jpg")
    huge["message"]["document"]["file_size"] = MOST_BYTES + 1
    gone = world.telegram.sends_photo(7, JPEG)
    world.telegram.files.clear()
    for update in (huge, gone):
        await world.door.take(update)
    assert world.taken == [] and all("chưa tải được" in text for text in world.told) and len(world.told) == 2


async def test_telegram_is_asked_again_when_it_stumbles(world: World) -> None:
    world.telegram.faults.append(Fault("getFile", 500, "Internal Server Error", times=2))
    await world.door.take(world.telegram.sends_photo(7, JPEG))
    assert len(world.taken) == 1 and world.told == []
    world.telegram.faults.append(Fault("getFile", 500, "Internal Server Error", times=3))
    await world.door.take(world.telegram.sends_photo(7, JPEG))
    assert len(world.taken) == 1 and len(world.told) == 1


async def test_telegram_that_cannot_be_reached_loses_the_file_only() -> None:
    with pytest.raises(FileLost):
        await RemoteFile("f", "a.jpg", 10).fetch(build_bot(TOKEN, "http://127.0.0.1:9"))


def test_a_message_without_a_paper_brings_none() -> None:
    assert file_of(None) is None
    assert file_of(SimpleNamespace(photo=(), document=None)) is None
