"""What a person does about money at the desk: asks again, sees to it, asks back, approves, refuses, notes it done."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from bot.payment import words
from bot.payment.awaiting import Row, dossier_of, groups
from bot.payment.notices import resolve_in
from bot.payment.payment import Payments
from bot.payment.providers.protocol import Verdict
from bot.payment.reconciliation import Reconciliation, Said
from bot.payment.refunds import NotAllowed, Refunds
from bot.payment.settling import fail_without_attempts, lock_payment
from bot.payment.tables import payment_attempts, refund_cases
from bot.payment.words import Words
from bot.store import Store

RESTED = "rested"  # asked a moment ago, or nothing there to ask about
REASONS = ("withdrawn", "other")


class Decisions:
    """Each is one transaction with the words why (ValueError without any); NotAllowed when it is too late for it."""

    def __init__(self, store: Store, payments: Payments, reconciliation: Reconciliation, refunds: Refunds) -> None:
        self._database, self._keys, self._clock = store.database, store.keys, store.clock
        self._payments, self._reconciliation, self._refunds = payments, reconciliation, refunds

    async def waiting(self) -> dict[str, list[Row]]:
        """By what is to be done, the oldest first."""
        sent_by_us = self._refunds.is_sent_by_us
        return await self._database.read(lambda connection: groups(connection, self._keys, sent_by_us))

    async def dossier_of(self, kind: str, key: str, provider: str = "") -> str:
        """The number of the dossier behind a `payment`, `notice`, `attempt` or `refund` case; "" where none is."""
        return await self._database.read(lambda connection: dossier_of(connection, kind, key, provider))

    async def ask_again(self, payment_reference: str) -> str:
        """What the provider says right now of the attempts of a payment."""
        return _heard(await self._reconciliation.check_now(payment_reference))

    async def resolve(self, notice_id: int, by: str, why: str) -> None:
        """A notice was seen to."""
        said = Words(f"notice:{notice_id}", "resolve", by, words.checked(why))

        def work(connection: sa.Connection) -> None:
            provider = resolve_in(connection, notice_id, self._clock())
            if provider is None:
                raise NotAllowed(f"notice {notice_id} waits for nobody")
            self._keep(connection, provider, said)

        await self._database.write(work)

    async def close_attempt(self, provider: str, reference: str, by: str, why: str) -> None:
        """No money came for one that nobody could tell about; should some come after all, it still counts."""
        said = Words(f"attempt:{reference}", "no_money", by, words.checked(why))
        await self._database.write(lambda connection: self._close(connection, provider, reference, said))

    def _close(self, connection: sa.Connection, provider: str, reference: str, said: Words) -> None:
        table = payment_attempts.c
        ours = (table.provider == provider, table.reference == reference)
        payment = connection.execute(sa.select(table.payment_reference).where(*ours)).scalar()
        locked = lock_payment(connection, payment) if payment else None
        over = sa.update(payment_attempts).where(*ours, table.status == "given_up")
        if locked is None or connection.execute(over.values(status="failed", next_query_at=None)).rowcount != 1:
            raise NotAllowed(f"{reference} waits for nobody")
        if locked[0].status == "pending":
            fail_without_attempts(connection, locked[0], self._clock())
        self._keep(connection, provider, said)

    # ---- money that goes back

    async def request(self, payment_reference: str, reason: str, by: str, why: str) -> str:
        """What was credited shall go back; the case."""
        text = words.checked(why)
        if reason not in REASONS:
            raise ValueError(reason)

        def work(connection: sa.Connection) -> str:
            case_id = self._refunds.request_in(connection, payment_reference, reason, by)
            self._keep_of_case(connection, case_id, "ask_back", by, text)
            return case_id

        try:
            return await self._database.write(work)
        except IntegrityError:
            raise NotAllowed(f"{payment_reference}: asked back already") from None

    async def ask_back(self, case_id: str, by: str, why: str) -> None:
        """What was held apart by rule shall go back, says a first person."""
        await self._of_case(case_id, "ask_back", by, why, self._refunds.ask_back_in)

    async def refuse(self, case_id: str, by: str, why: str) -> None:
        """A second person says no."""
        await self._of_case(case_id, "refuse", by, why, self._refunds.refuse_in)

    async def approve(self, case_id: str, by: str) -> None:
        """A second person says yes."""
        await self._refunds.approve(case_id, by)

    async def confirm(self, case_id: str, by: str, number: str) -> None:
        """The money has gone back under this number of the bank."""
        number = number.strip()
        if not number or len(number) > 100:
            raise ValueError("no number")
        await self._refunds.confirm(case_id, by, number)

    async def _of_case(
        self, case_id: str, act: str, by: str, why: str, step: Callable[[sa.Connection, str, str], None]
    ) -> None:
        text = words.checked(why)

        def work(connection: sa.Connection) -> None:
            step(connection, case_id, by)
            self._keep_of_case(connection, case_id, act, by, text)

        await self._database.write(work)

    def _keep_of_case(self, connection: sa.Connection, case_id: str, act: str, by: str, text: str) -> None:
        whose = sa.select(refund_cases.c.provider).where(refund_cases.c.id == case_id)
        provider = connection.execute(whose).scalar_one()
        self._keep(connection, provider, Words(f"refund:{case_id}", act, by, text))

    def _keep(self, connection: sa.Connection, provider: str, said: Words) -> None:
        words.keep(connection, self._keys, provider, said, self._clock())


def _heard(said: tuple[Said, ...]) -> str:
    """One word for all attempts: money outweighs everything, and a provider that is silent outweighs a no."""
    verdicts = {one.verdict for one in said}
    order = (Verdict.paid, "silent", Verdict.unknown, Verdict.pending, Verdict.failed, "nothing")
    return str(next((one for one in order if one in verdicts), RESTED))
