"""A citizen who fills in a dossier, without Rasa in between: what the journey does not take is noted as an aside."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from bot.channels.reply import Button, Outcome, Reply, ShownQuestion
from bot.store import Store
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.submission.filing import Filing
from bot.submission.sheet import Sheets
from bot.underway import Filed, Heard, Underway
from knowledge.schema import Procedure
from tests.submission.journeys import TODAY, all_places, curated

DAYS = 30
FILE = "f" * 32
_numbers = itertools.count(1)


def filing_on(store: Store, public_url: str = "", records: dict[str, Procedure] | None = None) -> Filing:
    known = records if records is not None else curated()
    sheets = Sheets(store.keys, store.clock, public_url)
    return Filing(Dossiers(store, DAYS), lambda: known, all_places(), sheets)


@dataclass
class Filer:
    filing: Filing
    conversation_id: str
    channel: str = "web"
    underway: Underway | None = None
    replies: tuple[Reply, ...] = ()
    outcome: Outcome | None = None
    asides: list[str] = field(default_factory=list)

    async def starts(self, procedure: Procedure | str) -> Filer:
        one = curated()[procedure] if isinstance(procedure, str) else procedure
        self._took(await self.filing.start(one, self.heard()))
        return self

    async def says(self, text: str, **more: object) -> Filer:
        return await self._hears(self.heard(text=text, **more))

    async def presses(self, title_or_payload: str) -> Filer:
        payload = next((b.payload for b in self.buttons if b.title == title_or_payload), title_or_payload)
        return await self._hears(self.heard(payload=payload))

    async def sends(self, *files: str) -> Filer:
        return await self._hears(self.heard(attachment_ids=files or (FILE,)))

    async def answers(self, *texts: str) -> Filer:
        for text in texts:
            await (self.sends() if text == FILE else self.says(text))
        return self

    def heard(self, **said: object) -> Heard:
        change = str(said.pop("change", next(_numbers))).encode()
        return Heard(self.conversation_id, change, TODAY, self.channel, self.underway, **said)

    async def _hears(self, heard: Heard) -> Filer:
        filed = await self.filing.command(heard)
        is_asked = self.underway is not None and not self.underway.is_paused
        if filed is None and is_asked and heard.payload is None:
            filed = await self.filing.answer(heard)
        if filed is None:
            self.asides.append(heard.text or "")
        else:
            self._took(filed)
        return self

    def _took(self, filed: Filed) -> None:
        self.underway, self.outcome, self.replies = filed.underway, filed.outcome, filed.outcome.replies

    # ---- what was said

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def buttons(self) -> list[Button]:
        return [button for reply in self.replies for button in reply.buttons]

    @property
    def question(self) -> ShownQuestion | None:
        return self.outcome.turn.question

    @property
    def asked(self) -> str | None:
        return self.question.id if self.question else None

    async def dossier(self) -> Dossier:
        return await self.filing._dossiers.find(self.conversation_id, self.underway.dossier)

    async def told(self) -> dict[str, str]:
        return {step: answer.value for step, answer in (await self.dossier()).path.answers.items()}
