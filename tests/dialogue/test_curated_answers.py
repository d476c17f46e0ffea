"""Every facet of every curated procedure reads as one clear text: no doubled words, no limit counted from two days."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from bot.dialogue.asker import Asker
from bot.dialogue.sections import tell
from bot.wording import say
from knowledge.catalogue import load_curated
from knowledge.schema import Facet, Procedure
from knowledge.text import fold

ASKER = Asker(dt.date(2026, 11, 25))
PROCEDURES = {procedure.code: procedure for procedure in load_curated()}
FACETS = [facet for facet in Facet if facet is not Facet.overview]


def told(procedure: Procedure, facet: Facet) -> str:
    return tell(procedure, facet, ASKER).text


@pytest.mark.parametrize("procedure", PROCEDURES.values(), ids=PROCEDURES)
def test_no_answer_says_a_word_twice_or_breaks_off(procedure: Procedure) -> None:
    for facet in FACETS:
        text = told(procedure, facet)
        assert not re.search(r"(?i)\b(\w+ \w+):? \1\b", text), text
        assert not re.search(r"\.\.|,,|: ?:| [.,:;]|\(\)|None|[{}]", text), text


@pytest.mark.parametrize("procedure", PROCEDURES.values(), ids=PROCEDURES)
def test_days_counted_from_another_day_are_not_said_to_count_from_the_dossier(procedure: Procedure) -> None:
    text = told(procedure, Facet.time_limit)
    rows = [line for line in text.splitlines() if line.startswith("•")]
    if rows and all("tinh tu" in fold(row) for row in rows):
        assert say("time_limit.from_complete") not in text


def test_the_days_of_a_licence_count_from_the_test_and_of_its_renewal_from_the_dossier() -> None:
    complete = say("time_limit.from_complete")
    assert complete not in told(PROCEDURES["3.000346"], Facet.time_limit)
    assert complete in told(PROCEDURES["3.000347"], Facet.time_limit)


def test_a_household_business_fee_names_who_decides_once() -> None:
    text = told(PROCEDURES["1.001612"], Facet.cost)
    assert text.lower().count("mức thu") == 1 and "Hội đồng nhân dân" in text
