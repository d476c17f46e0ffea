"""A dossier as it is kept: the answers sealed, the procedure frozen as it was read."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from bot.conversation import dossier_place
from bot.privacy import KeyRing
from bot.submission.journey import Answer, Answers, Path, replay
from bot.submission.posting import with_delivery
from knowledge.schema import Procedure

TAG_CHARS = 8  # of the id: enough to tell a conversation's own dossiers apart, short enough for a button
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
CODE_PREFIX = "MC"
CODE_CHARS = 8


class Status(StrEnum):
    """A draft of ours, then the ten states of the national exchange."""

    draft = "draft"
    submitted = "submitted"
    accepted = "accepted"
    refused = "refused"
    processing = "processing"
    supplement_requested = "supplement_requested"
    payment_requested = "payment_requested"
    withdrawn = "withdrawn"
    stopped = "stopped"
    completed = "completed"
    returned = "returned"

    @property
    def national_code(self) -> int | None:
        """1 'mới đăng ký' … 10 'đã trả kết quả'; a draft has none."""
        return list(Status).index(self) or None


@dataclass(frozen=True)
class Dossier:
    """One reading of a row; `version` says which."""

    id: str
    conversation_id: str
    procedure: Procedure = field(repr=False)
    digest: str
    status: Status
    answers: Answers = field(repr=False)  # all that were ever given; those off the path wait there
    version: int
    last_change: bytes | None
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None
    consented_at: datetime | None = None
    submitted_at: datetime | None = None
    reference: str | None = None

    @cached_property
    def path(self) -> Path:
        own = replay(self.procedure.questions, self.answers)
        return with_delivery(own, self.procedure, self.answers)

    @property
    def tag(self) -> str:
        return self.id[:TAG_CHARS]

    @property
    def is_draft(self) -> bool:
        return self.status is Status.draft


def seal_answers(keys: KeyRing, dossier_id: str, answers: Answers) -> bytes:
    plain = {step: [answer.value, answer.shown] for step, answer in answers.items()}
    return keys.seal(json.dumps(plain, ensure_ascii=False).encode(), dossier_place(dossier_id))


def open_answers(keys: KeyRing, dossier_id: str, sealed: bytes) -> Mapping[str, Answer]:
    plain = json.loads(keys.open(sealed, dossier_place(dossier_id)))
    return {step: Answer(value, shown) for step, (value, shown) in plain.items()}


def frozen(procedure: Procedure) -> tuple[str, bytes]:
    """The procedure as it will be read for this dossier from now on, and the name of this reading."""
    body = procedure.model_dump_json().encode()
    return hashlib.sha256(body).hexdigest(), body


def thawed(body: bytes) -> Procedure:
    # What a newer version of ours froze may have parts that this one does not know.
    return Procedure.model_validate_json(body, extra="ignore")


def new_code() -> str:
    """A code to go on with elsewhere: 39 bits, looked up by its keyed hash, its guesses limited."""
    while True:
        drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_CHARS))
        if not drawn.isalpha():  # a figure tells it from words
            return f"{CODE_PREFIX}-{drawn[:4]}-{drawn[4:]}"


def read_code(text: str) -> str | None:
    """The code in a message, however it is spaced and written; None when there is none."""
    bare = "".join(char for char in text.upper() if char.isalnum() and char.isascii())
    start = bare.find(CODE_PREFIX) if len(bare) <= 40 else -1
    drawn = bare[start + len(CODE_PREFIX) :] if start >= 0 else ""
    if len(drawn) != CODE_CHARS or not set(drawn) <= set(CODE_LETTERS) or drawn.isalpha():
        return None
    return f"{CODE_PREFIX}-{drawn[:4]}-{drawn[4:]}"


def new_reference(day: datetime) -> str:
    """Ours, until the one-stop system gives its own code."""
    drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(6))
    return f"MC-{day:%y%m%d}-{drawn}"
