"""Which questions of different procedures ask the same: whose it is, and what of that person."""

from __future__ import annotations

from dataclasses import dataclass

from bot.submission.journey import Path, Step
from bot.submission.papers.card import Card
from bot.submission.persons import SEXES, whose

# Answers that stay true from one dossier to the next; a day, a sum or a wish does not.
LASTING = frozenset(
    (
        "person_name",
        "citizen_id",
        "phone",
        "email",
        "address",
        "plate_number",
        "organisation_code",
        "land_parcel",
        "file",
    )
)
LASTING_DAYS = ("birth_date", "death_date")
HOMES = ("residence", "home_address", "present_address")
# The one who speaks to us is called by one of these; which one differs from procedure to procedure.
SELVES = frozenset(("filer", "applicant", "", "person", "owner", "receiver", "taxpayer", "worker", "maker", "parent"))


@dataclass(frozen=True)
class Meaning:
    """`person` as ids of questions begin, `what` is asked of them."""

    person: str
    what: str


def meaning_of(step: Step) -> Meaning | None:
    """None for what is not asked twice."""
    question = step.question
    if step.is_more:
        return None
    if question.kind == "date":
        ending = next((ending for ending in LASTING_DAYS if question.id.endswith(ending)), None)
        return Meaning(whose(step), ending) if ending else None
    if question.kind == "choice":
        return Meaning(whose(step), "sex") if {one.value for one in question.choices} == set(SEXES) else None
    if question.kind in ("person_name", "citizen_id"):
        return Meaning(whose(step), question.kind)
    if question.kind == "address" and question.id.endswith(HOMES):
        return Meaning(_owner(question.id), "home")
    return Meaning("", question.id) if question.kind in LASTING else None


def nearness(asked: Meaning, told: Meaning) -> int | None:
    """0: the very same; 1: perhaps the same person under another name; None: something else."""
    if asked == told:
        return 0
    same = asked.what == told.what and {asked.person, told.person} <= SELVES
    return 1 if same else None


def from_card(step: Step, path: Path, card: Card) -> str | None:
    """What the card says to this question, as a citizen would type it; None when it is not about its holder."""
    meaning = meaning_of(step)
    if meaning is None or not _may_be_holder(step, meaning, path, card):
        return None
    match meaning.what:
        case "person_name":
            return card.name.title()
        case "citizen_id":
            return card.number
        case "birth_date":
            return card.birth_date.strftime("%d/%m/%Y")
        case "sex":
            return next(one.label for one in step.question.choices if one.value == card.sex)
        case "home":
            return card.address
    return None


def _may_be_holder(step: Step, meaning: Meaning, path: Path, card: Card) -> bool:
    """Nothing told of this person says otherwise, and no other person has this number."""
    on_card = {"citizen_id": card.number, "person_name": card.name}
    for other in path.answered:
        about, value = meaning_of(other), path.answers[other.id].value
        if about is None or about.what not in on_card or not value or other.id == step.id:
            continue
        is_same = value.casefold() == on_card[about.what].casefold()
        if about.person == meaning.person and other.round == step.round:
            if not is_same:
                return False
        elif is_same and about.what == "citizen_id" and about.person and meaning.person:
            return False  # a person without a name of their own may be any of the others
    return True


def _owner(question_id: str) -> str:
    home = next(home for home in HOMES if question_id.endswith(home))
    return question_id.removesuffix(home).rstrip("_")
