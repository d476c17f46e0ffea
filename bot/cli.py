"""The command `motcua`: serve, prepare, train, import, index, check, evaluate, bench, doctor, switch, reseal."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

EXIT_BAD_INPUT = 2
EXIT_NO_INDEX = 3
EXIT_BAD_KNOWLEDGE = 4
EXIT_BAD_SETTINGS = 5
EXIT_NO_CATALOGUE = 6

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Một Cửa: the assistant for administrative procedures."
)


def main() -> None:
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    app()


def _settings():
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            _say(f"setting {'.'.join(map(str, problem['loc']))}: {problem['msg']}")
        raise typer.Exit(EXIT_BAD_SETTINGS) from error


def _say(text: str) -> None:
    typer.echo(text, err=True)


class _Progress:
    """Prints a step with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        _say(f"[{time.monotonic() - self._start:5.1f}s] {text}")


@app.command()
def serve() -> None:
    """Serve the gateway: widget, HTTP interface and, with a token, Telegram."""
    import uvicorn

    from knowledge.catalogue import BadProcedure
    from knowledge.library import IndexCorrupt, IndexMissing, Library

    settings = _settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its request lines carry Telegram's token
    try:
        library = Library.open(settings.data_dir)
    except (IndexMissing, IndexCorrupt) as error:
        _say(f"{error}\nRun `motcua index` (or `make setup`) to build it.")
        raise typer.Exit(EXIT_NO_INDEX) from error
    except BadProcedure as error:
        _say(f"A procedure file is wrong, so nothing is served:\n{error}")
        raise typer.Exit(EXIT_BAD_KNOWLEDGE) from error
    from bot.app import create_app

    where = f"http://localhost:{settings.port}"
    _say(
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

    run(_settings(), _Progress())


@app.command()
def train() -> None:
    """Train the sentence encoder and the dialogue model anew, and index with them."""
    from bot.preparation import prepare as run

    run(_settings(), _Progress(), anew=True)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="JSON Lines of the catalogue, or the portal API's JSON")],
) -> None:
    """Import procedures; returns when they can be searched, in running servers too."""
    from bot import running
    from knowledge.importers.reader import UnreadableFile
    from knowledge.library import Library, import_and_index

    settings, progress = _settings(), _Progress()
    try:
        report = import_and_index(files, settings.data_dir, dt.date.today(), progress)
    except (UnreadableFile, OSError) as error:
        _say(f"Nothing was imported: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    for bad in report.bad:
        _say(f"left out: {bad}")
    _say(
        f"new {len(report.new)}, changed {len(report.changed)}, unchanged {len(report.unchanged)}, "
        f"gone {len(report.gone)}, left out {len(report.bad)}"
    )
    late = running.wait_for_servers(settings.data_dir, Library.open(settings.data_dir).snapshot.generation)
    if late:
        _say(f"These servers have not taken the new index over yet: {', '.join(map(str, late))}. Look at their logs.")
        raise typer.Exit(1)


@app.command()
def index() -> None:
    """Build the search index anew from what is known."""
    from knowledge.index import build_index

    settings = _settings()
    build_index(settings.data_dir, _Progress())


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

    settings, today = _settings(), dt.date.today()
    try:
        if readability:
            tell = checking.readability_json if as_json else checking.readability_text
            typer.echo(tell(load_curated(), today))
            return
        records = checking.reference_records(settings, today)
        found = checking.findings(records, today)
    except UnreadableFile as error:
        _say(f"The catalogue cannot be read: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    except BadProcedure as error:
        _say(f"A procedure file is wrong:\n{error}")
        raise typer.Exit(EXIT_BAD_KNOWLEDGE) from error
    typer.echo(json_of(found) if as_json else as_text(found))
    if records is None:
        _say(
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
        _say(f"{file}: {error}")
        raise typer.Exit(EXIT_BAD_INPUT) from error
    for line in found.bad:
        _say(f"left out, {line}")
    save(found.desks, _settings().data_dir)
    _say(f"{len(found.desks)} desks imported, {len(found.bad)} rows left out")


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

    settings = _settings()
    report = html or settings.data_dir / "evaluation.html"
    code = measure_search(files, settings.data_dir, report)
    if code == 0:
        taken = turns.take_all(files, settings.data_dir)
        typer.echo(turns.as_text(taken))
        parts = [report.read_text("utf-8"), turns.confusion_html(taken)]
        if intents:
            told = intent_evaluation.cross_validate(_Progress())
            typer.echo(intent_evaluation.as_text(told))
            parts.append(intent_evaluation.as_html(told))
        report.write_text("\n".join(parts), "utf-8")
    raise typer.Exit(code)


@app.command()
def bench() -> None:
    """Measure speed and memory, side by side with stock Rasa."""
    from bot.evaluation.bench import bench as run

    raise typer.Exit(run(_settings(), _Progress()))


@app.command()
def doctor() -> None:
    """Check settings, models, index, database and Telegram, and say in Vietnamese what is wrong."""
    from bot.doctor import examine

    findings = examine(_settings())
    for finding in findings:
        typer.echo(f"{'✓' if finding.is_well else '✗'} {finding.what}: {finding.says}")
    raise typer.Exit(0 if all(finding.is_well for finding in findings) else 1)


@app.command()
def switch(
    name: Annotated[str, typer.Argument(help="channel:web, channel:telegram or procedure:1.001193")],
    state: Annotated[str, typer.Argument(help="on or off")],
    reason: Annotated[str, typer.Option(help="told to citizens while it is off")] = "đang bảo trì",
) -> None:
    """Switch a channel or a procedure off or on, in running servers within seconds."""
    import asyncio

    from bot.switches import set_switch

    if state not in ("on", "off"):
        _say("The state is `on` or `off`.")
        raise typer.Exit(EXIT_BAD_INPUT)
    asyncio.run(set_switch(_settings(), name, reason if state == "off" else None))
    _say(f"{name} is {state}")


@app.command()
def sandbox() -> None:
    """Serve the pretended one-stop system alone: officers' pages at /, the exchange's doors beside them."""
    import uvicorn

    from bot.sandbox.one_stop import ReportTo, create_one_stop_sandbox

    settings = _settings()
    base = f"http://localhost:{settings.port}"
    secret = settings.one_stop_notice_secret.get_secret_value()
    report_to = ReportTo(settings.public_url, secret) if settings.public_url and secret else None
    _say(f"The sandbox one-stop system: {base}/")
    app = create_one_stop_sandbox(settings.data_dir / "sandbox", base, report_to)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning")


@app.command()
def reseal() -> None:
    """Encrypt everything stored anew with the first key of MOTCUA_SECRET_KEYS, so that older keys can go."""
    import asyncio

    from bot.store import open_store

    async def run() -> int:
        store = await open_store(_settings())
        try:
            return await store.reseal()
        finally:
            await store.close()

    _say(f"{asyncio.run(run())} rows sealed anew")


if __name__ == "__main__":
    sys.exit(main())
