"""What a dossier notes beside its answers, kept, sealed and moved with them: cards sent, consent to reuse, albums.

Their names begin with "_", which no question's does, so that replay leaves them aside.
"""

from __future__ import annotations

from bot.submission.dossier import Dossier
from bot.submission.dossier_files import CARDS
from bot.submission.journey import Answer

REUSE = "_reuse"  # yes | no: may answers of earlier dossiers be offered?
ALBUM = "_album"  # the photos sent together last, and the step they belong to
HELPERS = "_helpers"  # who filled in beside the citizen, as citizens see them
MARK = "|"


def cards(dossier: Dossier) -> list[str]:
    return _ids(dossier.answers.get(CARDS))


def with_cards(dossier: Dossier, ids: list[str]) -> dict[str, Answer]:
    known = list(dict.fromkeys((*cards(dossier), *ids)))
    return {CARDS: Answer(",".join(known), "")} if ids else {}


def album_step(dossier: Dossier, album: str | None) -> str | None:
    """The step that other photos of this album were taken for."""
    noted = dossier.answers.get(ALBUM)
    name, _, step = noted.value.partition(MARK) if noted else ("", "", "")
    return step if album and name == album else None


def with_album(album: str | None, step_id: str) -> dict[str, Answer]:
    return {ALBUM: Answer(f"{album}{MARK}{step_id}", "")} if album else {}


def may_reuse(dossier: Dossier) -> bool | None:
    """None: not asked in this dossier."""
    noted = dossier.answers.get(REUSE)
    return noted.value == "yes" if noted else None


def with_consent(agrees: bool) -> dict[str, Answer]:
    return {REUSE: Answer("yes" if agrees else "no", "")}


def helped_by(dossier: Dossier) -> str:
    """Who typed for the citizen; empty when nobody did."""
    noted = dossier.answers.get(HELPERS)
    return noted.shown if noted else ""


def with_helper(dossier: Dossier, name: str) -> dict[str, Answer]:
    """Nothing new when they are noted already."""
    known = [one for one in helped_by(dossier).split("; ") if one]
    return {} if name in known else {HELPERS: Answer("", "; ".join((*known, name)))}


def _ids(noted: Answer | None) -> list[str]:
    return [one for one in noted.value.split(",") if one] if noted else []
