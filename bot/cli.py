"""The command `motcua`: serving, preparing, measuring and operating; what is known has commands of its own."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import handoff, knowledge, payment, petitions, zalo
from bot.commands.line import (
    EXIT_BAD_INPUT,
    EXIT_BAD_KNOWLEDGE,
    EXIT_NO_INDEX,
    Progress,
    say,
    settings_or_exit,
)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Một Cửa: the assistant for administrative procedures."
)
app.add_typer(knowledge.app)
app.add_typer(payment.app)
app.add_typer(petitions.app)
app.add_typer(handoff.app)
app.add_typer(zalo.app)


def main() -> None:
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    app()


@app.command()
def serve() -> None:
    """Serve the gateway: widget, HTTP interface and, with their accounts, Telegram and Zalo."""
    import uvicorn

    from knowledge.catalogue import BadProcedure
    from knowledge.library import IndexCorrupt, IndexMissing, Library

    settings = settings_or_exit()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its request lines carry Telegram's token
    try:
        library = Library.open(settings.data_dir)
    except (IndexMissing, IndexCorrupt) as error:
        say(f"{error}\nRun `motcua index` (or `make setup`) to build it.")
        raise typer.Exit(EXIT_NO_INDEX) from error
    except BadProcedure as error:
        say(f"A procedure file is wrong, so nothing is served:\n{error}")
        raise typer.Exit(EXIT_BAD_KNOWLEDGE) from error
    from bot.app import create_app

    where = f"http://localhost:{settings.port}"
    say(
        f"Một Cửa is starting (the language models take some seconds):\n"
        f"  {where}/      demo portal with the widget\n  {where}/docs  HTTP interface"
    )
    uvicorn.run(
        create_app(settings, library),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=20,
    )


@app.command()
def prepare() -> None:
    """Train and index whatever is missing or out of date; quick when nothing is."""
    from bot.preparation import prepare as run

    run(settings_or_exit(), Progress())


@app.command()
def train() -> None:
    """Train the sentence encoder and the dialogue model anew, and index with them."""
    from bot.preparation import prepare as run

    run(settings_or_exit(), Progress(), anew=True)


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="question files (JSON Lines)")],
    html: Annotated[Path | None, typer.Option(help="where the HTML report goes")] = None,
    intents: Annotated[bool, typer.Option(help="cross-validate the intents too, beside stock Rasa (minutes)")] = False,
) -> None:
    """Measure retrieval, facets, refusal and calibration on question files, beside plain baselines."""
    from bot.evaluation import evaluate as measure_search
    from bot.evaluation import intents as intent_evaluation
    from bot.evaluation import turns

    settings = settings_or_exit()
    report = html or settings.data_dir / "evaluation.html"
    code = measure_search(files, settings.data_dir, report)
    if code == 0:
        taken = turns.take_all(files, settings.data_dir)
        typer.echo(turns.as_text(taken))
        parts = [report.read_text("utf-8"), turns.confusion_html(taken)]
        if intents:
            told = intent_evaluation.cross_validate(Progress())
            typer.echo(intent_evaluation.as_text(told))
            parts.append(intent_evaluation.as_html(told))
        report.write_text("\n".join(parts), "utf-8")
    raise typer.Exit(code)


@app.command()
def bench() -> None:
    """Measure speed and memory, side by side with stock Rasa."""
    from bot.evaluation.bench import bench as run

    raise typer.Exit(run(settings_or_exit(), Progress()))


@app.command()
def doctor() -> None:
    """Check settings, models, index, database, channels and accounts, and say in Vietnamese what is wrong."""
    from bot.doctor import examine

    findings = examine(settings_or_exit())
    for finding in findings:
        typer.echo(f"{'✓' if finding.is_well else '✗'} {finding.what}: {finding.says}")
    raise typer.Exit(0 if all(finding.is_well for finding in findings) else 1)


@app.command()
def switch(
    name: Annotated[str, typer.Argument(help="channel:web, channel:telegram, channel:zalo or procedure:1.001193")],
    state: Annotated[str, typer.Argument(help="on or off")],
    reason: Annotated[str, typer.Option(help="told to citizens while it is off")] = "đang bảo trì",
) -> None:
    """Switch a channel or a procedure off or on, in running servers within seconds."""
    import asyncio

    from bot.switches import set_switch

    if state not in ("on", "off"):
        say("The state is `on` or `off`.")
        raise typer.Exit(EXIT_BAD_INPUT)
    asyncio.run(set_switch(settings_or_exit(), name, reason if state == "off" else None))
    say(f"{name} is {state}")


@app.command()
def broadcast(
    where: Annotated[str, typer.Argument(help="the ward with its province, as people write it")],
    text: Annotated[str, typer.Argument(help="what everybody there should know")],
    by: Annotated[str, typer.Option(help="who says it, for the record")] = "operator",
) -> None:
    """Tell news to everybody of a ward who has told us where they live; never at night, and once."""
    import asyncio

    from bot.broadcasts.broadcasts import BadBroadcast, Broadcast, Broadcasts
    from bot.quiet_hours import QuietHours
    from bot.store import open_store
    from knowledge import places

    settings = settings_or_exit()
    wards = places.load().read(where).wards
    if len(wards) != 1:
        say(f"Which ward is '{where}'? It may be: {'; '.join(map(str, wards[:8])) or 'none that is known'}")
        raise typer.Exit(EXIT_BAD_INPUT)

    async def write() -> Broadcast:
        store = await open_store(settings)
        try:
            return await Broadcasts(store, QuietHours.parse(settings.quiet_hours)).write(wards[0], text, by)
        finally:
            await store.close()

    try:
        written = asyncio.run(write())
    except BadBroadcast as error:
        say(str(error))
        raise typer.Exit(EXIT_BAD_INPUT) from error
    say(f"{wards[0]} will be told by the running server, until {written.until:%Y-%m-%d %H:%M} UTC")


@app.command()
def sandbox() -> None:
    """Serve the pretended one-stop system alone: officers' pages at /, the exchange's doors beside them."""
    import uvicorn

    from bot.sandbox.one_stop import ReportTo, create_one_stop_sandbox

    settings = settings_or_exit()
    base = f"http://localhost:{settings.port}"
    secret = settings.one_stop_notice_secret.get_secret_value()
    report_to = ReportTo(settings.public_url, secret) if settings.public_url and secret else None
    say(f"The sandbox one-stop system: {base}/")
    app = create_one_stop_sandbox(settings.data_dir / "sandbox", base, report_to)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="a new .tar.gz, on another disk")]) -> None:
    """Copy conversations, dossiers and files while servers go on; keys and models are left out."""
    import datetime as dt

    from bot import backup as copies

    settings = settings_or_exit()
    try:
        told = copies.backup(settings, file, dt.datetime.now(dt.UTC))
    except (copies.BadBackup, OSError) as error:
        say(str(error))
        raise typer.Exit(EXIT_BAD_INPUT) from error
    size = f"{told.size_bytes / 1e6:.1f} MB"
    say(f"{file}: {told.files} files, {size}. Only key {told.key_id} opens it: keep that apart.")
    if settings.database_url:
        say("The database is PostgreSQL and not in it: add `pg_dump --format=custom` of DATABASE_URL.")


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="what `motcua backup` wrote")]) -> None:
    """Put a backup into an empty MOTCUA_DATA_DIR; then run `motcua prepare`."""
    from bot import backup as copies

    try:
        told = copies.restore(settings_or_exit(), file)
    except (copies.BadBackup, OSError) as error:
        say(str(error))
        raise typer.Exit(EXIT_BAD_INPUT) from error
    database = "with its database" if told.has_database else "without a database: restore that with pg_restore"
    say(f"{told.files} files restored, {database}. MOTCUA_SECRET_KEYS must hold key {told.key_id}.")


@app.command()
def reseal() -> None:
    """Encrypt everything stored anew with the first key of MOTCUA_SECRET_KEYS, so that older keys can go."""
    import asyncio

    from bot.store import open_store

    async def run() -> int:
        store = await open_store(settings_or_exit())
        try:
            return await store.reseal()
        finally:
            await store.close()

    say(f"{asyncio.run(run())} rows sealed anew")


if __name__ == "__main__":
    sys.exit(main())
