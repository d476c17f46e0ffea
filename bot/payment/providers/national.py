"""The payment platform of the National Public Service Portal, version 1.0.6 as observed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
from bot.payment.providers.signing import check, piped, read_object, sha256, stamp, text_of, to_json, whole
from bot.payment.providers.wire import Wire, is_pay_address

VERSION = "1.0.6"
MOST_NAME_CHARS = 250
MOST_BILL_BYTES = 5 * 1024 * 1024
INIT_HASH = (
    "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "SoTien", "LoaiHinhThanhToan", "MaKenhThanhToan", "MaThietBi",
    "NgonNgu", "MaTienTe", "MaNganHang", "ThongTinGiaoDich", "ThoiGianGD", "Ip",
)  # fmt: skip
CONFIRM_HASH = (
    "LoaiBanTin", "MaLoi", "MaDoiTac", "MaThamChieu", "SoTien", "MaTienTe", "MaGiaoDich", "MaNganHang", "ThoiGianGD",
    "ThongTinGiaoDich",
)  # fmt: skip
QUERY_HASH = ("LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD")
ANSWER_HASH = ("MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu", "ThoiGianGD")

# MaLoi of CONFIRM. Only this one is known; any other is kept for a person and asked about by QUERY.
CONFIRMS = {"00": Verdict.paid}
# TrangThaiGD of QUERY.
STATES = {"1": Verdict.paid, "3": Verdict.pending, "4": Verdict.failed}
REFUSALS = {
    Outcome.unknown_reference: ("01", "Khong tim thay giao dich"),
    Outcome.mismatched: ("04", "Sai so tien"),
    Outcome.trouble: ("99", "Loi he thong"),
}
DONE = ("00", "Thanh cong")


@dataclass(frozen=True)
class NationalAccount:
    """`base` + init, query and bill; the beneficiary is the collecting body's account."""

    partner_code: str
    secret: str = field(repr=False)
    base: str
    bearer: str = field(default="", repr=False)
    beneficiary_account: str = ""
    beneficiary_bank: str = ""
    beneficiary_name: str = ""


class National:
    """See `protocol.Provider`; `bill` fetches the receipt that the collecting body issued."""

    name = "national"
    method = "POST"

    def __init__(self, account: NationalAccount, wire: Wire) -> None:
        self._account, self._wire = account, wire
        self.is_on = all(part.strip() for part in (account.secret, account.partner_code, account.base))

    def attempt_reference(self, payment_reference: str, dossier_reference: str, number: int, now: datetime) -> str:
        return f"dvc{re.sub('[^A-Za-z0-9]', '', dossier_reference)}{stamp(now)}"

    async def start(self, order: Order) -> Started:
        fields = self._init(order)
        fields["MaXacThuc"] = self._hash(fields, INIT_HASH)
        answer = await self._wire.post(self._url("init"), fields, self._headers())
        if text_of(answer, "error_code") != "0":
            raise Refused(f"national: INIT was answered with {text_of(answer, 'error_code')[:6]}")
        try:
            url = text_of(read_object(text_of(answer, "message").encode()), "UrlThanhToan")  # JSON inside a text
        except Unreadable:
            url = ""
        if not is_pay_address(url, self._account.base):
            raise Unavailable("national: the answer holds no address to pay at")
        return Started(pay_url=url)

    def _init(self, order: Order) -> dict[str, Any]:
        return {
            "LoaiBanTin": "INIT",
            "PhienBan": VERSION,
            "MaDoiTac": self._account.partner_code,
            "MaThamChieu": order.reference,
            "SoTien": str(order.amount_vnd),
            "LoaiHinhThanhToan": "PAY",
            "MaKenhThanhToan": "1",
            "MaThietBi": "1",
            "NgonNgu": "vi-VN",
            "MaTienTe": CURRENCY,
            "MaNganHang": "PAYMENT",
            "ThongTinGiaoDich": f"THANH TOAN HO SO {order.dossier_reference}",
            "ThoiGianGD": stamp(order.started_at),
            "Ip": order.client_ip,
            "ThongTinBienLai": self._bill_of(order),
        }

    def _bill_of(self, order: Order) -> dict[str, Any]:
        billing, account = order.billing, self._account
        name = billing.procedure_name[:MOST_NAME_CHARS]
        return {
            "MaDichVu": "2",
            "MaDVC": f"{billing.procedure_code}.01",
            "TenDVC": name,
            "MaTTHC": billing.procedure_code,
            "TenTTHC": name,
            "MaDonVi": billing.agency_code,
            "TenDonVi": billing.agency_name,
            "MaHoSo": order.dossier_reference,
            "TKThuHuong": account.beneficiary_account,
            "MaNHThuHuong": account.beneficiary_bank,
            "TenTKThuHuong": account.beneficiary_name,
            "HoTenNguoiNop": billing.payer_name,
            "SoCMNDNguoiNop": billing.payer_citizen_id,
            "DiaChiNguoiNop": billing.payer_address,
            "HuyenNguoiNop": billing.payer_ward,
            "TinhNguoiNop": billing.payer_province,
            "NoiDungThanhToan": f"THANH TOAN HO SO {order.dossier_reference}",
            "PhiLePhi": [
                {
                    "LoaiPhiLePhi": "1" if charge.is_fee else "2",
                    "MaPhiLePhi": str(number),
                    "TenPhiLePhi": charge.name,
                    "SoTien": str(charge.amount_vnd),
                }
                for number, charge in enumerate(order.charges, 1)
            ],
            "DSKhoanNop": [{"NoiDung": charge.name, "SoTien": str(charge.amount_vnd)} for charge in order.charges],
        }

    def verify_notice(self, arrival: Arrival) -> Notice:
        fields = read_object(arrival.body)
        check(self._hash(fields, CONFIRM_HASH), fields.get("MaXacThuc"))
        if text_of(fields, "MaDoiTac") != self._account.partner_code or not text_of(fields, "MaThamChieu"):
            raise Unreadable
        code = text_of(fields, "MaLoi")
        return Notice(
            provider=self.name,
            reference=text_of(fields, "MaThamChieu"),
            transaction_id=text_of(fields, "MaGiaoDich"),
            verdict=CONFIRMS.get(code, Verdict.unknown),
            code=code,
            amount=whole(text_of(fields, "SoTien")),
            currency=text_of(fields, "MaTienTe") or CURRENCY,
        )

    def answer(self, outcome: Outcome, notice: Notice, now: datetime) -> Answer:
        code, told = REFUSALS.get(outcome, DONE)
        fields = {
            "MaLoi": code,
            "MoTaLoi": told,
            "MaDoiTac": self._account.partner_code,
            "MaThamChieu": notice.reference,
            "ThoiGianGD": stamp(now),
        }
        fields["MaXacThuc"] = self._hash(fields, ANSWER_HASH)
        return Answer(200, to_json(fields))

    def answer_to_forgery(self) -> Answer:
        return Answer(200, to_json({"MaLoi": "97", "MoTaLoi": "Sai ma xac thuc"}))

    async def query(self, asked: Asked, now: datetime) -> tuple[Notice, ...]:
        answer = await self._wire.post(
            self._url("query"), self._question("QUERY", asked.reference, now), self._headers()
        )
        state = text_of(answer, "TrangThaiGD")
        if not state or text_of(answer, "MaThamChieu") not in ("", asked.reference):
            raise Unavailable("national: QUERY was answered without a state")
        # The amount is not always repeated; then it is what we asked, for the platform takes no other.
        told = text_of(answer, "SoTien")
        notice = Notice(
            provider=self.name,
            reference=asked.reference,
            transaction_id=text_of(answer, "MaGiaoDich"),
            verdict=STATES.get(state, Verdict.unknown),
            code=f"state {state[:6]}",
            amount=whole(told) if told else asked.amount_vnd,
            currency=text_of(answer, "MaTienTe") or CURRENCY,
        )
        return (notice,)

    async def bill(self, reference: str, now: datetime) -> bytes:
        """The receipt as PDF; raises Unavailable while it is not there."""
        question = self._question("GET_BILL", reference, now)
        body = await self._wire.post_for_bytes(self._url("bill"), question, MOST_BILL_BYTES)
        if not body.startswith(b"%PDF-"):
            raise Unavailable("national: GET_BILL was not answered with a PDF")
        return body

    def _question(self, kind: str, reference: str, now: datetime) -> dict[str, str]:
        fields = {
            "LoaiBanTin": kind,
            "PhienBan": VERSION,
            "MaDoiTac": self._account.partner_code,
            "MaThamChieu": reference,
            "ThoiGianGD": stamp(now),
        }
        return fields | {"MaXacThuc": self._hash(fields, QUERY_HASH)}

    def _hash(self, fields: dict[str, Any], names: tuple[str, ...]) -> str:
        try:
            return sha256(piped([*(text_of(fields, name) for name in names), self._account.secret]))
        except Unreadable:
            raise Forged from None

    def _url(self, name: str) -> str:
        return f"{self._account.base.rstrip('/')}/{name}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._account.bearer}"} if self._account.bearer else {}
