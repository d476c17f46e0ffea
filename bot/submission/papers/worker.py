"""The process that opens strangers' files: reads jobs from its input, writes what came of them, knows no secret.

Nothing but JSON and bytes passes between it and the server, so that one taken over by a file can say nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from bot.submission.papers.limits import Limits
from bot.submission.papers.prepared import Prepared
from bot.submission.papers.refusals import RefusedFile

MEMORY_BYTES = 2 * 1024**3
FILE_BYTES = 0  # it writes nothing anywhere
LENGTH = struct.Struct(">I")
MOST_BYTES = 512 * 1024**2

Made = tuple[dict[str, Any], bytes]  # what is told, and the file
Job = Callable[[dict[str, Any], list[bytes]], Made]


def main() -> None:
    """Serves until its input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not fall among the answers
    while (frames := read_frames(source)) is not None:
        said, content = _do(JOBS, json.loads(frames[0]), frames[1:])
        target.write(framed([json.dumps(said).encode(), content]))
        target.flush()


# Each loads only the libraries it needs: a worker starts in a moment.


def _photo(ask: dict[str, Any], files: list[bytes]) -> Made:
    from bot.submission.papers import photo

    return _told(photo.prepare(files[0], ask["media_type"], Limits(**ask["limits"])))


def _pdf(ask: dict[str, Any], files: list[bytes]) -> Made:
    from bot.submission.papers import pdf

    return _told(pdf.rebuild(files[0], Limits(**ask["limits"])))


def _bind(ask: dict[str, Any], files: list[bytes]) -> Made:
    from bot.submission.papers import binding

    return _told(binding.bind(list(zip(ask["media_types"], files, strict=True)), Limits(**ask["limits"])))


def _form(ask: dict[str, Any], files: list[bytes]) -> Made:
    from bot.submission.papers import form

    return {}, form.write(form.Form(**ask["form"]))


def _told(made: Prepared) -> Made:
    return {"pages": made.pages, "hints": made.hints, "card": made.card}, made.content


JOBS: dict[str, Job] = {"photo": _photo, "pdf": _pdf, "bind": _bind, "form": _form}


def _do(jobs: dict[str, Job], ask: dict[str, Any], files: list[bytes]) -> Made:
    """What came of it, or why not. Names of errors only: their words may hold what the file says."""
    try:
        return jobs[ask["do"]](ask, files)
    except RefusedFile as error:
        return {"refused": error.key, "limit": error.limit}, b""
    except MemoryError:
        return {"refused": "heavy", "limit": None}, b""
    except Exception as error:
        return {"failed": type(error).__name__}, b""


def framed(parts: list[bytes]) -> bytes:
    return LENGTH.pack(len(parts)) + b"".join(LENGTH.pack(len(part)) + part for part in parts)


def read_frames(source: BinaryIO) -> list[bytes] | None:
    """None when the input has ended."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return [_read_part(source) for _ in range(LENGTH.unpack(head)[0])]


def _read_part(source: BinaryIO) -> bytes:
    size = LENGTH.unpack(source.read(LENGTH.size))[0]
    return source.read(min(size, MOST_BYTES))


if __name__ == "__main__":
    main()
