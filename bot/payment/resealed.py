"""Which columns of money are sealed, and for what place: moved to a new key with everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.payment.records import billing_place, notice_place, started_place
from bot.payment.tables import payment_attempts, payment_notices, payments

MONEY: tuple[tuple[sa.Table, dict[str, Callable[[Any], str]]], ...] = (
    (payments, {"billing": lambda row: billing_place(row.reference)}),
    (payment_attempts, {"started": lambda row: started_place(row.provider, row.reference)}),
    (payment_notices, {"body": lambda row: notice_place(row.provider, row.transaction_key, row.meaning)}),
)
