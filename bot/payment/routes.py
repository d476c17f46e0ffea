"""The doors of money: providers' notices, and the page on which a citizen pays, looks and checks."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.channels.routes import open_to_all
from bot.page_headers import page_headers
from bot.payment import figures, page
from bot.payment.confirmation import as_pdf
from bot.payment.payment import NotLive, Payments, StillStarting
from bot.payment.providers.national import National
from bot.payment.providers.protocol import (
    Answer,
    Arrival,
    Forged,
    Outcome,
    Provider,
    Refused,
    Unavailable,
    Unreadable,
)
from bot.payment.reconciliation import Reconciliation
from bot.payment.records import Payment, Status
from bot.payment.references import checked, is_reference, is_token_of
from bot.problems import Problem
from bot.store import Store

log = logging.getLogger(__name__)

COOKIE = "motcua_pay"
COOKIE_SECONDS = 7 * 24 * 3600
Token = Annotated[str, Query(alias="t", max_length=64)]


def create_router(store: Store, payments: Payments, reconciliation: Reconciliation, hotline: str) -> APIRouter:
    """A provider that is off has no door (404)."""
    router = APIRouter(prefix="/payments", include_in_schema=False, default_response_class=Response)
    limited = [Depends(open_to_all)]

    @router.api_route("/{provider}/notice", methods=["GET", "POST"])
    async def notice(provider: str, request: Request) -> Response:
        """For the provider, known by its signature over what it sent."""
        known = payments.providers.get(provider)
        if known is None:
            raise Problem(404, "not_found")
        if request.method != known.method:
            raise Problem(405, "method")
        query = request.scope.get("query_string", b"")
        return _told(await _hear(payments, known, Arrival(request.method, query, await request.body())))

    @router.get("/check/{code}", dependencies=limited)
    async def check_paper(code: Annotated[str, Path(max_length=40)]) -> Response:
        """Open to all who hold a confirmation: whether it is true, and nothing private."""
        reference = checked(store.keys, code)
        if reference is None:
            raise Problem(404, "not_found")
        return _page(page.render_check(await _payment(payments, reference), hotline))

    @router.get("/{reference}/return", dependencies=limited)
    async def back(reference: str, motcua_pay: Annotated[str, Cookie(max_length=64)] = "") -> Response:
        """Open to all: shows whether it is paid and no more, and never settles; who holds the token sees the page."""
        payment = await _payment(payments, reference)
        if is_token_of(store.keys, reference, motcua_pay):
            return RedirectResponse(f"/payments/{reference}?t={motcua_pay}", 303)
        return _page(page.render_return(payment, hotline))

    @router.get("/{reference}", dependencies=limited)
    async def pay(
        request: Request, reference: str, t: Token = "", note: Annotated[str, Query(max_length=20)] = ""
    ) -> Response:
        """Open to the holder of the link only; a forged one looks like any address that is not there."""
        payment = await _held(store, payments, reference, t)
        attempts = await payments.attempts(reference)
        check = payments.check_link(payment)
        shown = page.render(payment, attempts, tuple(payments.providers), t, store.clock(), hotline, note, check)
        response = _page(shown)
        secure = payments.is_encrypted
        response.set_cookie(
            COOKIE, t, COOKIE_SECONDS, path=f"/payments/{reference}", secure=secure, httponly=True, samesite="lax"
        )
        return response

    @router.post("/{reference}/start", dependencies=limited)
    async def start(
        request: Request, reference: str, provider: Annotated[str, Form(max_length=16)], t: Token = ""
    ) -> Response:
        """Open to the holder of the link only."""
        await _held(store, payments, reference, t)
        note = ""
        try:
            attempt = await payments.start(reference, provider, request.client.host if request.client else "127.0.0.1")
            if attempt.started and attempt.started.pay_url and not attempt.started.qr_text:
                return RedirectResponse(attempt.started.pay_url, 303)
        except KeyError:
            raise Problem(404, "not_found") from None
        except (StillStarting, Unavailable) as trouble:
            log.warning("payment %s could not be begun: %s", reference, trouble)
            note = "busy"
        except Refused as refused:
            log.warning("payment %s was refused: %s", reference, refused)
            note = "refused"
        except NotLive:
            pass  # the page says what it is instead
        return _to_page(reference, t, note)

    @router.post("/{reference}/check", dependencies=limited)
    async def check(reference: str, t: Token = "") -> Response:
        """Open to the holder of the link only: the providers are asked at once, unless they just were."""
        await _held(store, payments, reference, t)
        await reconciliation.check_now(reference)
        return _to_page(reference, t, "checked")

    @router.get("/{reference}/qr.png", dependencies=limited)
    async def qr(reference: str, t: Token = "", save: bool = False) -> Response:
        """Open to the holder of the link only."""
        payment = await _held(store, payments, reference, t)
        shown = page.scannable(payment, await payments.attempts(reference), store.clock())
        if shown is None:
            raise Problem(404, "not_found")
        how = f'attachment; filename="{reference}.png"' if save else "inline"
        headers = {"Content-Disposition": how, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(page.qr_png(shown.started.qr_text), media_type="image/png", headers=headers)

    @router.get("/{reference}/confirmation.pdf", dependencies=limited)
    async def confirmation(reference: str, t: Token = "") -> Response:
        """Open to the holder of the link only: that the money came. Never a receipt."""
        payment = await _held(store, payments, reference, t)
        if payment.status is not Status.paid:
            raise Problem(404, "not_found")
        body = await asyncio.to_thread(as_pdf, payment, payments.check_link(payment), hotline)
        return _pdf(body, f"xac-nhan-{reference}.pdf")

    @router.get("/{reference}/receipt.pdf", dependencies=limited)
    async def receipt(reference: str, t: Token = "") -> Response:
        """Open to the holder of the link only: the receipt as the collecting body issued it, never made by us."""
        payment = await _held(store, payments, reference, t)
        national = payments.providers.get(National.name)
        paid = [one for one in await payments.attempts(reference) if one.status == "paid"]
        if payment.status is not Status.paid or not isinstance(national, National) or not paid:
            raise Problem(404, "not_found")
        try:
            body = await national.bill(paid[0].reference, store.clock())
        except Unavailable:
            return _to_page(reference, t, "no_receipt")
        return _pdf(body, f"bien-lai-{reference}.pdf")

    return router


def _pdf(body: bytes, name: str) -> Response:
    how = f'attachment; filename="{name}"'
    headers = {"Content-Disposition": how, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, media_type="application/pdf", headers=headers)


async def _hear(payments: Payments, provider: Provider, arrival: Arrival) -> Answer:
    """Verified, stored, acted on, and answered as this provider expects it."""
    try:
        told = provider.verify_notice(arrival)
    except Forged:
        figures.refused(provider.name, "forged")
        return provider.answer_to_forgery()
    except Unreadable:
        figures.refused(provider.name, "unreadable")
        return Answer(400)
    try:
        outcome = await payments.receive(told, arrival.body or arrival.query)
    except Exception:
        # The one catch-all of this door: what is stored is acted on later, what is not is sent again.
        log.exception("a notice of %s could not be acted on", provider.name)
        figures.notice(provider.name, Outcome.trouble)
        outcome = Outcome.trouble
    return provider.answer(outcome, told, payments.now())


def _told(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.media_type if answer.body else None)


async def _payment(payments: Payments, reference: str) -> Payment:
    payment = await payments.state(reference) if is_reference(reference) else None
    if payment is None:
        raise Problem(404, "not_found")
    return payment


async def _held(store: Store, payments: Payments, reference: str, token: str) -> Payment:
    if not is_reference(reference) or not is_token_of(store.keys, reference, token):
        raise Problem(404, "not_found")
    return await _payment(payments, reference)


def _to_page(reference: str, token: str, note: str = "") -> Response:
    return RedirectResponse(f"/payments/{reference}?t={token}{f'&note={note}' if note else ''}", 303)


def _page(shown: page.Shown) -> HTMLResponse:
    # Forms lead on to providers' pages, and browsers hold that policy against the address redirected to.
    allowed = (f"style-src 'nonce-{shown.nonce}'", "img-src 'self'", "form-action 'self' https:")
    return HTMLResponse(shown.html, headers=page_headers(*allowed))
