"""What every payment provider can do for us, and the shapes that pass between it and us."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

CURRENCY = "VND"


class Verdict(StrEnum):
    """What a provider says about one attempt, whatever its own codes are."""

    paid = "paid"
    pending = "pending"
    failed = "failed"
    unknown = "unknown"  # a code we do not know: kept, counted, never guessed


class Outcome(StrEnum):
    """What became of a notice; the provider is answered by it."""

    settled = "settled"
    repeated = "repeated"
    mismatched = "mismatched"  # the money is held apart and a refund case is open
    already_paid = "already_paid"  # the same, because its dossier is paid
    noted = "noted"  # no money: failed or still under way
    unknown_reference = "unknown_reference"
    unhandled = "unhandled"
    resolved = "resolved"  # was one of the two above, and a person has seen to it
    trouble = "trouble"  # ours: the provider may send it again


class Forged(Exception):
    """The signature does not fit, or the message could be read in two ways."""


class Unreadable(Exception):
    """Not a message of this provider at all."""


class Unavailable(Exception):
    """No usable answer came; what happened over there is not known."""


class Refused(Exception):
    """The provider said no, and will say no again."""


@dataclass(frozen=True)
class Billing:
    """Whom and what a payment is for, where a provider's message wants it."""

    procedure_code: str = ""
    procedure_name: str = ""
    agency_code: str = ""
    agency_name: str = ""
    payer_name: str = field(default="", repr=False)
    payer_citizen_id: str = field(default="", repr=False)
    payer_address: str = field(default="", repr=False)
    payer_ward: str = field(default="", repr=False)
    payer_province: str = field(default="", repr=False)


@dataclass(frozen=True)
class Charge:
    """One line of what is asked; `is_fee`: lệ phí, else phí."""

    name: str
    amount_vnd: int
    is_fee: bool = True


@dataclass(frozen=True)
class Order:
    """What a provider is asked to collect; `reference` is used once and never again."""

    reference: str
    payment_reference: str
    dossier_reference: str
    amount_vnd: int
    description: str  # ASCII, at most 25 characters
    charges: tuple[Charge, ...]
    started_at: datetime
    expires_at: datetime
    client_ip: str
    return_url: str
    notice_url: str
    billing: Billing


@dataclass(frozen=True)
class Started:
    """Where the citizen pays: a page of the provider's, or a QR text to scan, or both."""

    pay_url: str | None = None
    qr_text: str | None = None
    account: str | None = None  # for those who type it: bank, number, name


@dataclass(frozen=True)
class Asked:
    """An attempt of ours as it is asked about."""

    reference: str
    started_at: datetime
    amount_vnd: int
    client_ip: str


@dataclass(frozen=True)
class Notice:
    """One verified statement about an attempt, from a notice or an answer to our question."""

    provider: str
    reference: str  # the attempt's
    transaction_id: str  # the provider's; blank when it did not tell one
    verdict: Verdict
    code: str
    amount: int | None = None  # None: not a whole number of its currency
    currency: str = CURRENCY


@dataclass(frozen=True)
class Arrival:
    """A request at the notice door, byte for byte as it came."""

    method: str
    query: bytes
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What the provider hears."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True)
class Refund:
    """Money that goes back through the provider it came by."""

    case_id: str
    reference: str
    transaction_id: str
    amount_vnd: int
    is_whole: bool
    started_at: datetime
    approved_by: str  # ASCII
    client_ip: str


class Provider(Protocol):
    """A blank secret makes `is_on` False: it is not offered, and its notice door does not exist."""

    name: str
    is_on: bool
    method: str  # of its notices: GET or POST

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str: ...

    async def start(self, order: Order) -> Started:
        """Raises Unavailable, Refused."""

    def verify_notice(self, arrival: Arrival) -> Notice:
        """Raises Forged, Unreadable."""

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer: ...

    def answer_to_forgery(self) -> Answer: ...

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        """All it knows of an attempt, one per transaction; raises Unavailable."""


class Refunder(Protocol):
    """A provider whose refund interface is known."""

    async def refund(self, refund: Refund, now: datetime) -> str:
        """The provider's own number of it; raises Unavailable, Refused."""
