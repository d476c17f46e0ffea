"""What a dossier costs, who pays it and at which desk: the story between a dossier and the law of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.payment.fees import Asker, Fee, fee_of
from bot.payment.providers.protocol import Billing
from bot.submission.dossier import Dossier
from bot.submission.leaving import payer_of
from bot.wording import say
from knowledge.desks import Desk
from knowledge.places import Places, Ward
from knowledge.schema import Procedure

Desks = Callable[[str, str], Desk | None]  # by ward and province


@dataclass(frozen=True)
class DossierCosts:
    """`records` are those of today: figures of law are not frozen with the dossier."""

    records: Callable[[], Mapping[str, Procedure]]
    places: Places
    desks: Desks
    agency_code: str

    def fee(self, dossier: Dossier, day: dt.date, case_tag: str = "") -> Fee:
        procedure = self.records().get(dossier.procedure.code) or dossier.procedure
        answers = {step: answer.value for step, answer in dossier.path.answers.items()}
        ward = self._ward(dossier)
        return fee_of(procedure, Asker(day, answers, ward.province if ward else None, case_tag))

    def desk(self, dossier: Dossier) -> str:
        """Where money is taken in cash, as exactly as we know."""
        ward = self._ward(dossier)
        known = self.desks(ward.name, ward.province) if ward else None
        if known is not None:
            return ", ".join(part for part in (known.name, known.address, known.phone) if part)
        if ward is not None:
            return say("paying.desk_of", ward=ward)
        return dossier.procedure.receiving_agency or say("paying.desk_any")

    def billing(self, dossier: Dossier) -> Billing:
        """Whom the receipt will name."""
        name, citizen_id = payer_of(dossier)
        procedure, ward = dossier.procedure, self._ward(dossier)
        return Billing(
            procedure_code=procedure.code,
            procedure_name=procedure.name,
            agency_code=self.agency_code,
            agency_name=procedure.receiving_agency or procedure.deciding_agency or "",
            payer_name=name,
            payer_citizen_id=citizen_id,
            payer_ward=ward.name if ward else "",
            payer_province=ward.province if ward else "",
        )

    def _ward(self, dossier: Dossier) -> Ward | None:
        """The ward the dossier tells of, if it tells of one only."""
        told = [step for step in dossier.path.of_the_case if step.question.kind == "address"]
        wards = {self.places.ward(dossier.path.answers[step.id].value) for step in told} - {None}
        return wards.pop() if len(wards) == 1 else None
