"""What the pay page says: the sum in lines, where to pay, how long there is time, and what to do else."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import segno

from bot.payment.records import Attempt, Line, Payment
from bot.payment.references import masked
from bot.wording import say, sentences
from knowledge.working_days import VIETNAM

QR_SCALE, QR_BORDER = 8, 4
REFRESH_SECONDS = 20


@dataclass(frozen=True)
class Shown:
    html: str
    nonce: str  # what its style is allowed by


def render(
    payment: Payment,
    attempts: Sequence[Attempt],
    providers: Sequence[str],
    token: str,
    now: datetime,
    hotline: str,
    note: str = "",
    check: str = "",
) -> Shown:
    """The whole page for the holder of its link; `check` is the address for everybody else."""
    under_way = [one for one in attempts if payment.is_live and is_payable(one, now)]
    shown = scannable(payment, attempts, now)
    return _render(
        payment,
        hotline,
        lines=[(line_name(line), money(line.amount_vnd), " ".join(law(line))) for line in payment.lines],
        providers=[(name, say(f"payment.provider.{name}")) for name in _others(payment, providers, shown)],
        can_be_paid=payment.is_live and payment.expires_at > now,
        scan=shown,
        account=_account(shown),
        open_page=next((one for one in under_way if one.started.pay_url and not one.started.qr_text), None),
        is_waiting=payment.status == "pending",
        is_receipted=payment.provider == "national" and payment.status == "paid",
        time_left=time_left(payment.expires_at - now),
        until=clock_time(payment.expires_at),
        qr_until=clock_time(shown.expires_at) if shown else "",
        paid_at=clock_time(payment.paid_at) if payment.paid_at else "",
        note=say(f"payment.note.{note}") if f"payment.note.{note}" in sentences() else "",
        query=f"?t={token}",
        check=check,
        check_code=check.rpartition("/")[2],
    )


def _others(payment: Payment, providers: Sequence[str], shown: Attempt | None) -> list[str]:
    """Those to choose among: not the one whose code is on the page already."""
    return [name for name in providers if payment.is_live and not (shown and shown.provider == name)]


def render_check(payment: Payment, hotline: str) -> Shown:
    """For anybody with the code on a confirmation: whether it is true."""
    paid_at = clock_time(payment.paid_at) if payment.paid_at else ""
    return _render(payment, hotline, "check.html", dossier=masked(payment.dossier_reference), paid_at=paid_at)


def render_return(payment: Payment, hotline: str) -> Shown:
    """For a browser that cannot show the token: whether it is paid, nothing else."""
    return _render(payment, hotline, is_return=True)


def _render(payment: Payment, hotline: str, template: str = "pay.html", **content: Any) -> Shown:
    nonce = secrets.token_urlsafe(16)
    content |= {
        "payment": payment,
        "total": money(payment.amount_vnd),
        "status": say(f"payment.status.{payment.status}"),
        "explained": say(f"payment.explained.{payment.status}", hotline=hotline),
        "here": f"/payments/{payment.reference}",
        "hotline": hotline,
        "nonce": nonce,
        "refresh": REFRESH_SECONDS,
    }
    return Shown(_templates().get_template(template).render(content), nonce)


@cache
def _templates() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def is_payable(attempt: Attempt, now: datetime) -> bool:
    return attempt.status == "pending" and attempt.started is not None and attempt.expires_at > now


def scannable(payment: Payment, attempts: Sequence[Attempt], now: datetime) -> Attempt | None:
    """The attempt whose QR may be scanned now."""
    return next((one for one in attempts if payment.is_live and is_payable(one, now) and one.started.qr_text), None)


def qr_png(text: str) -> bytes:
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=QR_SCALE, border=QR_BORDER)
    return out.getvalue()


def money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".")


def clock_time(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def time_left(span: timedelta) -> str:
    """In the largest unit that says enough."""
    minutes = max(int(span.total_seconds() // 60), 0)
    if minutes >= 2 * 24 * 60:
        return say("payment.left.days", count=minutes // (24 * 60))
    if minutes >= 2 * 60:
        return say("payment.left.hours", count=minutes // 60)
    return say("payment.left.minutes", count=minutes)


def law(line: Line) -> list[str]:
    """Where the figure stands, how long it holds and when it was looked at last."""
    parts = [say("paying.source", source=line.source)] if line.source else []
    parts += [say("paying.holds_until", day=f"{line.valid_to:%d/%m/%Y}")] if line.valid_to else []
    return parts + ([say("paying.checked_on", day=f"{line.checked_on:%d/%m/%Y}")] if line.checked_on else [])


def line_name(line: Line) -> str:
    """A record's row without a case of its own is called by its kind."""
    return say(f"payment.kind.{line.name}") if line.name in ("fee", "charge") else line.name


def _account(shown: Attempt | None) -> tuple[str, str, str] | None:
    """Bank, number, name: for those who type them."""
    if shown is None or not shown.started.account:
        return None
    bank, number, name = shown.started.account.split("|", 2)
    return bank, number, name
