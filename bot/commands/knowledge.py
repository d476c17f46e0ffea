"""Commands about what is known: import, index, check, desks, unmet, teach."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.line import (
    EXIT_BAD_INPUT,
    EXIT_BAD_KNOWLEDGE,
    EXIT_NO_CATALOGUE,
    Progress,
    say,
    settings_or_exit,
)

if TYPE_CHECKING:
    from bot.settings import Settings

app = typer.Typer()


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines of the catalogue, or the portal API's JSON")],
) -> None:
    """Import procedures; returns when they can be searched, in running servers too."""
    from knowledge.importers.reader import UnreadableFile
    from knowledge.library import Library, import_and_index

    settings, progress = settings_or_exit(), Progress()
    try:
        report = import_and_index(files, settings.data_dir, dt.date.today(), progress)
    except (UnreadableFile, OSError) as error:
        say(f"Nothing was imported: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    for bad in report.bad:
        say(f"left out: {bad}")
    say(
        f"new {len(report.new)}, changed {len(report.changed)}, unchanged {len(report.unchanged)}, "
        f"gone {len(report.gone)}, left out {len(report.bad)}"
    )
    _wait_for_servers(settings, Library.open(settings.data_dir).snapshot.generation)


@app.command()
def index() -> None:
    """Build the search index anew from what is known."""
    from knowledge.index import build_index

    settings = settings_or_exit()
    build_index(settings.data_dir, Progress())


@app.command()
def check(
    readability: Annotated[bool, typer.Option(help="how plainly records and replies speak, instead")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="for other programs")] = False,
) -> None:
    """Hold the curated records against the catalogue and the calendar; fails on contradictions left unexplained."""
    from bot import checking
    from knowledge.catalogue import BadProcedure, load_curated
    from knowledge.check import contradictions
    from knowledge.check_report import as_json as json_of
    from knowledge.check_report import as_text
    from knowledge.importers.reader import UnreadableFile

    settings, today = settings_or_exit(), dt.date.today()
    try:
        if readability:
            tell = checking.readability_json if as_json else checking.readability_text
            typer.echo(tell(load_curated(), today))
            return
        records = checking.reference_records(settings, today)
        found = checking.findings(records, today)
    except UnreadableFile as error:
        say(f"The catalogue cannot be read: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    except BadProcedure as error:
        say(f"A procedure file is wrong:\n{error}")
        raise typer.Exit(EXIT_BAD_KNOWLEDGE) from error
    typer.echo(json_of(found) if as_json else as_text(found))
    if records is None:
        say(
            "There is no catalogue here, so nothing was compared. Set MOTCUA_CATALOGUE to its file, "
            "or bring it in with `motcua import FILE`."
        )
        raise typer.Exit(EXIT_NO_CATALOGUE)
    raise typer.Exit(1 if contradictions(found) else 0)


@app.command()
def desks(file: Annotated[Path, typer.Argument(help="CSV: ward, province, name, address, phone, hours")]) -> None:
    """Import the list of one-stop desks with their streets and telephones; it replaces the earlier one."""
    from knowledge import places
    from knowledge.desks import BadDesks, read_list, save

    try:
        found = read_list(file.read_bytes(), places.load())
    except (OSError, BadDesks) as error:
        say(f"{file}: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    for line in found.bad:
        say(f"left out, {line}")
    save(found.desks, settings_or_exit().data_dir)
    say(f"{len(found.desks)} desks imported, {len(found.bad)} rows left out")


@app.command()
def unmet(
    days: Annotated[int, typer.Option(min=1, max=3650, help="how far to look back")] = 30,
    most: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """List what citizens asked and were not told, numbers masked, with the procedures that came closest."""
    import asyncio

    from bot import unmet as questions
    from bot.store import open_store
    from knowledge.library import Library

    settings = settings_or_exit()

    async def read() -> list[questions.Unmet]:
        store = await open_store(settings)
        try:
            return await questions.unmet(store, dt.datetime.now(dt.UTC) - dt.timedelta(days=days), most)
        finally:
            await store.close()

    snapshot = Library.open(settings.data_dir).snapshot
    found = asyncio.run(read())
    nearest = {
        one.text: [f"{hit.code}  {hit.name}" for hit in snapshot.searcher.search(one.text, 3).hits] for one in found
    }
    typer.echo(questions.as_text(found, nearest) or "Nothing was left unanswered.")


@app.command()
def teach(
    code: Annotated[str, typer.Argument(help="the procedure that is meant, e.g. 1.004873")],
    texts: Annotated[list[str], typer.Argument(help="what citizens say, one sentence each")],
) -> None:
    """Put citizens' own words beside a procedure; running servers know them when this returns."""
    from bot.stories.teaching import is_private
    from knowledge import catalogue, index, operator_wording
    from knowledge.everyday import BadEveryday

    settings = settings_or_exit()
    if any(map(is_private, texts)):
        say("A sentence looks like somebody's own: numbers must not stand in it.")
        raise typer.Exit(EXIT_BAD_INPUT)
    try:
        new = operator_wording.add(settings.data_dir, code, texts, catalogue.load(settings.data_dir))
    except (operator_wording.BadWording, BadEveryday) as error:
        say(str(error))
        raise typer.Exit(EXIT_BAD_INPUT) from error
    _wait_for_servers(settings, index.build_index(settings.data_dir, Progress()))
    say(f"{len(new)} sentences added to {code}, {len(texts) - len(new)} known before")


def _wait_for_servers(settings: Settings, generation: str) -> None:
    """What was changed can be searched in running servers too, or it is said where it cannot."""
    from bot import running

    late = running.wait_for_servers(settings.data_dir, generation)
    if late:
        say(f"These servers have not taken the new index over yet: {', '.join(map(str, late))}. Look at their logs.")
        raise typer.Exit(1)
