"""Files as the answer to a question: pages of a paper in order, more of them, fewer, or an identity card's photo."""

from __future__ import annotations

from dataclasses import dataclass

from bot.submission.attachments import Attachment, paper_of
from bot.submission.dossier import Dossier
from bot.submission.dossier_files import FILE, file_ids, paper_hashes
from bot.submission.dossiers import Dossiers
from bot.submission.findings import LATER
from bot.submission.journey import Answer, Step
from bot.submission.papers import card, notes
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.shelf import Shelf
from bot.underway import Heard
from bot.wording import say

MOST_FILES = 20  # of one paper
MOST_DOSSIERS = 50  # that are looked through for a page before it is thrown away


@dataclass(frozen=True)
class Kept:
    """`paper`: the step whose pages were sent; None: what was sent is an identity card, noted beside the answers."""

    dossier: Dossier
    sent: list[Attachment]
    paper: Step | None = None
    card: card.Card | None = None


class Paging:
    """Every verb raises RefusedFile, and Changed when another device was quicker."""

    def __init__(self, dossiers: Dossiers, shelf: Shelf) -> None:
        self._dossiers, self._shelf = dossiers, shelf

    async def take(self, dossier: Dossier, step: Step | None, heard: Heard) -> Kept | None:
        """`step`: the question asked, None at the review. Gives None when no file was asked for and none is a card."""
        sent = await self._shelf.pages(heard.conversation_id, heard.attachment_ids)
        seen = [one for one in sent if _card(one, heard)]
        paper = self._paper_meant(dossier, step, heard, is_card=bool(seen))
        if paper is not None:
            return await self._add(dossier, paper, step, heard, sent, seen)
        if not seen:
            await self._shelf.discard(heard.conversation_id, heard.attachment_ids, ())
            return None
        noted = {**dossier.answers, **notes.with_cards(dossier, [one.id for one in seen])}
        saved = await self._dossiers.save(dossier, noted, heard.change)
        return Kept(saved, sent, card=_card(seen[0], heard))

    def _paper_meant(self, dossier: Dossier, step: Step | None, heard: Heard, is_card: bool) -> Step | None:
        """The album's other photos tell; else the question asked; else a page that comes late: the paper before."""
        together = dossier.path.step(notes.album_step(dossier, heard.album))
        if together is not None or (step is not None and is_paper(step)):
            return together or step
        before = dossier.path.before(step.id if step else "")
        return before if before and is_paper(before) and page_ids(dossier, before) and not is_card else None

    async def _add(
        self,
        dossier: Dossier,
        paper: Step,
        asked: Step | None,
        heard: Heard,
        sent: list[Attachment],
        seen: list[Attachment],
    ) -> Kept:
        before, is_album = page_ids(dossier, paper), notes.album_step(dossier, heard.album) == paper.id
        is_more = asked is None or paper.id != asked.id or is_album or bool(heard.underway and heard.underway.is_adding)
        ids = list(dict.fromkeys((*(before if is_more else ()), *heard.attachment_ids)))
        beside = notes.with_cards(dossier, [one.id for one in seen]) | notes.with_album(heard.album, paper.id)
        try:
            saved = await self.put(dossier, paper, ids, heard, beside)
        except RefusedFile:
            await self._shelf.discard(heard.conversation_id, set(heard.attachment_ids) - set(before), ())
            raise
        return Kept(saved, sent, paper)

    async def put(
        self, dossier: Dossier, paper: Step, ids: list[str], heard: Heard, beside: dict[str, Answer] | None = None
    ) -> Dossier:
        """The paper has these pages from now on; without any its question waits again."""
        if len(ids) > MOST_FILES:
            raise RefusedFile("files", MOST_FILES)
        name = say("papers.file_name", number=_number(dossier, paper))
        pages = await self._shelf.bind(heard.conversation_id, ids, name) if ids else 0
        others = {name: answer for name, answer in dossier.answers.items() if name != paper.id}
        now = {paper.id: Answer(",".join(ids), _shown(len(ids), pages))} if ids else {}
        saved = await self._dossiers.save(dossier, {**others, **now, **(beside or {})}, heard.change)
        await self._tidy(dossier, saved, paper, heard.conversation_id)
        return saved

    async def forget(self, dossier: Dossier, conversation_id: str) -> None:
        """The dossier was dropped: its pages go with it, unless another one needs them."""
        others = await self._dossiers.others(dossier, most=MOST_DOSSIERS)
        named = {one for other in others for one in file_ids(other)}
        papers = [page_ids(dossier, step) for step in dossier.path.answered if is_paper(step)]
        bound = {hashed for other in others for hashed in paper_hashes(other)}
        gone = [ids for ids in papers if paper_of(ids) not in bound]
        await self._shelf.discard(conversation_id, set(file_ids(dossier)) - named, gone)

    async def _tidy(self, before: Dossier, saved: Dossier, paper: Step, conversation_id: str) -> None:
        """Pages taken back are thrown away, unless another dossier or a card needs them."""
        old = page_ids(before, paper)
        if not old or old == page_ids(saved, paper):
            return
        everything = (saved, *await self._dossiers.others(saved, most=MOST_DOSSIERS))
        named = {one for other in everything for one in file_ids(other)}
        is_named = paper_of(old) in {one for other in everything for one in paper_hashes(other)}
        papers = () if is_named else (old,)
        await self._shelf.discard(conversation_id, set(old) - named, papers)


def _shown(files: int, pages: int) -> str:
    """Pages are told where they are more: whether a paper is whole is judged by them."""
    return say("papers.files", count=files, pages=pages) if pages > files else say("filing.files", count=files)


def is_paper(step: Step) -> bool:
    return step.question.kind == FILE and not step.is_more


def page_ids(dossier: Dossier, paper: Step) -> list[str]:
    answer = dossier.answers.get(paper.id)
    return answer.value.split(",") if answer and answer.value not in ("", LATER) else []


def _number(dossier: Dossier, step: Step) -> int:
    ids = [one.id for one in dossier.path.steps]
    return ids.index(step.id) + 1 if step.id in ids else len(ids) + 1


def _card(page: Attachment, heard: Heard) -> card.Card | None:
    return card.read(page.details.card, heard.today) if page.details.card else None
