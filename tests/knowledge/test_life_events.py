"""Life events are ordered, complete and lawful; one wrong file is named with its field."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from knowledge import advice, guides, life_events
from knowledge.catalogue import load_curated
from knowledge.life_events import EVENTS_DIR, Deadline, LifeEvent
from knowledge.text import fold
from knowledge.working_days import is_working_day
from knowledge.yaml_folder import BadFile

EVENTS = life_events.load()
PROCEDURES = load_curated()
CODES = {procedure.code for procedure in PROCEDURES}
ASKED_FOR = {
    "sinh-con", "di-hoc", "tron-14-tuoi", "mua-xe", "ket-hon", "chuyen-nha", "dat-dai", "xay-nha", "mo-ho-kinh-doanh",
    "mat-giay-to", "mat-viec", "nghi-huu", "om-dau-khuyet-tat", "nguoi-than-mat", "di-nuoc-ngoai", "ve-nuoc",
}  # fmt: skip
# Codes of the national catalogue that no curated record tells: their button appears once the catalogue is imported.
ONLY_IMPORTED = {"1.007674", "1.009824", "2.000547", "3.000351", "3.000353"}


def steps() -> list[Any]:
    return [pytest.param(event, step, id=f"{event.id}:{step.id}") for event in EVENTS.values() for step in event.steps]


def deadlines() -> list[Any]:
    return [
        pytest.param(step.deadline, id=f"{event.id}:{step.id}")
        for event in EVENTS.values()
        for step in event.steps
        if step.deadline
    ]


def written(**changes: Any) -> dict[str, Any]:
    """The event of a birth as its file has it, with changes."""
    return {**yaml.safe_load((EVENTS_DIR / "sinh-con.yml").read_text("utf-8")), **changes}


def step(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "title": name, "why": "để thử", **more}


def problem(**changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        LifeEvent.model_validate(written(**changes))
    return str(error.value)


def test_every_event_that_was_asked_for_is_told() -> None:
    assert set(EVENTS) >= ASKED_FOR


def test_every_code_of_a_step_is_a_procedure_of_ours_or_one_of_the_catalogue() -> None:
    for event in EVENTS.values():
        named = {part.code for part in (*event.steps, *event.together) if part.code}
        assert named - CODES <= ONLY_IMPORTED, event.id


def test_most_steps_of_an_event_lead_to_a_procedure() -> None:
    for event in EVENTS.values():
        told = [step for step in event.steps if step.code in CODES]
        assert len(told) * 3 >= len(event.steps), event.id


def test_every_code_that_waits_for_the_catalogue_is_still_named_and_still_not_ours() -> None:
    named = {step.code for event in EVENTS.values() for step in event.steps}
    assert named >= ONLY_IMPORTED and not ONLY_IMPORTED & CODES


@pytest.mark.parametrize(("event", "here"), steps())
def test_a_step_waits_only_for_earlier_ones(event: LifeEvent, here: life_events.Step) -> None:
    ids = [step.id for step in event.steps]
    assert all(ids.index(earlier) < ids.index(here.id) for earlier in here.after)


def test_a_birth_comes_first_and_what_needs_it_waits() -> None:
    first, *others = EVENTS["sinh-con"].steps
    assert first.code == "1.001193"
    assert all(first.id in other.after for other in others)


def test_one_dossier_for_a_child_joins_birth_residence_and_insurance() -> None:
    joined = {part.code: part.steps for part in EVENTS["sinh-con"].together}
    assert joined["2.000986"] == ("khai-sinh", "thuong-tru", "the-bhyt")


@pytest.mark.parametrize("deadline", deadlines())
def test_a_deadline_names_its_law_and_ends_on_a_working_day(deadline: Deadline) -> None:
    assert any(char.isdigit() for char in deadline.law)
    for shift in range(0, 366, 30):
        day = dt.date(2026, 1, 1) + dt.timedelta(days=shift)
        last = deadline.last_day(day)
        assert last is None or (last > day and is_working_day(last))


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (dt.date(2026, 11, 3), dt.date(2027, 1, 4)),  # the 60th day is 2 January, a Saturday
        (dt.date(2026, 12, 9), dt.date(2027, 2, 11)),  # the 60th day, 7 February, lies in Tết
        (dt.date(2026, 7, 2), dt.date(2026, 9, 3)),  # the 60th day, 31 August, is swapped for Independence Day
        (dt.date(2026, 3, 2), dt.date(2026, 5, 4)),  # 1 May and the weekend after it
        (dt.date(2024, 2, 29), dt.date(2024, 5, 2)),  # a leap day; 29 April to 1 May were off
    ],
)
def test_the_sixty_days_for_a_birth_step_over_weekends_and_holidays(born: dt.date, last: dt.date) -> None:
    assert EVENTS["sinh-con"].steps[0].deadline.last_day(born) == last


def test_a_deadline_from_another_day_gives_no_date() -> None:
    residence = EVENTS["sinh-con"].steps[1].deadline
    assert not residence.from_event and residence.last_day(dt.date(2026, 11, 3)) is None


def test_months_end_with_the_month() -> None:
    deadline = Deadline(value=3, unit="month", starts="kể từ ngày nghỉ việc", law="Điều 1")
    assert deadline.last_day(dt.date(2026, 11, 30)) == dt.date(2027, 3, 1)  # 28 February is a Sunday


def test_an_event_that_counts_days_asks_for_its_day() -> None:
    for event in EVENTS.values():
        counts = any(step.deadline and step.deadline.from_event for step in event.steps)
        assert not counts or (event.day_name and event.day_question and event.day_question.endswith("?")), event.id


def test_an_event_is_also_said_without_diacritics() -> None:
    for event in EVENTS.values():
        assert any(fold(way) == way for way in event.ways), event.id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": [step("mot"), step("mot")]}, "mot is used twice"),
        ({"steps": [step("mot", after=["hai"]), step("hai", after=["mot"])]}, "no earlier step"),
        ({"steps": [step("mot"), step("hai", after=["hai"])]}, "names the step itself"),
        ({"steps": [step("mot")]}, "at least 2"),
        ({"steps": [step(f"b{n}") for n in range(10)]}, "at most 9"),
        ({"together": [{"title": "x", "steps": ["khai-sinh", "la"], "note": "x"}]}, "la"),
        ({"ways": ["một"]}, "at least 8"),
        ({"legal_basis": []}, "at least 1"),
        ({"id": "Sinh con"}, "pattern"),
        ({"surprise": 1}, "Extra inputs"),
    ],
)
def test_a_wrong_event_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in problem(**changes)


def put(folder: Path, name: str, **changes: Any) -> None:
    (folder / name).write_text(yaml.safe_dump(written(**changes), allow_unicode=True), "utf-8")


def test_a_bad_file_is_named_with_its_field(tmp_path: Path) -> None:
    put(tmp_path, "sinh-con.yml", steps=[step("mot", after=["hai"]), step("hai")])
    with pytest.raises(BadFile, match=r"sinh-con\.yml: steps.*no earlier step"):
        life_events.load(tmp_path)


def test_a_file_bears_the_name_of_its_event(tmp_path: Path) -> None:
    put(tmp_path, "sinh.yml")
    with pytest.raises(BadFile, match="the file name says sinh"):
        life_events.load(tmp_path)


@pytest.mark.parametrize("text", ["", "id: [", "- 1\n- 2", "\x00"])
def test_what_is_no_event_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "la.yml").write_text(text, "utf-8")
    with pytest.raises(BadFile, match=r"la\.yml"):
        life_events.load(tmp_path)


def test_an_event_cannot_point_to_a_guide_that_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "sinh-con.yml", guides=["khong-co"])
    with pytest.raises(BadFile, match=r"sinh-con\.yml: guides\[0\]: no guide khong-co"):
        advice.load(events_dir=tmp_path)


def test_an_event_and_a_guide_cannot_share_a_name(tmp_path: Path) -> None:
    put(tmp_path, "vssid.yml", id="vssid", guides=[])
    with pytest.raises(BadFile, match="an event and a guide"):
        advice.load(events_dir=tmp_path, guides_dir=guides.GUIDES_DIR)
