"""What every command of `motcua` needs: exit codes, the settings or a clear end, and a line for the operator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.settings import Settings

EXIT_BAD_INPUT = 2
EXIT_NO_INDEX = 3
EXIT_BAD_KNOWLEDGE = 4
EXIT_BAD_SETTINGS = 5
EXIT_NO_CATALOGUE = 6


def settings_or_exit() -> Settings:
    """The settings, or a line for each wrong one and the end."""
    from pydantic import ValidationError

    from bot.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            say(f"setting {'.'.join(map(str, problem['loc']))}: {problem['msg']}")
        raise typer.Exit(EXIT_BAD_SETTINGS) from error


def say(text: str) -> None:
    """To the operator, apart from what other programs read."""
    typer.echo(text, err=True)


class Progress:
    """Prints a step with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __call__(self, text: str) -> None:
        say(f"[{time.monotonic() - self._start:5.1f}s] {text}")
