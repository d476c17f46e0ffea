"""A dossier as the form that is kept or signed: every answer under its question."""

from __future__ import annotations

import datetime as dt

from bot.submission.dossier import Dossier
from bot.submission.papers.form import Form
from bot.submission.papers.notes import helped_by
from bot.submission.telling import prompt
from bot.wording import say


def form_of(dossier: Dossier, today: dt.date) -> Form:
    """Answers that were left out are not told; numbers are whole: the form is the citizen's own."""
    path, procedure = dossier.path, dossier.procedure
    rows = [(prompt(step), path.answers[step.id].shown) for step in path.answered if not step.is_more]
    return Form(
        title=procedure.name,
        code=say("papers.form.code", code=procedure.code),
        rows=tuple((question, answer) for question, answer in rows if answer),
        note="\n".join(part for part in (say("papers.form.note"), _helped(dossier)) if part),
        place_and_day=say("papers.form.day", day=today.day, month=today.month, year=today.year),
        signer=say("papers.form.signer"),
        sign_hint=say("papers.form.sign"),
        page=say("papers.form.page"),
        created_on=today.isoformat(),
    )


def _helped(dossier: Dossier) -> str:
    name = helped_by(dossier)
    return say("assisting.helped_by", name=name) if name else ""
