"""ZaloPay v2: an order created over HTTP, a call-back signed with the second key, a query."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.payment.providers.protocol import (
    Answer,
    Arrival,
    Asked,
    Notice,
    Order,
    Outcome,
    Refused,
    Started,
    Unavailable,
    Unreadable,
    Verdict,
)
from bot.payment.providers.signing import check, hmac_sha256, piped, read_object, text_of, to_json, whole
from bot.payment.providers.wire import Wire, is_pay_address
from knowledge.working_days import VIETNAM

SHORTEST, LONGEST = timedelta(seconds=300), timedelta(seconds=2_592_000)
PAYER = "citizen"  # app_user: nothing personal
# return_code of a query; a call-back itself is only ever sent for money received.
RETURNS = {"1": Verdict.paid, "2": Verdict.failed, "3": Verdict.pending}
ANSWERS = {
    Outcome.trouble: (0, "please retry"),
    Outcome.repeated: (2, "duplicate"),
    Outcome.already_paid: (2, "duplicate"),
}


@dataclass(frozen=True)
class ZalopayAccount:
    app_id: str
    key1: str = field(repr=False)
    key2: str = field(repr=False)
    base: str = "https://sb-openapi.zalopay.vn"


class Zalopay:
    """See `protocol.Provider`."""

    name = "zalopay"
    method = "POST"

    def __init__(self, account: ZalopayAccount, wire: Wire) -> None:
        self._account, self._wire = account, wire
        self.is_on = all(part.strip() for part in (account.app_id, account.key1, account.key2))

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str:
        return f"{now.astimezone(VIETNAM):%y%m%d}_{payment_reference}{number:02d}"

    async def start(self, order: Order) -> Started:
        life = min(max(order.expires_at - order.started_at, SHORTEST), LONGEST)
        fields = {
            "app_id": self._account.app_id,
            "app_user": PAYER,
            "app_trans_id": order.reference,
            "app_time": str(int(order.started_at.timestamp() * 1000)),
            "expire_duration_seconds": str(int(life.total_seconds())),
            "amount": str(order.amount_vnd),
            "item": "[]",
            "description": order.description,
            "embed_data": json.dumps({"redirecturl": order.return_url}),
            "bank_code": "",
            "callback_url": order.notice_url,
        }
        names = ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")
        fields["mac"] = hmac_sha256(self._account.key1, piped([fields[name] for name in names]))
        answer = await self._wire.post_form(f"{self._account.base}/v2/create", fields)
        code, url = text_of(answer, "return_code"), text_of(answer, "order_url")
        if code != "1":
            raise Refused(f"zalopay: create was answered with {code[:6]}")
        if not is_pay_address(url, self._account.base):
            raise Unavailable("zalopay: the answer holds no address to pay at")
        return Started(pay_url=url)

    def verify_notice(self, arrival: Arrival) -> Notice:
        outer = read_object(arrival.body)
        data = text_of(outer, "data")
        check(hmac_sha256(self._account.key2, data), outer.get("mac"))
        fields = read_object(data.encode())
        if text_of(fields, "app_id") != self._account.app_id or not text_of(fields, "app_trans_id"):
            raise Unreadable
        return Notice(
            provider=self.name,
            reference=text_of(fields, "app_trans_id"),
            transaction_id=text_of(fields, "zp_trans_id").strip("0") and text_of(fields, "zp_trans_id"),
            verdict=Verdict.paid,
            code="callback",
            amount=whole(text_of(fields, "amount")),
        )

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer:
        code, message = ANSWERS.get(outcome, (1, "success"))
        return Answer(200, to_json({"return_code": code, "return_message": message}))

    def answer_to_forgery(self) -> Answer:
        return Answer(200, to_json({"return_code": -1, "return_message": "mac not equal"}))

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        mac = hmac_sha256(self._account.key1, piped([self._account.app_id, asked.reference, self._account.key1]))
        given = {"app_id": self._account.app_id, "app_trans_id": asked.reference, "mac": mac}
        answer = await self._wire.post_form(f"{self._account.base}/v2/query", given)
        code, transaction = text_of(answer, "return_code"), text_of(answer, "zp_trans_id")
        if not code:
            raise Unavailable("zalopay: query was answered without a code")
        notice = Notice(
            provider=self.name,
            reference=asked.reference,
            transaction_id="" if transaction.strip("0") == "" else transaction,
            verdict=RETURNS.get(code, Verdict.unknown),
            code=code,
            amount=whole(text_of(answer, "amount")),
        )
        return (notice,)
