"""A file handed in is kept whole and sealed, or not at all."""

from __future__ import annotations

import asyncio

import pytest

from bot.privacy import CannotDecrypt
from bot.sealed_file import FRAME_BYTES
from bot.settings import Settings
from bot.store import Conversation, Store, UnknownConversation
from bot.submission.attachments import Attachment, Attachments, RefusedFile
from tests.uploads import JPEG, PDF, PNG, upload

MAX_BYTES = 3 * FRAME_BYTES


@pytest.fixture
def file_settings(store_settings: Settings) -> Settings:
    return store_settings.model_copy(update={"max_upload_bytes": MAX_BYTES, "max_upload_files": 3})


@pytest.fixture
def attachments(store: Store, file_settings: Settings) -> Attachments:
    return Attachments(store, file_settings)


@pytest.fixture
async def conversation(store: Store) -> Conversation:
    return (await store.start_conversation("web"))[0]


def stored(settings: Settings) -> list[str]:
    folder = settings.attachments_dir
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def content(attachments: Attachments, attachment: Attachment) -> bytes:
    return b"".join([piece async for piece in attachments.read(attachment)])


async def test_a_file_comes_back_as_it_was_handed_in(
    attachments: Attachments, conversation: Conversation, file_settings: Settings
) -> None:
    kept = await attachments.accept(conversation.id, "tờ khai.exe", upload(PDF + b"x" * 1000))
    assert (kept.name, kept.media_type, kept.size_bytes) == ("tờ khai.pdf", "application/pdf", len(PDF) + 1000)
    assert await attachments.find(conversation.id, kept.id) == kept
    assert await content(attachments, kept) == PDF + b"x" * 1000
    [path] = file_settings.attachments_dir.iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert b"%PDF" not in path.read_bytes()


@pytest.mark.parametrize("size", [FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, MAX_BYTES])
@pytest.mark.parametrize("piece", [1 << 30, 100_001])
async def test_every_size_comes_back_whole(
    attachments: Attachments, conversation: Conversation, size: int, piece: int
) -> None:
    whole = PNG + bytes(range(256)) * (size // 256 + 1)
    kept = await attachments.accept(conversation.id, "a.png", upload(whole[:size], piece))
    assert await content(attachments, kept) == whole[:size]


async def test_a_type_is_told_even_when_bytes_trickle_in(attachments: Attachments, conversation: Conversation) -> None:
    assert (await attachments.accept(conversation.id, "a", upload(JPEG, piece=1))).media_type == "image/jpeg"


@pytest.mark.parametrize(
    ("whole", "key", "status"),
    [
        (b"", "file_empty", 422),
        (b"MZ a program", "file_type", 415),
        (JPEG + b"x" * MAX_BYTES, "file_too_large", 413),
    ],
)
async def test_what_is_not_taken_leaves_nothing_behind(
    attachments: Attachments,
    conversation: Conversation,
    file_settings: Settings,
    whole: bytes,
    key: str,
    status: int,
) -> None:
    with pytest.raises(RefusedFile) as refused:
        await attachments.accept(conversation.id, "a.jpg", upload(whole))
    assert (refused.value.key, refused.value.status) == (key, status)
    assert stored(file_settings) == []


async def test_a_huge_file_is_refused_long_before_it_is_read_to_its_end(
    attachments: Attachments, conversation: Conversation
) -> None:
    huge = upload(JPEG + b"x" * (20 * MAX_BYTES), piece=64 * 1024)
    with pytest.raises(RefusedFile):
        await attachments.accept(conversation.id, "a.jpg", huge)
    assert huge.read_bytes <= MAX_BYTES + 64 * 1024


async def test_an_upload_that_breaks_off_leaves_nothing_behind(
    attachments: Attachments, conversation: Conversation, file_settings: Settings
) -> None:
    with pytest.raises(ConnectionError):
        await attachments.accept(
            conversation.id, "a.jpg", upload(JPEG + b"x" * MAX_BYTES, piece=100_000, breaks_after=400_000)
        )
    assert stored(file_settings) == []


async def test_a_conversation_holds_so_many_files_also_when_they_come_at_once(
    attachments: Attachments, conversation: Conversation, file_settings: Settings
) -> None:
    tries = [attachments.accept(conversation.id, f"{number}.jpg", upload(JPEG)) for number in range(6)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    refused = [result for result in results if isinstance(result, RefusedFile)]
    assert [error.key for error in refused] == ["file_too_many"] * 3
    assert len(stored(file_settings)) == 3


async def test_a_file_for_a_conversation_that_is_gone_is_not_kept(
    attachments: Attachments, file_settings: Settings
) -> None:
    with pytest.raises(UnknownConversation):
        await attachments.accept("nowhere", "a.jpg", upload(JPEG))
    assert stored(file_settings) == []


async def test_a_file_belongs_to_its_conversation_only(
    attachments: Attachments, conversation: Conversation, store: Store
) -> None:
    kept = await attachments.accept(conversation.id, "a.jpg", upload(JPEG))
    other, _ = await store.start_conversation("web")
    assert await attachments.find(other.id, kept.id) is None
    assert await attachments.all_belong(conversation.id, [kept.id, kept.id])
    assert await attachments.all_belong(conversation.id, [])
    assert not await attachments.all_belong(conversation.id, [kept.id, "unknown"])
    assert not await attachments.all_belong(conversation.id, [kept.id, "a\x00b"])
    assert await attachments.find(conversation.id, "../a\x00b") is None
    assert not await attachments.all_belong(other.id, [kept.id])


async def test_erasing_a_conversation_takes_its_files_and_no_others(
    attachments: Attachments, conversation: Conversation, store: Store, file_settings: Settings
) -> None:
    await attachments.accept(conversation.id, "a.jpg", upload(JPEG))
    other, _ = await store.start_conversation("web")
    kept = await attachments.accept(other.id, "b.jpg", upload(JPEG))
    await attachments.erase(conversation.id)
    assert stored(file_settings) == [kept.id]
    await store.erase(other.id)
    assert stored(file_settings) == []


async def test_a_file_that_was_cut_off_swapped_or_changed_does_not_open(
    attachments: Attachments, conversation: Conversation, file_settings: Settings
) -> None:
    one, two = [
        await attachments.accept(conversation.id, "a.png", upload(PNG + bytes([number]) * (2 * FRAME_BYTES)))
        for number in (1, 2)
    ]
    path, other = [file_settings.attachments_dir / kept.id for kept in (one, two)]
    whole = path.read_bytes()
    frame = len(whole) // 2 - len(whole) // 2 % FRAME_BYTES
    for broken in (
        whole[: frame + 4 + 33],
        whole[:-1],
        whole[:-5] + b"wrong",
        other.read_bytes(),
        b"",
    ):
        path.write_bytes(broken)
        with pytest.raises(CannotDecrypt):
            await content(attachments, one)
