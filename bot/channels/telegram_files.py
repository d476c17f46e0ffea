"""Fetches what a citizen sent through Telegram: the largest size of a photo, or a document."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telegram import Message
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.channels.inbound import Inbound

MOST_BYTES = 20 * 1024 * 1024  # a bot may fetch no more of one file
TRIES = 3
FETCH_SECONDS = 30.0


class FileLost(Exception):
    """It cannot be fetched: too large for a bot, gone, or Telegram did not answer."""


@dataclass(frozen=True)
class RemoteFile:
    """A file at Telegram's; `read` fetches it."""

    id: str
    name: str = field(repr=False)
    size_bytes: int

    async def fetch(self, bot: ExtBot) -> io.BytesIO:
        """Raises FileLost."""
        if self.size_bytes > MOST_BYTES:
            raise FileLost("more than a bot may fetch")
        for number in range(1, TRIES + 1):
            try:
                found = await bot.get_file(self.id, read_timeout=FETCH_SECONDS)
                content = io.BytesIO()
                await found.download_to_memory(content, read_timeout=FETCH_SECONDS)
                content.seek(0)
                return content
            except BadRequest as error:  # asking again would not help
                raise FileLost("telegram refuses it") from error
            except TelegramError as error:
                if number == TRIES:
                    raise FileLost(type(error).__name__) from error
        raise FileLost("not tried")


class Fetched:
    """A fetched file as an upload."""

    def __init__(self, content: io.BytesIO) -> None:
        self._content = content

    async def read(self, size: int, /) -> bytes:
        return self._content.read(size)


# What a channel does with a message that brings a file; None: the citizen was told why it is not taken.
Bring = Callable[[Inbound, RemoteFile], Awaitable[Inbound | None]]


def file_of(message: Message | None) -> RemoteFile | None:
    """None for a message without a file that could be a paper (a voice, a sticker)."""
    if message is None:
        return None
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return RemoteFile(largest.file_id, "photo.jpg", largest.file_size or 0)
    document = message.document
    return RemoteFile(document.file_id, document.file_name or "document", document.file_size or 0) if document else None
