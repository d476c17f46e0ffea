"""What citizens asked in vain, read for the desk, and their words put beside the procedure they meant."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.privacy import mask
from bot.settled import Decision, Settled, is_waiting, key_of
from bot.store import Store
from bot.stories.reindexing import Reindexing
from bot.unmet import Unmet, unmet
from knowledge import operator_wording
from knowledge.catalogue import BadProcedure
from knowledge.everyday import BadEveryday
from knowledge.library import Library
from knowledge.operator_wording import MOST_CHARS, BadWording, SaidElsewhere, UnknownProcedure

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=30)
FRESH = timedelta(minutes=5)  # thousands of lines are opened for one list; nobody needs it by the second
MOST_READ, MOST_SHOWN, MOST_NEAR = 1_000, 50, 5
PATIENCE_SECONDS = 3.0  # a short history is read at once; for a long one the page comes without it, and looks again
MOST_DIGITS = 5  # a year or an amount of months; more is a birthday, a number, an address


ProvincesOf = Callable[[Collection[str]], Awaitable[dict[str, str]]]  # by conversation, "" where none was told


@dataclass(frozen=True)
class Listed:
    """The questions at `read_at` (None: never yet) with their keys; `is_reading`: a newer list is under way."""

    rows: tuple[tuple[str, Unmet], ...]
    read_at: datetime | None
    is_reading: bool


@dataclass(frozen=True)
class Taught:
    """`told` names a sentence of the desk; `owner` the procedure that has these words already."""

    told: str
    owner: str = ""
    is_done: bool = False


class Teaching:
    """For one server: its own reading of the history, kept for some minutes."""

    def __init__(
        self, store: Store, library: Library, settled: Settled, indexing: Reindexing, provinces_of: ProvincesOf
    ) -> None:
        self._store, self._library, self._settled, self.indexing = store, library, settled, indexing
        self._provinces_of = provinces_of
        self._found: Sequence[tuple[str, Unmet]] = ()
        self._asked_in: dict[str, frozenset[str]] = {}  # by key: provinces, one of them "" where none was told
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        await self.indexing.stop()
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    # ---- what was asked

    async def waiting(self, province: str) -> Listed:
        """Those of this province, or of none, that nobody has seen to; what many citizens asked first."""
        return await self._listed(province, is_aside=False)

    async def put_aside(self, province: str) -> Listed:
        return await self._listed(province, is_aside=True)

    def is_asked_in(self, key: str, province: str) -> bool:
        """By one of its citizens, or by somebody who has not told where they live."""
        return bool(self._asked_in.get(key, frozenset()) & {province, ""})

    def is_of_nowhere(self, key: str) -> bool:
        """Nobody who asked it has told where they live."""
        return self._asked_in.get(key) == {""}

    async def question(self, key: str) -> Unmet | None:
        """Whichever was listed, also when it was seen to meanwhile."""
        await self._read_if_old()
        return dict(self._found).get(key)

    async def _listed(self, province: str, is_aside: bool) -> Listed:
        await self._read_if_old()
        settled = await asyncio.to_thread(self._decisions)
        mine = [(key, one) for key, one in self._found if self.is_asked_in(key, province)]
        rows = [(key, one) for key, one in mine if is_waiting(one, settled.get(key)) is not is_aside]
        if is_aside:
            rows = [(key, one) for key, one in rows if settled[key].how == "aside"]
        return Listed(tuple(rows[:MOST_SHOWN]), self._read_at, self._is_reading)

    def _decisions(self) -> dict[str, Decision]:
        try:
            return self._settled.read()
        except ValueError:  # damaged by hand: every question is better shown again than none
            log.exception("what was decided on questions cannot be read")
            return {}

    @property
    def _is_reading(self) -> bool:
        return self._reading is not None and not self._reading.done()

    async def _read_if_old(self) -> None:
        is_fresh = self._read_at is not None and self._store.clock() - self._read_at < FRESH
        if not is_fresh and not self._is_reading:
            self._reading = asyncio.create_task(self._read())
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=PATIENCE_SECONDS)

    async def _read(self) -> None:
        now = self._store.clock()
        try:
            found = await unmet(self._store, now - LOOK_BACK, MOST_READ)
            provinces = await self._provinces_of(frozenset().union(*(one.asked_in for one in found)))
        except Exception:
            log.exception("what citizens asked in vain could not be read")
            return
        self._found, self._read_at = [(key_of(one), one) for one in found], now
        self._asked_in = {key: frozenset(provinces[asked] for asked in one.asked_in) for key, one in self._found}

    # ---- what is done about it

    async def nearest(self, words: str) -> list[tuple[str, str]]:
        """(code, name) of the procedures that come closest, of which there is a record."""
        if not words.strip():
            return []
        snapshot = self._library.snapshot
        found = await asyncio.to_thread(snapshot.searcher.search, words, MOST_NEAR * 2)
        return [(hit.code, hit.name) for hit in found.hits if hit.code in snapshot.catalogue][:MOST_NEAR]

    async def teach(self, key: str, code: str, text: str) -> Taught:
        """As `motcua teach` does it; the index is built anew beside the talk."""
        if is_private(text):
            return Taught("question_private")
        procedures = self._library.snapshot.catalogue
        try:
            new = await asyncio.to_thread(operator_wording.add, self._settled.data_dir, code, [text], procedures)
            await self._settle(key, "taught")
        except SaidElsewhere as error:
            owner = procedures.get(error.owner)
            return Taught("question_elsewhere", owner.name if owner else error.owner)
        except UnknownProcedure:
            return Taught("question_unchosen")
        except BadWording:
            return Taught("question_words")
        except (BadEveryday, BadProcedure, ValueError, OSError):
            log.exception("a wording could not be added to %s", code[:20])
            return Taught("question_failed")
        self.indexing.start()
        return Taught("question_taught" if new else "question_known", is_done=True)

    async def leave(self, key: str) -> bool:
        """Whether it could be kept."""
        try:
            await self._settle(key, "aside")
        except (ValueError, OSError):
            log.exception("a question could not be put aside")
            return False
        return True

    async def bring_back(self, key: str) -> bool:
        """Whether it was aside."""
        try:
            return await asyncio.to_thread(self._settled.take_back, key)
        except (ValueError, OSError):
            log.exception("a question could not be brought back")
            return False

    async def _settle(self, key: str, how: Literal["taught", "aside"]) -> None:
        await asyncio.to_thread(self._settled.put, key, how, self._store.clock())


def is_private(text: str) -> bool:
    """What was masked, or should be: wording goes into the index and must be nobody's own."""
    return "***" in text or mask(text) != text or len(re.findall(r"\d", text)) > MOST_DIGITS


__all__ = ["MOST_CHARS", "Listed", "Taught", "Teaching", "is_private"]
