"""What every channel hands in and what every channel's sender promises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.channels.reply import Reply


@dataclass(frozen=True)
class Inbound:
    """One message from a citizen, verified by its channel and not yet acted on.

    `sender` is the citizen's address in the channel (chat id, conversation id); `message_id` is unique
    within the channel, so that a second copy can be told from a new message.
    """

    channel: str
    sender: str
    message_id: str
    text: str | None = None
    payload: str | None = None
    attachment_ids: tuple[str, ...] = ()
    question_id: str | None = None  # the question of a journey that it answers, where the client says so
    album: str | None = None  # files sent together share it, where a channel brings each as a message of its own


class RetryLater(Exception):
    """The channel cannot take it now; `after_seconds` is the channel's own wish, if it said one."""

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Undeliverable(Exception):
    """This message will never be taken (bad shape, too large): a dead letter."""


class ChannelClosed(Exception):
    """The citizen blocked or left the channel: nothing more may be sent there."""


class Sender(Protocol):
    """Delivers one reply to one address; raises one of the three above when it cannot."""

    channel: str

    async def send(self, address: str, reply: Reply) -> None: ...
