"""What each sandbox platform sends to the merchant: one function a platform, in its own wire format."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox import payment_signing as sign
from bot.sandbox.payment_records import Order, Transfer

MOMO_NOTICE = (
    "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime "
    "resultCode transId"
)
NATIONAL_CONFIRM = (
    "LoaiBanTin MaLoi MaDoiTac MaThamChieu SoTien MaTienTe MaGiaoDich MaNganHang ThoiGianGD ThongTinGiaoDich"
)


@dataclass(frozen=True)
class Sent:
    """One request to the merchant's notice door."""

    method: str
    url: str
    query: str = ""
    body: bytes = b""


def of(order: Order, transfer: Transfer | None) -> Sent | None:
    """The notice of a transfer; without one, that the citizen gave up. None: this platform says nothing then."""
    return _BUILDERS[order.provider](order, transfer)


def forged(sent: Sent) -> Sent:
    """The same with a signature by somebody who does not know the secret."""
    if sent.method == "GET":
        return Sent(sent.method, sent.url, sent.query[:-8] + "0badbad0")
    fields = json.loads(sent.body)
    name = next(name for name in ("signature", "mac", "MaXacThuc") if name in fields)
    return Sent(sent.method, sent.url, body=_json(fields | {name: fields[name][:-8] + "0badbad0"}))


def _json(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _vnpay(order: Order, transfer: Transfer | None) -> Sent:
    code = "00" if transfer else "24"
    fields = {
        "vnp_TmnCode": sign.KEYS["vnpay"]["tmn_code"],
        "vnp_Amount": str((transfer.amount if transfer else order.amount) * 100),
        "vnp_BankCode": "NCB" if transfer else "",
        "vnp_OrderInfo": order.words,
        "vnp_TransactionNo": transfer.number if transfer else "0",
        "vnp_ResponseCode": code,
        "vnp_TransactionStatus": "00" if transfer else "02",
        "vnp_TxnRef": order.reference,
        "vnp_PayDate": sign.local(transfer.at) if transfer else "",
        "vnp_CurrCode": transfer.currency if transfer and transfer.currency != "VND" else "",
    }
    return Sent("GET", order.notice_url, sign.vnpay_query(fields))


def _momo(order: Order, transfer: Transfer | None) -> Sent:
    fields = {
        "partnerCode": sign.KEYS["momo"]["partner_code"],
        "orderId": order.reference,
        "requestId": order.reference,
        "amount": transfer.amount if transfer else order.amount,
        "orderInfo": order.words,
        "orderType": "momo_wallet",
        "transId": int(transfer.number) if transfer else 0,
        "resultCode": 0 if transfer else 1006,
        "message": "Thành công." if transfer else "Giao dịch bị từ chối bởi người dùng.",
        "payType": "qr",
        "responseTime": int(order.created_at.timestamp() * 1000),
        "extraData": "",
    }
    return Sent("POST", order.notice_url, body=_json(fields | {"signature": sign.momo(fields, MOMO_NOTICE)}))


def _zalopay(order: Order, transfer: Transfer | None) -> Sent | None:
    if transfer is None:
        return None
    data = {
        "app_id": int(sign.KEYS["zalopay"]["app_id"]),
        "app_trans_id": order.reference,
        "app_time": int(order.created_at.timestamp() * 1000),
        "app_user": "citizen",
        "amount": transfer.amount,
        "embed_data": "{}",
        "item": "[]",
        "zp_trans_id": int(transfer.number),
        "server_time": int(transfer.at.timestamp() * 1000),
        "channel": 38,
    }
    text = json.dumps(data)
    signature = sign.mac("sha256", sign.KEYS["zalopay"]["key2"], text)
    return Sent("POST", order.notice_url, body=_json({"data": text, "mac": signature, "type": 1}))


def _national(order: Order, transfer: Transfer | None) -> Sent:
    fields = {
        "LoaiBanTin": "CONFIRM",
        "MaLoi": "00" if transfer else "24",
        "MaDoiTac": sign.KEYS["national"]["partner_code"],
        "MaThamChieu": order.reference,
        "SoTien": str(transfer.amount if transfer else order.amount),
        "MaTienTe": transfer.currency if transfer else "VND",
        "MaGiaoDich": transfer.number if transfer else "",
        "MaNganHang": "VCB",
        "ThoiGianGD": sign.local(transfer.at if transfer else order.created_at),
        "ThongTinGiaoDich": order.words,
    }
    return Sent("POST", order.notice_url, body=_json(fields | {"MaXacThuc": sign.national(fields, NATIONAL_CONFIRM)}))


def _vietqr(order: Order, transfer: Transfer | None) -> Sent | None:
    if transfer is None:
        return None
    data = {
        "orderCode": int(order.reference),
        "amount": transfer.amount,
        "description": order.words,
        "accountNumber": "0123456789",
        "reference": f"FT{transfer.number}",
        "transactionDateTime": transfer.at.strftime("%Y-%m-%d %H:%M:%S"),
        "currency": transfer.currency,
        "paymentLinkId": order.reference,
        "code": "00",
        "desc": "success",
        "counterAccountBankId": None,
        "counterAccountName": None,
        "virtualAccountNumber": None,
    }
    whole = {"code": "00", "desc": "success", "success": True, "data": data, "signature": sign.payos(data)}
    return Sent("POST", order.notice_url, body=_json(whole))


_BUILDERS: dict[str, Callable[[Order, Transfer | None], Sent | None]] = {
    "vnpay": _vnpay,
    "momo": _momo,
    "zalopay": _zalopay,
    "national": _national,
    "vietqr": _vietqr,
}
