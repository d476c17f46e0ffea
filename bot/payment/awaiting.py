"""Whatever about money waits for a person, in the groups in which the desk lists it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.payment import words
from bot.payment.notices import waiting_notices
from bot.payment.providers.protocol import CURRENCY, Outcome
from bot.payment.records import notice_place
from bot.payment.references import masked
from bot.payment.refunds import RefundCase, cases_in
from bot.payment.settling import RULES
from bot.payment.statements import ORIGIN as STATEMENT
from bot.payment.statements import UNMATCHED
from bot.payment.tables import payment_attempts, payment_notices, payments, refund_cases
from bot.payment.troubles import ORIGIN as CITIZEN
from bot.privacy import KeyRing, mask

MOST = 500  # shown of a kind, the oldest first
MOST_READ = 5_000  # more, since each province is shown its own only
KINDS = ("says_paid", "unknown_reference", "unknown_code", "given_up", "held", "asked", "by_hand", "sending")


@dataclass(frozen=True)
class Row:
    """One thing that waits; `key` is what its forms name it by."""

    kind: str
    key: str
    since: datetime
    amount: int | None
    currency: str
    provider: str
    reference: str  # as the provider knows it
    transaction: str = ""
    payment: str = ""  # ours, where it is known: its provider can be asked again
    dossier: str = ""  # masked
    filed_under: str = field(default="", repr=False)  # the dossier's own number: whose area it is in is asked by it
    state: str = ""  # of the payment today
    detail: str = ""  # a reason, a code
    status: str = ""
    asked_by: str = ""
    error: str = ""
    told: str = ""  # what a bank's statement or a person wrote, long numbers masked
    told_by: str = ""
    told_act: str = ""


def groups(
    connection: sa.Connection, keys: KeyRing, is_sent_by_us: Callable[[RefundCase], bool]
) -> dict[str, list[Row]]:
    notices = [_notice(row, keys) for row in connection.execute(waiting_notices(MOST_READ)).all()]
    cases = [_case(case, is_sent_by_us(case)) for case in cases_in(connection, most=MOST_READ)]
    rows = _with_payments(connection, [*notices, *cases]) + _given_up(connection)
    said = words.newest(connection, keys, [f"refund:{one.key}" for one in cases])
    rows = sorted((_with_words(one, said) for one in rows), key=lambda one: one.since)
    return {kind: [one for one in rows if one.kind == kind] for kind in KINDS}


def _notice(row: Any, keys: KeyRing) -> Row:
    is_unknown = row.outcome == Outcome.unknown_reference
    kind = "says_paid" if row.origin == CITIZEN else "unknown_reference" if is_unknown else "unknown_code"
    return Row(
        kind=kind,
        key=str(row.id),
        since=row.received_at,
        amount=row.amount,
        currency=row.currency,
        provider=row.provider,
        reference=row.reference,
        transaction="" if row.origin == CITIZEN or row.transaction_key.startswith("~") else row.transaction_key,
        detail="" if row.origin == CITIZEN else row.code,
        told=_of_statement(row, keys),
    )


def _of_statement(row: Any, keys: KeyRing) -> str:
    if row.origin != STATEMENT or row.code != UNMATCHED or row.body is None:
        return ""
    plain = keys.open(row.body, notice_place(row.provider, row.transaction_key, row.meaning))
    return mask(json.loads(plain)["words"])[: words.MOST_CHARS]


def _case(case: RefundCase, is_sent_by_us: bool) -> Row:
    return Row(
        kind=_kind(case, is_sent_by_us),
        key=case.id,
        since=case.created_at,
        amount=case.amount,
        currency=case.currency,
        provider=case.provider,
        reference="",
        transaction="" if case.transaction_id.startswith("~") else case.transaction_id,
        payment=case.payment_reference,
        detail=case.reason,
        status=case.status,
        asked_by=case.asked_by,
        error=case.last_error or "",
    )


def _kind(case: RefundCase, is_sent_by_us: bool) -> str:
    if case.status == "open":
        return "held" if case.asked_by == RULES else "asked"
    return "by_hand" if case.status == "approved" and not is_sent_by_us else "sending"


def _given_up(connection: sa.Connection) -> list[Row]:
    more = (payments.c.amount_vnd, payments.c.dossier_reference, payments.c.status.label("state"))
    joined = sa.select(payment_attempts, *more).join(payments).where(payment_attempts.c.status == "given_up")
    rows = connection.execute(joined.order_by(payment_attempts.c.started_at).limit(MOST_READ)).all()
    return [
        Row(
            kind="given_up",
            key=row.reference,
            since=row.started_at,
            amount=row.amount_vnd,
            currency=CURRENCY,
            provider=row.provider,
            reference=row.reference,
            payment=row.payment_reference,
            dossier=masked(row.dossier_reference),
            filed_under=row.dossier_reference,
            state=row.state,
        )
        for row in rows
    ]


def _with_payments(connection: sa.Connection, rows: Sequence[Row]) -> list[Row]:
    """Whose money it is, where an attempt or a payment of that reference is known."""
    references = sorted({one.reference for one in rows if one.reference})
    named = sa.select(payment_attempts.c.provider, payment_attempts.c.reference, payment_attempts.c.payment_reference)
    named = named.where(payment_attempts.c.reference.in_(references))
    of = {(row.provider, row.reference): row.payment_reference for row in connection.execute(named)}
    ours = [(one, one.payment or of.get((one.provider, one.reference), one.reference)) for one in rows]
    found = _payments(connection, {payment for _, payment in ours if payment})
    return [_with_payment(one, found.get(payment)) for one, payment in ours]


def _payments(connection: sa.Connection, references: Iterable[str]) -> dict[str, Any]:
    known = (payments.c.reference, payments.c.dossier_reference, payments.c.status)
    wanted = sa.select(*known).where(payments.c.reference.in_(sorted(references)))
    return {row.reference: row for row in connection.execute(wanted)}


def _with_payment(one: Row, payment: Any) -> Row:
    if payment is None:
        return one
    reference, dossier = payment.reference, payment.dossier_reference
    return replace(one, payment=reference, dossier=masked(dossier), filed_under=dossier, state=str(payment.status))


def dossier_of(connection: sa.Connection, kind: str, key: str, provider: str = "") -> str:
    """The dossier behind a `payment`, `notice`, `attempt` or `refund` case; "" where none is known."""
    reference = {"payment": _itself, "notice": _of_notice, "attempt": _of_attempt, "refund": _of_case}[kind]
    payment = reference(connection, key, provider)
    filed = sa.select(payments.c.dossier_reference).where(payments.c.reference == payment)
    return connection.execute(filed).scalar() or "" if payment else ""


def _itself(connection: sa.Connection, key: str, provider: str) -> str | None:
    return key


def _of_notice(connection: sa.Connection, key: str, provider: str) -> str | None:
    """Its reference is an attempt's, else it may be a payment's own."""
    table = payment_notices.c
    row = connection.execute(sa.select(table.provider, table.reference).where(table.id == int(key))).first()
    return row and (_of_attempt(connection, row.reference, row.provider) or row.reference)


def _of_attempt(connection: sa.Connection, key: str, provider: str) -> str | None:
    table = payment_attempts.c
    ours = sa.select(table.payment_reference).where(table.provider == provider, table.reference == key)
    return connection.execute(ours).scalar()


def _of_case(connection: sa.Connection, key: str, provider: str) -> str | None:
    return connection.execute(sa.select(refund_cases.c.payment_reference).where(refund_cases.c.id == key)).scalar()


def _with_words(one: Row, said: dict[str, words.Words]) -> Row:
    told = said.get(f"refund:{one.key}")
    return replace(one, told=told.text, told_by=told.by, told_act=told.act) if told else one
