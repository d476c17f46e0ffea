"""What is known already, offered on the question that asks it again; nothing is used before the citizen presses."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from bot.submission import answers
from bot.submission.asking import Asked, Parsed, Several
from bot.submission.dossier import Dossier
from bot.submission.dossier_files import FILE
from bot.submission.dossiers import Dossiers
from bot.submission.findings import LATER
from bot.submission.journey import Answer, Step
from bot.submission.papers import card, notes
from bot.submission.papers.meaning import from_card, meaning_of, nearness
from bot.submission.papers.payloads import MARK_CHARS
from bot.submission.papers.shelf import Shelf
from bot.submission.persons import person_of
from bot.wording import say
from knowledge.places import Places

MOST_OFFERS = 3


@dataclass(frozen=True)
class Offer:
    """`text` as if typed; `ward`: what an address was found to lie in; `pages`: of a paper."""

    text: str = field(repr=False)
    ward: str | None = field(default=None, repr=False)
    pages: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        told = "\0".join((self.text, self.ward or "", *self.pages))
        return hashlib.sha256(told.encode()).hexdigest()[:MARK_CHARS]


@dataclass(frozen=True)
class Known:
    """`must_ask`: there would be something, but the citizen was never asked whether it may be used."""

    offers: tuple[Offer, ...] = ()
    must_ask: bool = False


class Offers:
    def __init__(self, dossiers: Dossiers, shelf: Shelf, places: Places) -> None:
        self._dossiers, self._shelf, self._places = dossiers, shelf, places

    async def known(self, dossier: Dossier, step: Step, today: dt.date) -> Known:
        if meaning_of(step) is None:
            return Known()
        on_card = [one async for one in self._on_cards(dossier, step, today)]
        others = await self._dossiers.others(dossier)
        told = self._usable(dossier, step, today, _told(step, others))
        told = [offer for offer in told if await self._is_there(dossier, offer)]
        consent = _consent(dossier, others)
        own = self._usable(dossier, step, today, _own(dossier, step))
        must_ask = bool(told) and consent is None and not own and not _went_on(dossier, others)
        found: dict[str, Offer] = {}
        for offer in own + self._usable(dossier, step, today, on_card) + (told if consent else []):
            found.setdefault(offer.text.casefold(), offer)
        return Known(tuple(found.values())[:MOST_OFFERS], must_ask)

    async def _is_there(self, dossier: Dossier, offer: Offer) -> bool:
        """Pages may have been erased since."""
        return len(await self._shelf.pages(dossier.conversation_id, offer.pages)) == len(offer.pages)

    async def _on_cards(self, dossier: Dossier, step: Step, today: dt.date) -> AsyncIterator[Offer]:
        for page in await self._shelf.pages(dossier.conversation_id, notes.cards(dossier)):
            read = card.read(page.details.card, today) if page.details.card else None
            text = from_card(step, dossier.path, read) if read else None
            if text:
                yield Offer(text)

    def _usable(self, dossier: Dossier, step: Step, today: dt.date, offers: Sequence[Offer]) -> list[Offer]:
        """Those that would be taken as answers; what contradicts this dossier is not offered."""
        if step.question.kind == FILE:
            return list(offers)
        read = [(offer, self.read(offer, dossier, step, today)) for offer in offers]
        return [offer for offer, parsed in read if isinstance(parsed, (Answer, Several))]

    def read(self, offer: Offer, dossier: Dossier, step: Step, today: dt.date) -> Parsed:
        ward = self._places.ward(offer.ward) if offer.ward else None
        return answers.parse(offer.text, Asked(step.question, today, self._places, person_of(step, dossier.path), ward))


def _own(dossier: Dossier, step: Step) -> list[Offer]:
    """Where the result is sent is mostly where somebody of the dossier lives: what was told here already."""
    if not step.is_delivery:
        return []
    same = [one for one in dossier.path.of_the_case if one.question.kind == step.question.kind]
    return [_offer(one, dossier.path.answers[one.id]) for one in same if dossier.path.answers[one.id].value]


def _told(step: Step, others: Sequence[Dossier]) -> list[Offer]:
    """Answers to the same question in other dossiers: the nearest in meaning first, then the newest."""
    asked, found = meaning_of(step), []
    for other in others:
        for one in other.path.answered:
            told, answer = meaning_of(one), other.path.answers[one.id]
            near = nearness(asked, told) if told else None
            if near is not None and answer.value not in ("", LATER):
                found.append((near, _offer(one, answer)))
    return [offer for _, offer in sorted(found, key=lambda pair: pair[0])]


def _offer(step: Step, answer: Answer) -> Offer:
    if step.question.kind == FILE:
        return Offer(say("papers.earlier", files=answer.shown), pages=tuple(answer.value.split(",")))
    return Offer(answer.shown, ward=answer.value if step.question.kind == "address" else None)


def _consent(dossier: Dossier, others: Sequence[Dossier]) -> bool | None:
    """As it was said last, in any dossier of this citizen: it is asked once."""
    said = (notes.may_reuse(one) for one in (dossier, *others))
    return next((one for one in said if one is not None), None)


def _went_on(dossier: Dossier, others: Sequence[Dossier]) -> bool:
    """The citizen saw the question for consent before and typed on: it is not put again in this dossier."""
    return any(meaning_of(step) and _told(step, others) for step in dossier.path.answered)
