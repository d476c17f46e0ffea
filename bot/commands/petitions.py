"""Commands about petitions: what waits, and what an operator does about it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands.line import EXIT_BAD_INPUT, say, settings_or_exit

if TYPE_CHECKING:
    from bot.petitions.petitions import Petitions

T = TypeVar("T")

app = typer.Typer()
petitions = typer.Typer(no_args_is_help=True, help="Petitions: list, show, and what is done about one.")
app.add_typer(petitions, name="petitions")

Code = Annotated[str, typer.Argument(help="the petition's code, PA-…")]
By = Annotated[str, typer.Option(help="who does it; kept, not told to the citizen")]


@petitions.command("list")
def list_(everything: Annotated[bool, typer.Option("--all", help="also those that are closed")] = False) -> None:
    """Petitions with their clocks, what is due first on top; no names."""
    from bot.petitions.petition import Status

    wanted = [one for one in Status if one is not Status.draft and (everything or one.is_open)]
    for one in _run(lambda room: room.list(wanted)):
        due = f"due {one.due_at:%Y-%m-%d}" if one.due_at else "no clock"
        typer.echo(f"{one.code}  {one.status:<9}  {due}  {one.content.ward or '-'}, {one.content.province or '-'}")


@petitions.command()
def show(code: Code) -> None:
    """One petition with everything in it."""
    from bot.petitions.petition import triage

    one = _run(lambda room: room.by_code(code.upper()))
    if one is None:
        _stop(f"no petition {code}")
    content = one.content
    typer.echo(f"{one.code}  {one.status}\n{content.name}\n{content.address}\n{content.phone}\n\n{content.text}\n")
    typer.echo("  ".join(f"{act} until {until:%Y-%m-%d}" for act, until in triage(one.sent_at).items()))
    for event in one.events:
        typer.echo(f"{event.at:%Y-%m-%d %H:%M}  {event.kind}  {event.by}  {event.authority}  {event.text}".rstrip())


@petitions.command()
def answer(code: Code, text: str, by: By) -> None:
    """Answer it: the text goes to the citizen as it stands."""
    _act(code, "answered", by, text=text)


@petitions.command()
def ask(code: Code, text: str, by: By) -> None:
    """Ask the citizen for more; the clock stands until it comes."""
    _act(code, "asked", by, text=text)


@petitions.command()
def forward(code: Code, authority: str, by: By) -> None:
    """Forward it to the authority that is competent; the citizen is told which."""
    _act(code, "forwarded", by, authority=authority)


@petitions.command()
def refuse(code: Code, reason: str, by: By) -> None:
    """Refuse it; the reason goes to the citizen."""
    _act(code, "refused", by, text=reason)


@petitions.command()
def publish(code: Code, by: By) -> None:
    """Note that the answer has been published, which ends its last clock."""
    _act(code, "published", by)


def _act(code: str, status: str, by: str, text: str = "", authority: str = "") -> None:
    from bot.petitions.operating import act
    from bot.petitions.petition import Status
    from bot.petitions.petitions import Changed, NotNow

    hotline = settings_or_exit().hotline
    try:
        done = _run(lambda room: act(room, code, Status(status), by, hotline, text=text, authority=authority))
    except KeyError:
        _stop(f"no petition {code}")
    except NotNow as reason:
        _stop(f"{code} is {reason}: this cannot be done now")
    except Changed:
        _stop(f"{code} was changed by somebody else at the same moment; look at it again")
    except ValueError as reason:
        _stop(str(reason))
    say(f"{done.code} is {done.status}")


def _stop(reason: str) -> None:
    say(reason)
    raise typer.Exit(EXIT_BAD_INPUT)


def _run(work: Callable[[Petitions], Awaitable[T]]) -> T:
    from bot.petitions.petitions import Petitions
    from bot.store import open_store

    async def run() -> T:
        store = await open_store(settings_or_exit())
        try:
            return await work(Petitions(store))
        finally:
            await store.close()

    return asyncio.run(run())
