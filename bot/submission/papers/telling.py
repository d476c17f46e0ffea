"""What is said about papers: what is odd about a photo."""

from __future__ import annotations

from collections.abc import Iterable

from bot.submission.attachments import Attachment
from bot.wording import say


def hints(files: Iterable[Attachment]) -> str:
    """What may be hard to read, each told once; nothing when all is well."""
    keys = dict.fromkeys(hint for file in files for hint in file.details.hints[:1])
    return "\n".join(say(f"papers.hint.{key}") for key in keys)
