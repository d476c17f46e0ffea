"""Commands about people who help: the list of teams, accounts of the desk, and what helpers corrected."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands.line import EXIT_BAD_INPUT, say, settings_or_exit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.handoff.corrections import Correction, Corrections
    from bot.settings import Settings

app = typer.Typer()
T = TypeVar("T")


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


@app.command()
def corrections(
    export: Annotated[Path | None, typer.Option(help="write them as a question file, JSON Lines")] = None,
    accept: Annotated[str, typer.Option(help="the ID whose question is put beside the right procedure")] = "",
    wording: Annotated[str, typer.Option(help="with --accept: these words instead of the citizen's")] = "",
    leave: Annotated[str, typer.Option(help="the ID that nothing is learned from")] = "",
    every: Annotated[bool, typer.Option("--all", help="also those accepted or left before")] = False,
) -> None:
    """List what helpers said of the assistant's answers, numbers masked; nothing is learned without --accept."""
    from bot.handoff.corrections import Decision

    if sum(map(bool, (export, accept, leave))) > 1:
        say("One of --export, --accept and --leave at a time.")
        raise typer.Exit(EXIT_BAD_INPUT)
    if accept:
        _accept(accept, wording)
    elif leave:
        _decide(_correction(leave), Decision.left)
    elif export:
        _export(export)
    else:
        shown = tuple(Decision) if every else (Decision.waiting,)
        lines = [_corrected(one) for one in _with_corrections(lambda known: known.listed(shown))]
        typer.echo("\n".join(lines) or "No correction waits.")


def _accept(correction_id: str, wording: str) -> None:
    """As `motcua teach` does it; only what it took is marked."""
    from bot.commands.knowledge import teach
    from bot.handoff.corrections import Decision
    from bot.stories.teaching import is_private

    correction = _correction(correction_id)
    text = wording or correction.question
    if correction.decision is Decision.accepted:
        say("This correction was accepted before.")
        return
    if correction.code is None:
        say("No procedure is right here, or it is not known which, so there is nothing to put the question beside.")
        raise typer.Exit(EXIT_BAD_INPUT)
    if is_private(text):
        say("The question tells a citizen's data. Say it without them: --wording TEXT.")
        raise typer.Exit(EXIT_BAD_INPUT)
    teach(correction.code, [text])
    _decide(correction, Decision.accepted)


def _correction(correction_id: str) -> Correction:
    found = _with_corrections(lambda known: known.find(correction_id))
    if found is None:
        say(f"{correction_id}: no such correction, or several begin so.")
        raise typer.Exit(EXIT_BAD_INPUT)
    return found


def _decide(correction: Correction, decision: str) -> None:
    from bot.handoff.corrections import Decision

    if not _with_corrections(lambda known: known.decide(correction, Decision(decision))):
        say("A helper changed or a citizen erased this correction meanwhile, so it was not marked. List them again.")
        raise typer.Exit(1)
    say(f"{correction.id[:8]} is {decision}")


def _export(file: Path) -> None:
    """Whole or not at all, readable by its owner only; without those that were left."""
    import json
    import os

    from bot.handoff.corrections import Decision, as_question

    found = _with_corrections(lambda known: known.listed((Decision.waiting, Decision.accepted)))
    rows = [row for row in map(as_question, found) if row is not None]
    draft = file.with_name(f"{file.name}.tmp")
    try:
        draft.unlink(missing_ok=True)  # of a run that was cut off
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        draft.replace(file)
    except OSError as error:
        say(f"{file}: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    say(f"{len(rows)} questions written, {len(found) - len(rows)} left out (asking back was right)")


def _corrected(one: Correction) -> str:
    said = one.said_code or one.said_kind
    told = {"right": f"{said} right", "wrong": f"{said} → {one.right_code}", "none": f"{said} → no procedure"}
    return f"{one.id[:8]}  {one.at:%Y-%m-%d}  {one.decision}  {told[one.verdict]}: {one.question}"


def _with_corrections(work: Callable[[Corrections], Awaitable[T]]) -> T:
    from bot.handoff.corrections import Corrections
    from bot.store import open_store

    async def run() -> T:
        store = await open_store(settings_or_exit())
        try:
            return await work(Corrections(store))
        finally:
            await store.close()

    return asyncio.run(run())
