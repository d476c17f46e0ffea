"""Questions that somebody at the desk has seen to: taught, or put aside as not our business; kept as digests.

One small file beside the operator's wording, so that a backup takes it along and every process of a data folder
sees the same. It holds no words: a question is known by the digest of its masked, folded text.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from bot.unmet import Unmet
from knowledge.text import fold

FILE = "settled.json"


class Decision(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    how: Literal["taught", "aside"]
    at: datetime


class _Content(RootModel[dict[str, Decision]]):
    pass


def key_of(question: Unmet) -> str:
    """The same for the same wording, with or without diacritics; safe in an address."""
    return hashlib.blake2b(fold(question.text).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Settled:
    """The file of one data folder."""

    data_dir: Path

    def read(self) -> dict[str, Decision]:
        """Raises ValueError when the file was damaged by hand: better told than overwritten."""
        try:
            return _Content.model_validate_json(self._path.read_bytes()).root
        except FileNotFoundError:
            return {}

    def put(self, key: str, how: Literal["taught", "aside"], at: datetime) -> None:
        with self._changing() as known:
            known[key] = Decision(how=how, at=at)

    def take_back(self, key: str) -> bool:
        with self._changing() as known:
            return known.pop(key, None) is not None

    @property
    def _path(self) -> Path:
        return self.data_dir / "everyday" / FILE

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, Decision]]:
        """One writer at a time, over processes; the file is replaced whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_name(".settled.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.read()
            yield known
            draft = self._path.with_suffix(".tmp")
            with draft.open("w", encoding="utf-8") as file:
                json.dump(_Content(known).model_dump(mode="json"), file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)


def is_waiting(question: Unmet, decision: Decision | None) -> bool:
    """What was taught comes back when it was asked in vain again; what was put aside does not."""
    return decision is None or (decision.how == "taught" and question.last_at > decision.at)
