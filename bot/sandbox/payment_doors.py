"""The doors of five payment platforms for the merchant: creating an order, asking about it, giving money back."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from bot.sandbox import payment_signing as sign
from bot.sandbox.payment_records import Order, Platform

QUERY = "RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo"
QUERY_ANSWER = (
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType "
    "TransactionStatus OrderInfo PromotionCode PromotionAmount"
)
REFUND = (
    "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy CreateDate "
    "IpAddr OrderInfo"
)
REFUND_ANSWER = QUERY_ANSWER.removesuffix(" PromotionCode PromotionAmount")
MOMO_CREATE = "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
NATIONAL_INIT = (
    "LoaiBanTin PhienBan MaDoiTac MaThamChieu SoTien LoaiHinhThanhToan MaKenhThanhToan MaThietBi NgonNgu MaTienTe "
    "MaNganHang ThongTinGiaoDich ThoiGianGD Ip"
)
NATIONAL_QUERY = "LoaiBanTin PhienBan MaDoiTac MaThamChieu ThoiGianGD"
BANK, ACCOUNT = "970436", "0123456789"


def create_router(platform: Platform, public_base: str, merchant_base: str) -> APIRouter:
    """`public_base` is where browsers reach the sandbox, `merchant_base` where notices go that no order names."""
    router = APIRouter(default_response_class=Response)

    def page(provider: str, reference: str) -> str:
        return f"{public_base}/orders/{provider}/{quote(reference)}"

    def add(provider: str, reference: str, amount: int, words: str, back: str, notice: str = "") -> Order:
        notice = notice or f"{merchant_base}/payments/{provider}/notice"
        return platform.add(Order(provider, reference, amount, words, back, notice, platform.clock()))

    # ---- VNPAY

    @router.get("/vnpay/vpcpay.html")
    def vnpay(request: Request) -> Response:
        """For whoever holds an address that the merchant signed."""
        fields = dict(request.query_params)
        given = fields.pop("vnp_SecureHash", "")
        if sign.vnpay_query(fields).rpartition("=")[2] != given:
            return Response("Sai chữ ký", 400, media_type="text/plain; charset=utf-8")
        order = add(
            "vnpay", fields["vnp_TxnRef"], int(fields["vnp_Amount"]) // 100, fields["vnp_OrderInfo"],
            fields["vnp_ReturnUrl"],
        )  # fmt: skip
        return RedirectResponse(page("vnpay", order.reference), 303)

    @router.post("/vnpay/api/transaction")
    async def vnpay_api(request: Request) -> Response:
        """For the merchant, known by its signature."""
        given = await request.json()
        names = QUERY if given.get("vnp_Command") == "querydr" else REFUND
        right = sign.vnpay_bars(given, names.split()) == given.get("vnp_SecureHash")
        order = platform.find("vnpay", str(given.get("vnp_TxnRef")))
        code = "97" if not right else "91" if order is None else "00"
        answer = {
            "vnp_ResponseId": given.get("vnp_RequestId", ""),
            "vnp_Command": given.get("vnp_Command", ""),
            "vnp_ResponseCode": code,
            "vnp_Message": "OK",
            "vnp_TmnCode": sign.KEYS["vnpay"]["tmn_code"],
            "vnp_TxnRef": given.get("vnp_TxnRef", ""),
            "vnp_OrderInfo": given.get("vnp_OrderInfo", ""),
        }
        if code == "00" and order:
            answer |= _vnpay_state(order) if names is QUERY else {"vnp_TransactionNo": f"9{given['vnp_TransactionNo']}"}
        answers = QUERY_ANSWER if names is QUERY else REFUND_ANSWER
        return JSONResponse(answer | {"vnp_SecureHash": sign.vnpay_bars(answer, answers.split())})

    # ---- MoMo

    @router.post("/momo/v2/gateway/api/create")
    async def momo(request: Request) -> Response:
        """For the merchant, known by its signature."""
        given = await request.json()
        if sign.momo(given, MOMO_CREATE) != given.get("signature"):
            return JSONResponse({"resultCode": 11007, "message": "Bad signature"}, 400)
        order = add(
            "momo", given["orderId"], int(given["amount"]), given["orderInfo"], given["redirectUrl"], given["ipnUrl"]
        )
        return JSONResponse({"resultCode": 0, "message": "OK", "payUrl": page("momo", order.reference)})

    @router.post("/momo/v2/gateway/api/query")
    async def momo_query(request: Request) -> Response:
        """For the merchant, known by its signature."""
        given = await request.json()
        if sign.momo(given, "accessKey orderId partnerCode requestId") != given.get("signature"):
            return JSONResponse({"resultCode": 11007, "message": "Bad signature"}, 400)
        order = platform.find("momo", given["orderId"])
        if order is None:
            return JSONResponse({"resultCode": 42, "orderId": given["orderId"], "message": "Not found"})
        paid = order.transfers[0] if order.transfers else None
        code = 0 if paid else 1006 if order.state == "cancelled" else 1000
        answer = {"orderId": order.reference, "resultCode": code, "message": "OK"}
        return JSONResponse(
            answer | {"amount": paid.amount if paid else order.amount, "transId": int(paid.number) if paid else 0}
        )

    # ---- ZaloPay

    @router.post("/zalopay/v2/create")
    async def zalopay(request: Request) -> Response:
        """For the merchant, known by its signature."""
        given = {name: str(value) for name, value in (await request.form()).items()}
        names = ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")
        signed = sign.mac("sha256", sign.KEYS["zalopay"]["key1"], "|".join(given.get(name, "") for name in names))
        if signed != given.get("mac"):
            return JSONResponse({"return_code": 2, "return_message": "mac not equal"})
        back = json.loads(given["embed_data"]).get("redirecturl", "")
        order = add(
            "zalopay", given["app_trans_id"], int(given["amount"]), given["description"], back, given["callback_url"]
        )
        return JSONResponse({"return_code": 1, "order_url": page("zalopay", order.reference)})

    @router.post("/zalopay/v2/query")
    async def zalopay_query(request: Request) -> Response:
        """For the merchant, known by its signature."""
        given = {name: str(value) for name, value in (await request.form()).items()}
        key = sign.KEYS["zalopay"]["key1"]
        if sign.mac("sha256", key, f"{given['app_id']}|{given['app_trans_id']}|{key}") != given.get("mac"):
            return JSONResponse({"return_code": 2, "return_message": "mac not equal"})
        order = platform.find("zalopay", given["app_trans_id"])
        if order is None or not order.transfers:
            is_over = order is None or order.state == "cancelled"
            return JSONResponse({"return_code": 2 if is_over else 3, "amount": 0, "zp_trans_id": 0})
        paid = order.transfers[0]
        return JSONResponse({"return_code": 1, "amount": paid.amount, "zp_trans_id": int(paid.number)})

    # ---- the national platform

    @router.post("/nps/init")
    async def national(request: Request) -> Response:
        """For the merchant, known by its hash."""
        given = await request.json()
        if sign.national(given, NATIONAL_INIT) != given.get("MaXacThuc"):
            return JSONResponse({"error_code": "97", "message": "Sai ma xac thuc"})
        order = add("national", given["MaThamChieu"], int(given["SoTien"]), given["ThongTinGiaoDich"], "")
        return JSONResponse(
            {"error_code": "0", "message": json.dumps({"UrlThanhToan": page("national", order.reference)})}
        )

    @router.post("/nps/query")
    async def national_query(request: Request) -> Response:
        """For the merchant, known by its hash."""
        given = await request.json()
        order = platform.find("national", given.get("MaThamChieu", ""))
        if sign.national(given, NATIONAL_QUERY) != given.get("MaXacThuc") or order is None:
            return JSONResponse({"MaLoi": "97" if order else "01"})
        state = "1" if order.transfers else "4" if order.state == "cancelled" else "3"
        answer: dict[str, Any] = {"MaLoi": "00", "MaThamChieu": order.reference, "TrangThaiGD": state}
        if order.transfers:
            paid = order.transfers[0]
            answer |= {"SoTien": str(paid.amount), "MaTienTe": paid.currency, "MaGiaoDich": paid.number}
        return JSONResponse(answer)

    @router.post("/nps/bill")
    async def national_bill(request: Request) -> Response:
        """For the merchant, known by its hash."""
        given = await request.json()
        order = platform.find("national", given.get("MaThamChieu", ""))
        is_right = sign.national(given, NATIONAL_QUERY) == given.get("MaXacThuc")
        if not is_right or order is None or not order.transfers:
            return JSONResponse({"MaLoi": "01"}, 404)
        return Response(_bill(order), media_type="application/pdf")

    # ---- payOS

    @router.post("/payos/v2/payment-requests")
    async def payos(request: Request) -> Response:
        """For the merchant, known by its key and signature."""
        given = await request.json()
        names = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
        is_known = request.headers.get("x-api-key") == sign.KEYS["vietqr"]["api_key"]
        if not is_known or sign.payos({name: given[name] for name in names}) != given.get("signature"):
            return JSONResponse({"code": "201", "desc": "signature", "data": None})
        order = add("vietqr", str(given["orderCode"]), int(given["amount"]), given["description"], given["returnUrl"])
        data = {
            "bin": BANK, "accountNumber": ACCOUNT, "accountName": "KHO BAC THU NGHIEM", "amount": order.amount,
            "description": order.words, "orderCode": int(order.reference), "currency": "VND", "status": "PENDING",
            "paymentLinkId": order.reference, "checkoutUrl": page("vietqr", order.reference), "qrCode": "",
        }  # fmt: skip
        return JSONResponse({"code": "00", "desc": "success", "data": data, "signature": sign.payos(data)})

    @router.get("/payos/v2/payment-requests/{code}")
    def payos_query(code: str, request: Request) -> Response:
        """For the merchant, known by its key."""
        order = platform.find("vietqr", code)
        if request.headers.get("x-api-key") != sign.KEYS["vietqr"]["api_key"] or order is None:
            return JSONResponse({"code": "101", "desc": "not found", "data": None})
        came = sum(one.amount for one in order.transfers)
        status = "PENDING" if not came else "PAID" if came >= order.amount else "UNDERPAID"
        moves = [
            {"reference": f"FT{one.number}", "amount": one.amount, "currency": one.currency} for one in order.transfers
        ]
        status = "CANCELLED" if order.state == "cancelled" else status
        data = {"orderCode": int(code), "amount": order.amount, "status": status, "transactions": moves}
        return JSONResponse({"code": "00", "desc": "success", "data": data})

    return router


def _vnpay_state(order: Order) -> dict[str, str]:
    paid = order.transfers[0] if order.transfers else None
    return {
        "vnp_Amount": str((paid.amount if paid else order.amount) * 100),
        "vnp_TransactionNo": paid.number if paid else "0",
        "vnp_TransactionType": "01",
        "vnp_TransactionStatus": "00" if paid else "02" if order.state == "cancelled" else "01",
        "vnp_CurrCode": paid.currency if paid and paid.currency != "VND" else "",
    }


def _bill(order: Order) -> bytes:
    """A receipt as the collecting body would issue it, plainly of no worth."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.multi_cell(0, 12, f"BIEN LAI (ban thu nghiem, khong co gia tri)\n{order.reference}\n{order.amount} VND")
    return bytes(pdf.output())
