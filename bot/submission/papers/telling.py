"""What is said about papers: what is odd about a photo, its pages, and what is known already."""

from __future__ import annotations

from collections.abc import Iterable

from bot.channels.reply import Button
from bot.submission.attachments import Attachment
from bot.submission.dossier import Dossier
from bot.submission.journey import Step
from bot.submission.papers import payloads
from bot.wording import say

CARD_KINDS = ("person_name", "citizen_id")  # whose question a card answers for sure


def hints(files: Iterable[Attachment]) -> str:
    """What may be hard to read, each told once; nothing when all is well."""
    keys = dict.fromkeys(hint for file in files for hint in file.details.hints[:1])
    return "\n".join(say(f"papers.hint.{key}") for key in keys)


def no_file(step: Step | None) -> str:
    """Why a file is no answer here; where a card would have been one, how to photograph it."""
    may_be_card = step is not None and not step.is_more and step.question.kind in CARD_KINDS
    return say("papers.card.unread" if may_be_card else "filing.wrong.no_file")


def more(dossier: Dossier, paper: Step, number: int) -> Button:
    return Button(title=say("papers.button.more", number=number), payload=payloads.button("more", dossier, paper))


def cuts(dossier: Dossier, paper: Step, ids: list[str]) -> list[Button]:
    """One to take back each file of the paper."""
    return [
        Button(
            title=say("papers.button.cut", number=number),
            payload=payloads.button("cut", dossier, paper, one[: payloads.MARK_CHARS]),
        )
        for number, one in enumerate(ids, 1)
    ]
