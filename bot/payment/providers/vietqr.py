"""A bank transfer by VietQR: payOS gives the account to pay into and tells, as the bank's voice, what has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bot.payment.providers.emvco import BadQr, VietQr, decode, encode
from bot.payment.providers.protocol import (
    CURRENCY,
    Answer,
    Arrival,
    Asked,
    Forged,
    Notice,
    Order,
    Outcome,
    Refused,
    Started,
    Unavailable,
    Unreadable,
    Verdict,
)
from bot.payment.providers.signing import MOST_FIELDS, check, hmac_sha256, joined, read_object, text_of, to_json, whole
from bot.payment.providers.wire import Wire, is_pay_address
from bot.payment.references import number_of

CREATE = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
MOST_TRANSACTIONS = 50
# data.code of a webhook.
CODES = {"00": Verdict.paid}
# status of a payment link; money is told by its transactions, so a link that is paid needs no word of its own.
STATUSES = {
    "PENDING": Verdict.pending,
    "PROCESSING": Verdict.pending,
    "UNDERPAID": Verdict.pending,
    "CANCELLED": Verdict.failed,
    "EXPIRED": Verdict.failed,
    "FAILED": Verdict.failed,
}


@dataclass(frozen=True)
class PayosAccount:
    client_id: str
    api_key: str = field(repr=False)
    checksum_key: str = field(repr=False)
    base: str = "https://api-merchant.payos.vn"


class Vietqr:
    """See `protocol.Provider`."""

    name = "vietqr"
    method = "POST"

    def __init__(self, account: PayosAccount, wire: Wire) -> None:
        self._account, self._wire = account, wire
        self.is_on = all(part.strip() for part in (account.client_id, account.api_key, account.checksum_key))

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str:
        """payOS wants a whole number below 2^53."""
        return str(number_of(payment_reference) * 100 + number)

    async def start(self, order: Order) -> Started:
        fields = {
            "amount": str(order.amount_vnd),
            "cancelUrl": order.return_url,
            "description": order.payment_reference,  # nine characters: all that every bank lets through
            "orderCode": order.reference,
            "returnUrl": order.return_url,
        }
        signature = hmac_sha256(self._account.checksum_key, joined(fields, CREATE))
        sent = fields | {"amount": order.amount_vnd, "orderCode": int(order.reference), "signature": signature}
        sent["expiredAt"] = int(order.expires_at.timestamp())
        answer = await self._wire.post(self._url(), sent, self._headers())
        if text_of(answer, "code") != "00":
            raise Refused(f"vietqr: the order was answered with {text_of(answer, 'code')[:6]}")
        return self._started(order, self._signed(answer))

    def _started(self, order: Order, data: Mapping[str, Any]) -> Started:
        """The QR is written by us from its account, and must ask for what we asked."""
        if whole(text_of(data, "amount")) != order.amount_vnd:
            raise Unavailable("vietqr: the answer is about another amount")
        bank, account = text_of(data, "bin"), text_of(data, "accountNumber")
        purpose = text_of(data, "description") or order.payment_reference
        try:
            text = encode(VietQr(bank, account, order.amount_vnd, purpose))
            decode(text)
        except BadQr as error:
            raise Unavailable(f"vietqr: the answer holds no account to pay into ({error})") from None
        page, name = text_of(data, "checkoutUrl"), text_of(data, "accountName").replace("|", " ")
        pay_url = page if is_pay_address(page, self._account.base) else None
        return Started(pay_url=pay_url, qr_text=text, account="|".join((bank, account, name)))

    def verify_notice(self, arrival: Arrival) -> Notice:
        data = self._signed(read_object(arrival.body), Forged)
        order_code = text_of(data, "orderCode")
        if not order_code:
            raise Unreadable
        return self._notice(data, order_code, CODES.get(text_of(data, "code"), Verdict.unknown))

    def _notice(self, data: Mapping[str, Any], reference: str, verdict: Verdict) -> Notice:
        return Notice(
            provider=self.name,
            reference=reference,
            transaction_id=text_of(data, "reference"),
            verdict=verdict,
            code=text_of(data, "code") or "transaction",
            amount=whole(text_of(data, "amount")),
            currency=text_of(data, "currency") or CURRENCY,
        )

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer:
        is_kept = outcome is not Outcome.trouble
        return Answer(200 if is_kept else 500, to_json({"success": is_kept}))

    def answer_to_forgery(self) -> Answer:
        return Answer(401, to_json({"success": False}))

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        answer = await self._wire.get(f"{self._url()}/{quote(asked.reference)}", self._headers())
        data = answer.get("data")
        if not isinstance(data, dict):
            if text_of(answer, "code") == "101":  # it has no such order
                return ()
            raise Unavailable(f"vietqr: the question was answered with {text_of(answer, 'code')[:6]}")
        if text_of(data, "orderCode") != asked.reference:
            raise Unavailable("vietqr: the answer is about another order")
        return self._told(data, asked)

    def _told(self, data: Mapping[str, Any], asked: Asked) -> tuple[Notice, ...]:
        moves = data.get("transactions") or []
        if not isinstance(moves, list) or not all(isinstance(move, dict) for move in moves):
            raise Unavailable("vietqr: the transactions cannot be read")
        paid = tuple(self._notice(move, asked.reference, Verdict.paid) for move in moves[:MOST_TRANSACTIONS])
        state = text_of(data, "status")
        if paid or state == "PAID":
            return paid
        return (Notice(self.name, asked.reference, "", STATUSES.get(state, Verdict.unknown), state[:20]),)

    def _signed(self, answer: Mapping[str, Any], trouble: type[Exception] = Unavailable) -> Mapping[str, Any]:
        """`data`, when `signature` covers all of it: its names sorted, null as nothing."""
        data = answer.get("data")
        if not isinstance(data, dict) or len(data) > MOST_FIELDS:
            raise Unreadable if trouble is Forged else trouble("vietqr: the answer holds no data")
        try:
            check(hmac_sha256(self._account.checksum_key, joined(data, sorted(data))), answer.get("signature"))
        except (Forged, Unreadable):
            raise trouble("vietqr: not signed by it") from None
        return data

    def _url(self) -> str:
        return f"{self._account.base}/v2/payment-requests"

    def _headers(self) -> dict[str, str]:
        return {"x-client-id": self._account.client_id, "x-api-key": self._account.api_key}
