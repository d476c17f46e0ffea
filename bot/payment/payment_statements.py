"""What is read and written of payments and attempts, as statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.payment.providers.protocol import CURRENCY, Provider
from bot.payment.records import Line, Status, to_body, total_vnd
from bot.payment.tables import payment_attempts, payments

MOST_ATTEMPTS = 30


class NotLive(Exception):
    """Nothing can be paid here any more: paid, run out or held."""


def demand(dossier_reference: str, demand: str, lines: Sequence[Line], title: str) -> dict[str, object]:
    """The columns that say what is asked; raises NotPayable."""
    return {
        "dossier_reference": dossier_reference,
        "demand": demand,
        "amount_vnd": total_vnd(lines),
        "currency": CURRENCY,
        "status": Status.open,
        "lines": to_body(title, lines),
    }


def newest(dossier_reference: str) -> sa.Select:
    ours = sa.select(payments).where(payments.c.dossier_reference == dossier_reference)
    return ours.order_by(payments.c.created_at.desc(), payments.c.reference)


def row(connection: sa.Connection, reference: str) -> sa.Row | None:
    return connection.execute(sa.select(payments).where(payments.c.reference == reference)).first()


def attempts_of(reference: str) -> sa.Select:
    ours = sa.select(payment_attempts).where(payment_attempts.c.payment_reference == reference)
    return ours.order_by(payment_attempts.c.number.desc())


def this_attempt(provider: str, reference: str) -> sa.Select:
    ours = (payment_attempts.c.provider == provider, payment_attempts.c.reference == reference)
    return sa.select(payment_attempts).where(*ours)


def unused(connection: sa.Connection, provider: Provider, payment: sa.Row, number: int, now: datetime) -> str:
    """References hold the time by the second with some providers: the next one that is free."""
    for second in range(MOST_ATTEMPTS + 1):
        moment = now + timedelta(seconds=second)
        given = provider.attempt_reference(payment.reference, payment.dossier_reference, number, moment)
        if connection.execute(this_attempt(provider.name, given)).first() is None:
            return given
    raise NotLive(payment.reference)
