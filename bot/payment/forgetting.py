"""What an erasure takes from money: who pays. Sums and references stay, for the books must add up."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.payment.tables import payments


def forget_payers(connection: sa.Connection, dossier_references: Sequence[str]) -> None:
    """After the dossiers are gone: whoever locks both locks the dossier first."""
    ours = sa.update(payments).where(payments.c.dossier_reference.in_(dossier_references))
    connection.execute(ours.where(payments.c.billing.is_not(None)).values(billing=None))
