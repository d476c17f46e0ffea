"""Commands about people who help: the list of teams, and accounts of the desk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.line import EXIT_BAD_INPUT, say, settings_or_exit

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer()


@app.command()
def teams(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX: team, ward, province, name, phone, role, skills, hours")],
) -> None:
    """Import the list of teams and members; it replaces what was known of its provinces."""
    from bot.handoff.team_list import BadTeamList, read_team_list
    from knowledge import places

    try:
        listed = read_team_list(file.read_bytes(), places.load())
    except (OSError, BadTeamList) as error:
        say(f"{file}: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    for line in listed.bad:
        say(f"left out, {line}")
    if not listed.people:
        say("No row could be used, so nothing was changed.")
        raise typer.Exit(EXIT_BAD_INPUT)
    report = asyncio.run(_replace(settings_or_exit(), listed))
    say(
        f"{report.teams} teams; members: new {report.new}, changed {report.changed}, unchanged {report.unchanged}, "
        f"gone {report.gone}; rows left out {len(listed.bad)}"
    )


async def _replace(settings: Settings, listed):
    from bot.handoff.clocks import load_clocks
    from bot.handoff.directory import Directory
    from bot.store import open_store

    store = await open_store(settings)
    try:
        return await Directory(store, load_clocks()).replace(listed)
    finally:
        await store.close()


@app.command()
def account(
    phone: Annotated[str, typer.Argument(help="telephone of a member of the list")],
    lost_phone: Annotated[bool, typer.Option(help="ask for no second factor until a new one is set up")] = False,
) -> None:
    """Give a helper a new password for the desk; it is printed once and must be changed at the first sign-in."""
    given = asyncio.run(_give_password(settings_or_exit(), phone, lost_phone))
    if given is None:
        say("Nobody of the imported list has this telephone number.")
        raise typer.Exit(EXIT_BAD_INPUT)
    typer.echo(given)


async def _give_password(settings: Settings, phone: str, lost_phone: bool) -> str | None:
    from bot.handoff.accounts import Accounts
    from bot.handoff.clocks import load_clocks
    from bot.handoff.directory import Directory
    from bot.handoff.team_list import read_phone
    from bot.store import open_store

    store = await open_store(settings)
    try:
        directory = Directory(store, load_clocks())
        helper = await directory.by_phone(read_phone(phone) or "")
        if helper is None:
            return None
        accounts = Accounts(store, directory)
        if lost_phone:
            await accounts.forget_second_factor(helper)
        return await accounts.give_password(helper)
    finally:
        await store.close()
