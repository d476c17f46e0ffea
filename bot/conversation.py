"""What the store hands out: a conversation, its lines, and how they are sealed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Part, Reply, Turn
from bot.privacy import KeyRing


@dataclass(frozen=True)
class Conversation:
    id: str
    channel: str
    address: str | None = field(repr=False)  # None: the citizen comes to us (web)
    created_at: datetime
    last_active_at: datetime
    closed_at: datetime | None  # set: nothing may be pushed until the citizen writes again

    @classmethod
    def unseal(cls, row: Any, keys: KeyRing) -> Conversation:
        return cls(
            id=row.id,
            channel=row.channel,
            address=open_address(keys, row.id, row.address),
            created_at=row.created_at,
            last_active_at=row.last_active_at,
            closed_at=row.closed_at,
        )


@dataclass(frozen=True)
class Received:
    """`is_new`: act on it. Otherwise `earlier` is its outcome, or None while the first copy is being answered
    (`is_answered` False) or after the citizen had everything erased (`is_answered` True)."""

    conversation_id: str
    seq: int
    is_new: bool
    is_answered: bool = False
    earlier: Outcome | None = None


class Memory(NamedTuple):
    """`context`: what the last answered turn, in whichever linked channel, wants the next one to know; {} at first."""

    context: dict[str, Any]
    is_linked: bool  # with another channel of the same citizen


class Unanswered(NamedTuple):
    """A stored message whose turn was cut off: everything `flows` needs to take it again."""

    conversation: Conversation
    inbound: Inbound
    received: Received
    received_at: datetime


class Said(Part):
    """The body of an "out" line: an Outcome, or a push without a turn."""

    replies: tuple[Reply, ...]
    turn: Turn | None = None


def seal_inbound(keys: KeyRing, conversation_id: str, seq: int, inbound: Inbound) -> bytes:
    return keys.seal(json.dumps(asdict(inbound)).encode(), message_place(conversation_id, seq))


def open_inbound(keys: KeyRing, conversation_id: str, seq: int, body: bytes) -> Inbound:
    fields = json.loads(keys.open(body, message_place(conversation_id, seq)))
    return Inbound(**{**fields, "attachment_ids": tuple(fields["attachment_ids"])})


def seal_said(keys: KeyRing, conversation_id: str, seq: int, said: Outcome | Said) -> bytes:
    said_json = said.model_dump_json(include={"replies", "turn"})
    return keys.seal(said_json.encode(), message_place(conversation_id, seq))


def open_said(keys: KeyRing, conversation_id: str, seq: int, body: bytes) -> Said:
    # What another version of ours wrote may know parts that this one does not: better told in part than not at all.
    return Said.model_validate_json(keys.open(body, message_place(conversation_id, seq)), extra="ignore")


def open_line(keys: KeyRing, row: Any) -> dict[str, Any]:
    """One line of the history as it goes over HTTP: a citizen's message, or all we said at once."""
    line = {"seq": row.seq, "direction": row.direction, "at": row.received_at.isoformat(timespec="milliseconds")}
    if row.direction == "in":
        return line | _inbound_line(open_inbound(keys, row.conversation_id, row.seq, row.body))
    said = open_said(keys, row.conversation_id, row.seq, row.body)
    replies = [reply.model_dump(mode="json", exclude_none=True) for reply in said.replies]
    turn = said.turn.model_dump(mode="json") if said.turn else None
    return line | {"reply_to": row.reply_to, "replies": replies, "turn": turn}


def _inbound_line(inbound: Inbound) -> dict[str, Any]:
    return {
        "message_id": inbound.message_id,
        "text": inbound.text,
        "payload": inbound.payload,
        "attachment_ids": list(inbound.attachment_ids),
    }


def seal_context(keys: KeyRing, conversation_id: str, context: dict[str, Any]) -> bytes:
    return keys.seal(json.dumps(context, ensure_ascii=False).encode(), context_place(conversation_id))


def open_context(keys: KeyRing, conversation_id: str, sealed: bytes | None) -> dict[str, Any]:
    return json.loads(keys.open(sealed, context_place(conversation_id))) if sealed else {}


def seal_address(keys: KeyRing, conversation_id: str, address: str) -> bytes:
    return keys.seal(address.encode(), address_place(conversation_id))


def open_address(keys: KeyRing, conversation_id: str, sealed: bytes | None) -> str | None:
    return keys.open(sealed, address_place(conversation_id)).decode() if sealed else None


def message_place(conversation_id: str, seq: int) -> str:
    return f"messages/{conversation_id}/{seq}"


def context_place(conversation_id: str) -> str:
    return f"conversations/{conversation_id}/context"


def address_place(conversation_id: str) -> str:
    return f"conversations/{conversation_id}/address"


def attachment_place(attachment_id: str) -> str:
    return f"attachments/{attachment_id}/name"


def attachment_details_place(attachment_id: str) -> str:
    return f"attachments/{attachment_id}/details"


def dossier_place(dossier_id: str) -> str:
    return f"dossiers/{dossier_id}/answers"


def token_hash(token: str) -> bytes:
    """By which the holder of a conversation is told; the token itself is not kept."""
    return hashlib.sha256(token.encode()).digest()
