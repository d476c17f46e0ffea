"""The sandbox platforms' pages: pretend to pay or to give up, and choose what goes wrong."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from bot.sandbox.payment_courier import Courier
from bot.sandbox.payment_records import FAULTS, Order, Platform

FAULT_NAMES = {
    "late": "Báo chậm 30 giây",
    "duplicate": "Báo hai lần",
    "out_of_order": "Báo sai thứ tự (tin thất bại đến sau)",
    "wrong_amount": "Sai số tiền",
    "wrong_currency": "Sai loại tiền",
    "wrong_signature": "Sai chữ ký",
    "never": "Không bao giờ báo",
}
PROVIDER_NAMES = {
    "national": "Cổng thanh toán quốc gia",
    "vietqr": "Ngân hàng (VietQR)",
    "vnpay": "VNPAY",
    "momo": "MoMo",
    "zalopay": "ZaloPay",
}
LATEST = 50


def create_router(platform: Platform, courier: Courier) -> APIRouter:
    router = APIRouter(default_response_class=Response)

    @router.get("/")
    def desk(request: Request) -> Response:
        """Open to all, in a demonstration only."""
        return _page(request, "desk", orders=list(platform.orders.values())[: -LATEST - 1 : -1], platform=platform)

    @router.get("/orders/{provider}/{reference}")
    def order(request: Request, provider: str, reference: str) -> Response:
        """Open to all, in a demonstration only."""
        found = platform.find(provider, reference)
        return _page(request, "order", 200 if found else 404, order=found)

    @router.post("/orders/{provider}/{reference}/pay")
    async def pay(request: Request, provider: str, reference: str) -> Response:
        """Open to all, in a demonstration only. May be pressed again: a bank takes a second transfer too."""
        found = platform.find(provider, reference)
        if found is None:
            return _page(request, "order", 404, order=None)
        courier.deliver(found, platform.pay(found, platform.faults))
        return _back(request, found)

    @router.post("/orders/{provider}/{reference}/cancel")
    async def cancel(request: Request, provider: str, reference: str) -> Response:
        """Open to all, in a demonstration only."""
        found = platform.find(provider, reference)
        if found is None:
            return _page(request, "order", 404, order=None)
        if found.state == "open":
            platform.cancel(found)
            courier.deliver(found, None)
        return _back(request, found)

    @router.post("/faults")
    async def faults(request: Request) -> Response:
        """Open to all, in a demonstration only."""
        form = await request.form()
        platform.faults = {name for name in FAULTS if form.get(name)}
        return RedirectResponse(f"{_root(request)}/", 303)

    return router


def _back(request: Request, order: Order) -> Response:
    """Where the merchant wants its customer; the bank's own page when it named no place."""
    here = f"{_root(request)}/orders/{order.provider}/{quote(order.reference)}"
    is_web = order.return_url.startswith(("http://", "https://"))
    return RedirectResponse(order.return_url if is_web and order.provider != "vietqr" else here, 303)


def _root(request: Request) -> str:
    return request.scope.get("root_path", "")


def _page(request: Request, name: str, status: int = 200, **content: Any) -> Response:
    content |= {"root": _root(request), "faults": FAULT_NAMES, "providers": PROVIDER_NAMES}
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'self'; style-src 'unsafe-inline'"}
    return _templates().TemplateResponse(request, f"payment_{name}.html", content, status, headers)


@cache
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(Path(__file__).parent)
    templates.env.filters["dong"] = lambda amount: f"{amount:,}".replace(",", ".")
    return templates
