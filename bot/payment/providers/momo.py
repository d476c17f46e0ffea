"""MoMo AIO v2: an order created over HTTP, a notice by POST, a query; field orders as its documentation has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.payment.providers.protocol import (
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
from bot.payment.providers.signing import check, hmac_sha256, joined, read_object, text_of, whole
from bot.payment.providers.wire import Wire, is_pay_address

LEAST_VND, MOST_VND = 1_000, 50_000_000
CREATE = (
    "accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId",
    "requestType",
)  # fmt: skip
NOTICE = (
    "accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType",
    "requestId", "responseTime", "resultCode", "transId",
)  # fmt: skip
QUERY = ("accessKey", "orderId", "partnerCode", "requestId")

# resultCode. 9000 is authorised only: the money is not ours yet.
RESULTS = {
    "0": Verdict.paid,
    "1000": Verdict.pending,
    "7000": Verdict.pending,
    "7002": Verdict.pending,
    "9000": Verdict.pending,
    "1001": Verdict.failed,  # not enough money
    "1002": Verdict.failed,  # refused by the issuer
    "1003": Verdict.failed,  # cancelled
    "1004": Verdict.failed,  # over a limit
    "1005": Verdict.failed,  # the address or QR has run out
    "1006": Verdict.failed,  # the citizen refused
    "1007": Verdict.failed,  # account not active
    "1026": Verdict.failed,  # against the rules of a promotion
    "4001": Verdict.failed,  # account limited
    "4100": Verdict.failed,  # the citizen did not log in
}
NOT_FOUND = "42"


@dataclass(frozen=True)
class MomoAccount:
    partner_code: str
    access_key: str
    secret: str = field(repr=False)
    base: str = "https://test-payment.momo.vn"


class Momo:
    """See `protocol.Provider`."""

    name = "momo"
    method = "POST"

    def __init__(self, account: MomoAccount, wire: Wire) -> None:
        self._account, self._wire = account, wire
        self.is_on = all(part.strip() for part in (account.secret, account.access_key, account.partner_code))

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str:
        return f"{payment_reference}{number:02d}"

    async def start(self, order: Order) -> Started:
        if not LEAST_VND <= order.amount_vnd <= MOST_VND:
            raise Refused(f"momo: takes {LEAST_VND} to {MOST_VND} đồng")
        fields = {
            "partnerCode": self._account.partner_code,
            "requestId": order.reference,
            "amount": str(order.amount_vnd),
            "orderId": order.reference,
            "orderInfo": order.description,
            "redirectUrl": order.return_url,
            "ipnUrl": order.notice_url,
            "requestType": "captureWallet",
            "extraData": "",
        }
        fields["signature"] = self._sign(fields, CREATE)
        sent = fields | {"amount": order.amount_vnd, "lang": "vi"}
        answer = await self._wire.post(f"{self._account.base}/v2/gateway/api/create", sent)
        code, url = text_of(answer, "resultCode"), text_of(answer, "payUrl")
        if code != "0":
            raise Refused(f"momo: create was answered with {code[:6]}")
        if not is_pay_address(url, self._account.base):
            raise Unavailable("momo: the answer holds no address to pay at")
        return Started(pay_url=url)

    def verify_notice(self, arrival: Arrival) -> Notice:
        fields = read_object(arrival.body)
        check(self._sign(fields, NOTICE), fields.get("signature"))
        if text_of(fields, "partnerCode") != self._account.partner_code or not text_of(fields, "orderId"):
            raise Unreadable
        return self._notice(fields)

    def _notice(self, fields: dict[str, Any]) -> Notice:
        code, transaction = text_of(fields, "resultCode"), text_of(fields, "transId")
        return Notice(
            provider=self.name,
            reference=text_of(fields, "orderId"),
            transaction_id="" if transaction.strip("0") == "" else transaction,
            verdict=RESULTS.get(code, Verdict.unknown),
            code=code,
            amount=whole(text_of(fields, "amount")),
        )

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer:
        return Answer(500 if outcome is Outcome.trouble else 204)

    def answer_to_forgery(self) -> Answer:
        return Answer(401)

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        fields = {
            "partnerCode": self._account.partner_code,
            "requestId": f"{asked.reference}-{int(now.timestamp() * 1000)}",
            "orderId": asked.reference,
        }
        fields |= {"signature": self._sign(fields, QUERY), "lang": "vi"}
        # Its answer is not signed in a way that is documented: the connection is what we trust.
        answer = await self._wire.post(f"{self._account.base}/v2/gateway/api/query", fields)
        code = text_of(answer, "resultCode")
        if code == NOT_FOUND:
            return ()
        if not code or text_of(answer, "orderId") != asked.reference:
            raise Unavailable(f"momo: query was answered with {code[:6]}")
        return (self._notice(answer),)

    def _sign(self, fields: dict[str, Any], names: tuple[str, ...]) -> str:
        try:
            text = joined(fields | {"accessKey": self._account.access_key}, names)
        except Unreadable:
            raise Forged from None
        return hmac_sha256(self._account.secret, text)
