"""VNPAY 2.1.0: a signed address to pay at, a notice by GET, querydr and refund."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from bot.payment.providers.protocol import (
    CURRENCY,
    Answer,
    Arrival,
    Asked,
    Forged,
    Notice,
    Order,
    Outcome,
    Refund,
    Refused,
    Started,
    Unavailable,
    Unreadable,
    Verdict,
)
from bot.payment.providers.signing import check, hmac_sha512, piped, read_query, stamp, text_of, to_json, whole
from bot.payment.providers.wire import Wire

VERSION = "2.1.0"
HUNDREDTHS = 100  # vnp_Amount counts in hundredths of a đồng
HASH = "vnp_SecureHash"

# vnp_ResponseCode of a notice; 07 is money taken although suspected, so it is judged by the transaction's status.
RESPONSES = {
    "00": Verdict.paid,
    "07": Verdict.pending,
    "09": Verdict.failed,
    "10": Verdict.failed,
    "11": Verdict.failed,
    "12": Verdict.failed,
    "13": Verdict.failed,
    "24": Verdict.failed,
    "51": Verdict.failed,
    "65": Verdict.failed,
    "75": Verdict.failed,
    "79": Verdict.failed,
    "99": Verdict.failed,
}
# vnp_TransactionStatus; 04 (reversed), 05, 06 and 09 (refunds) are for a person.
STATUSES = {"00": Verdict.paid, "01": Verdict.pending, "02": Verdict.failed, "07": Verdict.pending}
ANSWERS = {
    Outcome.settled: ("00", "Confirm Success"),
    Outcome.noted: ("00", "Confirm Success"),
    Outcome.unhandled: ("00", "Confirm Success"),  # it is kept; sent again it would tell no more
    Outcome.repeated: ("02", "Order already confirmed"),
    Outcome.already_paid: ("02", "Order already confirmed"),
    Outcome.mismatched: ("04", "Invalid amount"),
    Outcome.unknown_reference: ("01", "Order not found"),
    Outcome.trouble: ("99", "Unknown error"),
}
QUERY_HASH = (
    "RequestId",
    "Version",
    "Command",
    "TmnCode",
    "TxnRef",
    "TransactionDate",
    "CreateDate",
    "IpAddr",
    "OrderInfo",
)
QUERY_ANSWER_HASH = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo", "PromotionCode", "PromotionAmount",
)  # fmt: skip
REFUND_HASH = (
    "RequestId", "Version", "Command", "TmnCode", "TransactionType", "TxnRef", "Amount", "TransactionNo",
    "TransactionDate", "CreateBy", "CreateDate", "IpAddr", "OrderInfo",
)  # fmt: skip
REFUND_ANSWER_HASH = (
    "ResponseId", "Command", "ResponseCode", "Message", "TmnCode", "TxnRef", "Amount", "BankCode", "PayDate",
    "TransactionNo", "TransactionType", "TransactionStatus", "OrderInfo",
)  # fmt: skip
NOT_FOUND = "91"


@dataclass(frozen=True)
class VnpayAccount:
    tmn_code: str
    secret: str = field(repr=False)
    pay_url: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    api_url: str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"


def signed_query(fields: Mapping[str, str]) -> str:
    """What is signed and sent: sorted by name, url-encoded, a blank becomes `+`."""
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in sorted(fields.items()) if value)


class Vnpay:
    """See `protocol.Provider` and `protocol.Refunder`."""

    name = "vnpay"
    method = "GET"

    def __init__(self, account: VnpayAccount, wire: Wire) -> None:
        self._account, self._wire = account, wire
        self.is_on = bool(account.secret.strip() and account.tmn_code.strip())

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str:
        return f"{payment_reference}{number:02d}"

    async def start(self, order: Order) -> Started:
        fields = {
            "vnp_Version": VERSION,
            "vnp_Command": "pay",
            "vnp_TmnCode": self._account.tmn_code,
            "vnp_Amount": str(order.amount_vnd * HUNDREDTHS),
            "vnp_CreateDate": stamp(order.started_at),
            "vnp_ExpireDate": stamp(order.expires_at),
            "vnp_CurrCode": CURRENCY,
            "vnp_IpAddr": order.client_ip,
            "vnp_Locale": "vn",
            "vnp_OrderInfo": order.description,
            "vnp_OrderType": "other",
            "vnp_ReturnUrl": order.return_url,
            "vnp_TxnRef": order.reference,
        }
        query = signed_query(fields)
        return Started(pay_url=f"{self._account.pay_url}?{query}&{HASH}={hmac_sha512(self._account.secret, query)}")

    def verify_notice(self, arrival: Arrival) -> Notice:
        fields = read_query(arrival.query)
        signed = {name: value for name, value in fields.items() if name.startswith("vnp_")}
        given = signed.pop(HASH, "")
        signed.pop("vnp_SecureHashType", None)
        check(hmac_sha512(self._account.secret, signed_query(signed)), given)
        if signed.get("vnp_TmnCode") != self._account.tmn_code or not signed.get("vnp_TxnRef"):
            raise Unreadable
        return self._notice(signed, RESPONSES)

    def _notice(self, fields: Mapping[str, Any], responses: Mapping[str, Verdict]) -> Notice:
        response, status = text_of(fields, "vnp_ResponseCode"), text_of(fields, "vnp_TransactionStatus")
        number = text_of(fields, "vnp_TransactionNo")
        return Notice(
            provider=self.name,
            reference=text_of(fields, "vnp_TxnRef"),
            transaction_id="" if number.strip("0") == "" else number,  # 0 when the bank was never asked
            verdict=_verdict(responses.get(response), STATUSES.get(status) if status else None, bool(status)),
            code=f"{response}/{status}",
            amount=_dong(text_of(fields, "vnp_Amount")),
            currency=text_of(fields, "vnp_CurrCode") or CURRENCY,
        )

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer:
        code, message = ANSWERS[outcome]
        return Answer(200, to_json({"RspCode": code, "Message": message}))

    def answer_to_forgery(self) -> Answer:
        return Answer(200, to_json({"RspCode": "97", "Message": "Invalid Checksum"}))

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        given = self._request("querydr", asked.reference, asked.started_at, asked.client_ip, now)
        answer = await self._ask(given, QUERY_HASH, QUERY_ANSWER_HASH)
        code = text_of(answer, "vnp_ResponseCode")
        if code == NOT_FOUND:
            return ()  # the citizen never reached its page
        if code != "00" or text_of(answer, "vnp_TxnRef") != asked.reference:
            raise Unavailable(f"vnpay: querydr was answered with {code[:4]}")
        # querydr's own response code tells of the question; the transaction's status tells of the money.
        return (self._notice(answer, {"00": STATUSES.get(text_of(answer, "vnp_TransactionStatus"), Verdict.unknown)}),)

    async def refund(self, refund: Refund, now: datetime) -> str:
        given = self._request("refund", refund.reference, refund.started_at, refund.client_ip, now) | {
            "vnp_TransactionType": "02" if refund.is_whole else "03",
            "vnp_Amount": str(refund.amount_vnd * HUNDREDTHS),
            "vnp_TransactionNo": refund.transaction_id,
            "vnp_CreateBy": refund.approved_by,
            "vnp_RequestId": refund.case_id,  # the same each time: sent twice, it is refunded once
        }
        answer = await self._ask(given, REFUND_HASH, REFUND_ANSWER_HASH)
        code = text_of(answer, "vnp_ResponseCode")
        if code in ("00", "94"):  # 94: this request is known already
            return text_of(answer, "vnp_TransactionNo")
        raise Refused(f"vnpay: refund was answered with {code[:4]}")

    def _request(self, command: str, reference: str, started: datetime, ip: str, now: datetime) -> dict[str, str]:
        return {
            "vnp_RequestId": secrets.token_hex(16),
            "vnp_Version": VERSION,
            "vnp_Command": command,
            "vnp_TmnCode": self._account.tmn_code,
            "vnp_TxnRef": reference,
            "vnp_OrderInfo": f"{command} {reference}",
            "vnp_TransactionDate": stamp(started),
            "vnp_CreateDate": stamp(now),
            "vnp_IpAddr": ip,
        }

    async def _ask(
        self, given: dict[str, str], signs: tuple[str, ...], answer_signs: tuple[str, ...]
    ) -> dict[str, Any]:
        given[HASH] = self._hash(given, signs)
        answer = await self._wire.post(self._account.api_url, given)
        try:
            check(self._hash(answer, answer_signs), answer.get(HASH))
        except (Forged, Unreadable):
            raise Unavailable("vnpay: the answer is not signed by it") from None
        return answer

    def _hash(self, fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
        return hmac_sha512(self._account.secret, piped([text_of(fields, f"vnp_{name}") for name in names]))


def _verdict(response: Verdict | None, status: Verdict | None, has_status: bool) -> Verdict:
    """Paid only when both say so; a status we do not know is never overruled."""
    if response is None or (has_status and status is None):
        return Verdict.unknown
    return response if status is None or response is Verdict.failed else status


def _dong(text: str) -> int | None:
    amount = whole(text)
    return None if amount is None or amount % HUNDREDTHS else amount // HUNDREDTHS
