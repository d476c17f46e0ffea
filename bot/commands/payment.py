"""Commands about money: ledger, statement, refunds."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.line import EXIT_BAD_INPUT, settings_or_exit
from bot.commands.line import say as tell

if TYPE_CHECKING:
    from bot.payment.statements import Entry, Report
    from bot.payment.work import PaymentWork
    from bot.store import Store

CASE_CHARS = 32  # a payment's number is shorter
app = typer.Typer()
refunds_app = typer.Typer(no_args_is_help=True, help="Give money back: asked by one person, approved by another.")
app.add_typer(refunds_app, name="refund")
By = Annotated[str, typer.Option(help="who acts: an administrator's telephone, or the name of somebody without a desk")]
Day = Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"])]


@app.command()
def ledger(
    check: Annotated[bool, typer.Option("--check", help="only whether it balances; fails when it does not")] = False,
    export: Annotated[Path | None, typer.Option(help="write the lines to this file: .xlsx, or .csv")] = None,
    since: Day = None,
    until: Day = None,
    seen: Annotated[int | None, typer.Option(help="the number of a notice that was looked into")] = None,
) -> None:
    """Show the ledger's balances and whatever about money waits for a person, with what to do."""
    if seen is not None:
        raise typer.Exit(_run(lambda store, work: _see(work, seen)))
    if export is not None:
        raise typer.Exit(_run(lambda store, work: _export(store, work, export, since, until)))
    raise typer.Exit(_run(lambda store, work: _balance(store, work, check)))


@app.command()
def statement(
    provider: Annotated[str, typer.Argument(help="national, vietqr, vnpay, momo or zalopay")],
    file: Annotated[Path, typer.Argument(help="CSV or XLSX with the columns transaction_id, reference, amount")],
    since: Day = None,
    until: Day = None,
    transaction_column: str = "transaction_id",
    reference_column: str = "reference",
    amount_column: str = "amount",
) -> None:
    """Hold a provider's statement against what we know; without days it is that of yesterday."""
    from bot.payment.statements import BadStatement, Columns, read_statement

    columns = Columns(transaction_column, reference_column, amount_column)
    try:
        entries = read_statement(file.read_bytes(), columns)
    except (OSError, BadStatement) as error:
        tell(f"{file}: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    raise typer.Exit(_run(lambda store, work: _reconcile(work, provider, entries, since, until)))


@refunds_app.command("ask")
def refund_ask(
    what: Annotated[str, typer.Argument(help="a payment, or a case that a rule holds")],
    by: By,
    reason: str = "withdrawn",
    why: Annotated[str, typer.Option(help="in words; needed for a case")] = "",
) -> None:
    """Ask for money to go back: what was paid, or what a rule held apart; somebody else approves it."""
    if reason not in ("withdrawn", "other"):
        tell("The reason is `withdrawn` or `other`.")
        raise typer.Exit(EXIT_BAD_INPUT)
    is_case = len(what) == CASE_CHARS
    if is_case and not why.strip():
        tell("Say why it goes back: --why TEXT.")
        raise typer.Exit(EXIT_BAD_INPUT)

    async def ask(work: PaymentWork, who: str) -> str | None:
        if is_case:
            return await work.decisions.ask_back(what, who, why)
        return await (
            work.decisions.request(what, reason, who, why) if why else work.refunds.request(what, reason, who)
        )

    raise typer.Exit(_run(lambda store, work: _step(store, by, lambda who: ask(work, who))))


@refunds_app.command("approve")
def refund_approve(case: str, by: By) -> None:
    """Approve what another person asked for; what a rule holds has to be asked for first."""
    raise typer.Exit(_run(lambda store, work: _step(store, by, lambda who: work.refunds.approve(case, who))))


@refunds_app.command("done")
def refund_done(case: str, number: str, by: By) -> None:
    """The money has gone back under this number of the bank or provider."""
    raise typer.Exit(_run(lambda store, work: _step(store, by, lambda who: work.refunds.confirm(case, who, number))))


# ---- at work


def _run(job: Callable[[Store, PaymentWork], Awaitable[int]]) -> int:
    async def run() -> int:
        async with _opened() as (store, work):
            return await job(store, work)

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def _opened() -> AsyncIterator[tuple[Store, PaymentWork]]:
    import httpx

    from bot.payment.account_settings import accounts_of
    from bot.payment.work import put_together
    from bot.store import open_store

    settings = settings_or_exit()
    store = await open_store(settings)
    try:
        async with httpx.AsyncClient() as client:
            yield store, put_together(store, accounts_of(settings), settings.public_url, settings.hotline, client)
    finally:
        await store.close()


async def _balance(store: Store, work: PaymentWork, only_check: bool) -> int:
    from bot.payment.attention import Attention
    from bot.wording import say

    balances = await work.payments.ledger.balances()
    for trouble in balances.troubles:
        typer.echo(f"✗ {trouble}")
    typer.echo(say("paying.office.balanced" if balances.is_balanced else "paying.office.unbalanced"))
    if not only_check:
        for currency, accounts in balances.accounts.items():
            for account, amount in sorted(accounts.items()):
                typer.echo(f"  {account}: {amount:,} {currency}")
        waiting = await Attention(store, work.payments, work.refunds).waiting()
        for one in waiting:
            typer.echo(f"• {one.says}\n  → {one.todo}")
        typer.echo(say("paying.office.waiting", count=len(waiting)))
    return 0 if balances.is_balanced else 1


async def _export(
    store: Store, work: PaymentWork, file: Path, since: dt.datetime | None, until: dt.datetime | None
) -> int:
    first = _begin(since.date()) if since else dt.datetime.min.replace(tzinfo=dt.UTC)
    last = _begin(until.date() + dt.timedelta(days=1)) if until else dt.datetime.max.replace(tzinfo=dt.UTC)
    if file.suffix.lower() == ".xls":
        tell(f"{file}: the old .xls is not written; name it .xlsx or .csv")
        return EXIT_BAD_INPUT
    try:
        lines = await _write_ledger(store, work, file, first, last)
    except OSError as error:
        tell(f"{file}: {error.strerror or error}")
        return EXIT_BAD_INPUT
    tell(f"{file}: {lines} lines")
    return 0


async def _write_ledger(store: Store, work: PaymentWork, file: Path, first: dt.datetime, last: dt.datetime) -> int:
    from bot.payment.ledger_workbook import write_workbook

    if file.suffix.lower() == ".xlsx":
        return await write_workbook(store.database, file, first, last)
    text = await work.payments.ledger.to_csv(first, last)
    file.write_text(text, "utf-8", newline="")
    return max(text.count("\n") - 1, 0)


async def _see(work: PaymentWork, notice_id: int) -> int:
    is_done = await work.payments.notices.resolve(notice_id)
    tell(f"notice {notice_id} is {'seen to' if is_done else 'not waiting for anybody'}")
    return 0 if is_done else EXIT_BAD_INPUT


async def _reconcile(
    work: PaymentWork, provider: str, entries: list[Entry], since: dt.datetime | None, until: dt.datetime | None
) -> int:
    from bot.payment.account_settings import NEEDED
    from bot.wording import say

    if provider not in NEEDED:
        tell(f"{provider} is none of {', '.join(NEEDED)}")
        return EXIT_BAD_INPUT
    yesterday = _today() - dt.timedelta(days=1)
    first = since.date() if since else yesterday
    last = until.date() if until else max(first, yesterday)
    report = await work.statements.reconcile(provider, entries, _begin(first), _begin(last + dt.timedelta(days=1)))
    for line in _lines(report):
        typer.echo(line)
    typer.echo(say("paying.office.statement", matched=report.matched, first=first, last=last))
    return 1 if report.unmatched or report.missing else 0


def _lines(report: Report) -> list[str]:
    from bot.payment.page import money
    from bot.wording import say

    lines = []
    for name in ("repaired", "held", "unmatched"):
        for entry in getattr(report, name):
            told = {"row": entry.row, "amount": f"{money(entry.amount)} {entry.currency}", "words": entry.reference}
            lines.append(say(f"paying.office.row.{name}", transaction=entry.transaction_id, **told))
    return lines + [say("paying.office.row.missing", transaction=one) for one in report.missing]


async def _step(store: Store, by: str, step: Callable[[str], Awaitable[str | None]]) -> int:
    from bot.payment.refunds import NotAllowed, NotAskedFor, OwnCase

    who = await _who(store, by)
    if not who:
        return EXIT_BAD_INPUT
    try:
        made = await step(who)
    except OwnCase:
        tell("Who asked for it cannot approve it, too. Another person has to: --by somebody else.")
        return EXIT_BAD_INPUT
    except NotAskedFor:
        tell("A rule holds this money, and nobody has asked for it to go back yet. First one person:\n"
             "  motcua refund ask CASE --by A --why TEXT\nthen another one approves it.")  # fmt: skip
        return EXIT_BAD_INPUT
    except NotAllowed as refused:
        tell(str(refused))
        return EXIT_BAD_INPUT
    except ValueError:
        tell("Say why in 1 to 500 characters: --why TEXT.")
        return EXIT_BAD_INPUT
    typer.echo(made or "done")
    return 0


async def _who(store: Store, by: str) -> str:
    """The same person as at the desk where the telephone is one of the list, else the name; "" when told why not."""
    from bot.handoff.clocks import load_clocks
    from bot.handoff.directory import Directory
    from bot.handoff.team_list import read_phone
    from bot.payment.settling import RULES
    from knowledge.text import clean

    name, phone = clean(by), read_phone(by)
    if not name or name == RULES:
        tell("Say who acts: --by TELEPHONE or --by NAME.")
        return ""
    if phone is None:
        return name
    helper = await Directory(store, load_clocks()).by_phone(phone)
    if helper is None or not helper.handles_money:
        tell("Nobody of the imported list who handles money has this telephone number.")
        return ""
    return helper.id


def _today() -> dt.date:
    from knowledge.working_days import VIETNAM

    return dt.datetime.now(VIETNAM).date()


def _begin(day: dt.date) -> dt.datetime:
    """Its first moment by the clock of Việt Nam."""
    from knowledge.working_days import VIETNAM

    return dt.datetime.combine(day, dt.time(), VIETNAM)
