"""Replay: whatever the order of answering, changing and going back, the same path comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.submission.journey import Answer, replay
from knowledge.schema import Question
from tests.submission.journeys import by_example, curated, ids, journeys, procedure, question, told, walk

YES_NO = ("yes", "no")
FORK = (
    question("kind", "choice", choices=({"value": "a", "label": "A"}, {"value": "b", "label": "B"}),
             next=({"goto": "only_b", "answer_is": "b"}, {"goto": "only_a"})),
    question("only_a", next=({"goto": "both"},)),
    question("only_b"),
    question("both", "yes_no", next=({"goto": "end", "answer_is": "no"},)),
    question("last"),
)  # fmt: skip
CHILDREN = (
    question("parent"),
    question("child_name"),
    question("child_is_twin", "yes_no", next=({"goto": "child_school", "answer_is": "no"},)),
    question("twin_name"),
    question("child_school", repeat={"first": "child_name", "prompt": "Còn bé nào nữa không?", "most": 3}),
    question("address"),
)


def test_the_first_question_without_an_answer_waits() -> None:
    assert ids(replay(FORK, {})) == ["kind"]
    path = replay(FORK, told(kind="b"))
    assert (path.waiting.id, ids(path)) == ("only_b", ["kind", "only_b"])


def test_a_branch_is_followed_and_the_other_left_out() -> None:
    assert ids(replay(FORK, told(kind="a", only_a="x", both="no"))) == ["kind", "only_a", "both"]
    assert replay(FORK, told(kind="a", only_a="x", both="no")).waiting is None
    assert ids(replay(FORK, told(kind="b", only_b="x", both="yes", last="z"))) == ["kind", "only_b", "both", "last"]


def test_changing_an_early_answer_keeps_the_later_ones_still_on_the_path() -> None:
    answers = told(kind="a", only_a="x", both="yes", last="z")
    changed = replay(FORK, answers | told(kind="b"))
    assert changed.waiting.id == "only_b"
    again = replay(FORK, answers | told(kind="b", only_b="y"))
    assert again.waiting is None
    assert {name: answer.value for name, answer in again.answers.items()} == {
        "kind": "b", "only_b": "y", "both": "yes", "last": "z",
    }  # fmt: skip


def test_an_answer_off_the_path_comes_back_with_the_path() -> None:
    answers = told(kind="b", only_a="kept", only_b="y", both="no")
    assert "only_a" not in replay(FORK, answers).answers
    assert replay(FORK, answers | told(kind="a")).answers["only_a"].value == "kept"


def test_a_group_is_asked_again_as_often_as_wanted() -> None:
    answers = told(parent="p", child_name="one", child_is_twin="no", child_school="s", child_school_more="yes")
    path = replay(CHILDREN, answers)
    assert path.waiting.id == "child_name.2"
    answers |= told(
        **{"child_name.2": "two", "child_is_twin.2": "yes", "twin_name.2": "t"},
    )
    assert replay(CHILDREN, answers).waiting.id == "child_school.2"
    answers |= told(**{"child_school.2": "s", "child_school_more.2": "no"})
    assert replay(CHILDREN, answers).waiting.id == "address"
    assert replay(CHILDREN, answers | told(address="a")).waiting is None


def test_a_group_ends_at_its_most_without_asking() -> None:
    answers = told(parent="p")
    for mark in ("", ".2", ".3"):
        answers |= told(**{f"child_name{mark}": "n", f"child_is_twin{mark}": "no", f"child_school{mark}": "s"})
        answers |= told(**{f"child_school_more{mark}": "yes"}) if mark != ".3" else {}
    assert replay(CHILDREN, answers).waiting.id == "address"


def test_fewer_repetitions_leave_the_others_aside() -> None:
    full = walk(CHILDREN, lambda step: Answer("yes" if step.is_more or step.question.kind == "yes_no" else "v", "v"))
    shorter = replay(CHILDREN, full | told(child_school_more="no"))
    assert shorter.waiting is None
    assert not any(".2" in name or ".3" in name for name in shorter.answers)


def test_the_step_before_is_the_one_that_led_here() -> None:
    path = replay(FORK, told(kind="b", only_b="y", both="yes"))
    assert path.before("both").id == "only_b"
    assert path.before("kind") is None
    assert path.before("nowhere").id == "last"


@pytest.mark.parametrize("one", journeys(), ids=lambda one: one.code)
def test_every_curated_journey_is_walked_to_its_end_by_its_examples(one) -> None:
    answers = walk(one.questions, by_example)
    assert replay(one.questions, answers).waiting is None


@pytest.mark.parametrize("one", journeys(), ids=lambda one: one.code)
def test_every_branch_of_every_curated_journey_ends(one) -> None:
    """Each choice in turn is the one taken wherever it is offered."""
    for chosen in range(6):

        def answer(step, chosen=chosen):
            if step.question.kind == "choice":
                return Answer(step.question.choices[min(chosen, len(step.question.choices) - 1)].value, "x")
            return Answer(YES_NO[chosen % 2] if step.question.kind == "yes_no" or step.is_more else "v", "v")

        assert replay(one.questions, walk(one.questions, answer)).waiting is None


def test_no_journey_asks_two_questions_under_one_id() -> None:
    for one in journeys():
        steps = ids(replay(one.questions, walk(one.questions, by_example)))
        assert len(set(steps)) == len(steps), one.code


@pytest.mark.parametrize(
    "questions",
    [
        (question("a"), question("b", repeat={"first": "c", "prompt": "?"}), question("c")),
        (question("a", repeat={"first": "a", "prompt": "?"}), question("b", repeat={"first": "a", "prompt": "?"})),
        (question("a", repeat={"first": "a", "prompt": "?"}), question("a_more")),
        (question("a", repeat={"first": "a", "prompt": "?"}, next=({"goto": "end", "answer_is": "x"},)), question("b")),
    ],
    ids=["later", "overlapping", "name taken", "branching"],
)
def test_a_group_that_makes_no_sense_is_refused(questions: tuple[Question, ...]) -> None:
    with pytest.raises(ValidationError, match="repeat|repetition"):
        procedure(*questions)


# ---- any order gives the same dossier

VALUES = st.sampled_from(["a", "b", "yes", "no", "v"])


@st.composite
def questionnaires(draw: st.DrawFn) -> tuple[Question, ...]:
    """Any legal list of questions: forward branches, perhaps one group."""
    count = draw(st.integers(1, 7))
    names = [f"q{number}" for number in range(count)]
    group = sorted(draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))) if count > 1 else []
    made = []
    for number, name in enumerate(names):
        later = [*names[number + 1 :], "end"]
        ends_group = bool(group) and number == group[1]
        when = st.none() if ends_group else st.none() | VALUES
        branches = draw(st.lists(st.tuples(st.sampled_from(later), when), max_size=3))
        repeat = {"first": names[group[0]], "prompt": "?", "most": 3} if ends_group else None
        made.append(question(name, next=[{"goto": goto, "answer_is": when} for goto, when in branches], repeat=repeat))
    return procedure(*made).questions


def straight(questions: tuple[Question, ...], wanted: dict[str, str]) -> dict[str, Answer]:
    """Answered from the first question to the last, each once."""
    return walk(questions, lambda step: Answer(wanted.get(step.id, "no" if step.is_more else "v"), "x"))


@settings(max_examples=200, deadline=None)
@given(questions=questionnaires(), data=st.data())
def test_any_order_of_answering_changing_and_going_back_gives_the_same_dossier(questions, data) -> None:
    every_id = [f"q{n}{more}{mark}" for n in range(7) for more in ("", "_more") for mark in ("", ".2", ".3")]
    wanted = data.draw(st.dictionaries(st.sampled_from(every_id), VALUES, max_size=12))
    expected = replay(questions, straight(questions, wanted))

    answers: dict[str, Answer] = {}
    for _ in range(data.draw(st.integers(0, 25))):  # wandering about: any answer to any step seen so far, in any order
        seen = replay(questions, answers)
        step = data.draw(st.sampled_from(seen.steps))
        answers[step.id] = Answer(data.draw(VALUES), "x")
    changed: set[str] = set()
    while True:  # then the citizen puts right whatever is not as meant, wherever it stands
        path = replay(questions, answers)
        open_steps = [step for step in path.steps if step.id not in changed]
        if not open_steps:
            break
        step = data.draw(st.sampled_from(open_steps))
        answers[step.id] = Answer(wanted.get(step.id, "no" if step.is_more else "v"), "x")
        changed.add(step.id)
    assert replay(questions, answers) == expected


@settings(max_examples=100, deadline=None)
@given(questions=questionnaires(), wanted=st.dictionaries(st.text(max_size=5), VALUES, max_size=20))
def test_answers_nobody_asked_for_change_nothing(questions, wanted) -> None:
    answers = straight(questions, {})
    strangers = {f"?{name}": Answer(value, value) for name, value in wanted.items()}
    assert replay(questions, answers | strangers) == replay(questions, answers)


def test_a_journey_is_read_without_a_place_being_stored() -> None:
    one = curated()["1.001193"]
    answers = walk(one.questions, by_example)
    del answers["mother_id"]
    assert replay(one.questions, answers).waiting.id == "mother_id"
