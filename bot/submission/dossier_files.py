"""The files a dossier names: pages of its papers, and cards noted beside its answers."""

from __future__ import annotations

from bot.submission.attachments import paper_of
from bot.submission.dossier import Dossier

FILE = "file"  # the kind of question that a paper answers
CARDS = "_cards"  # noted beside the answers: photos of identity cards
ID_CHARS = 32


def file_ids(dossier: Dossier) -> list[str]:
    """On the path or off it."""
    return [one for value in _values(dossier) for one in value.split(",") if len(one) == ID_CHARS]


def paper_hashes(dossier: Dossier) -> list[bytes]:
    """What each paper's pages are bound under."""
    return [paper_of(value.split(",")) for value in _values(dossier)]


def _values(dossier: Dossier) -> list[str]:
    kinds = {question.id: question.kind for question in dossier.procedure.questions} | {CARDS: FILE}
    return [answer.value for step, answer in dossier.answers.items() if kinds.get(step.partition(".")[0]) == FILE]
