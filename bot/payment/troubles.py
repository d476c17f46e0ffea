"""A citizen says that money went and nobody took it: kept as evidence for a person, beside what providers told."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.payment.payment import Payments
from bot.payment.providers.protocol import Notice, Verdict
from bot.payment.reconciliation import Said
from bot.payment.records import Attempt, Payment

ORIGIN = "citizen"
CODE = "says_paid"
Evidence = dict[str, object]


class Troubles:
    """Listed with the notices that no rule could act on, until a person has seen to them (`Notices.resolve`)."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    async def open(self, payment: Payment, said: Sequence[Said]) -> Evidence:
        """Once a day for a payment, however often its citizen asks; the evidence holds nothing personal."""
        attempts = await self._payments.attempts(payment.reference)
        evidence = self._evidence(payment, attempts, said)
        last = attempts[0] if attempts else None
        told = Notice(
            provider=last.provider if last else "none",
            reference=last.reference if last else payment.reference,
            transaction_id=f"{ORIGIN}:{payment.reference}:{self._payments.now():%Y%m%d}",
            verdict=Verdict.unknown,
            code=CODE,
            amount=payment.amount_vnd,
        )
        await self._payments.receive(told, json.dumps(evidence).encode(), ORIGIN)
        return evidence

    def _evidence(self, payment: Payment, attempts: Sequence[Attempt], said: Sequence[Said]) -> Evidence:
        return {
            "payment": payment.reference,
            "dossier": payment.dossier_reference,
            "amount_vnd": payment.amount_vnd,
            "status": str(payment.status),
            "attempts": [
                {
                    "provider": one.provider,
                    "reference": one.reference,
                    "status": one.status,
                    "at": f"{one.started_at:%FT%TZ}",
                }
                for one in attempts
            ],
            "said": [
                {"provider": one.provider, "attempt": one.attempt_reference, "verdict": one.verdict} for one in said
            ],
            "asked_at": f"{self._payments.now():%FT%TZ}",
        }
