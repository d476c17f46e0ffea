"""A journey is replayed: answers held against the frozen questions give the path and the question that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from knowledge.schema import Question

END = "end"
YES = "yes"
ROUND_MARK = "."  # question ids have none: "child_name.2" is the second child's
MORE = "_more"


@dataclass(frozen=True)
class Answer:
    """`value` is for machines (ISO day, đồng, ward key, choice), `shown` is what people read."""

    value: str
    shown: str


Answers = Mapping[str, Answer]


@dataclass(frozen=True)
class Step:
    """One question at one place of the path; `round` counts the repetitions of its group from 1."""

    question: Question
    number: int  # of the question in the procedure
    round: int = 1
    is_more: bool = False  # "another one?" after a group
    is_delivery: bool = False  # where the result is sent, which says nothing of the case

    @property
    def id(self) -> str:
        name = f"{self.question.id}{MORE}" if self.is_more else self.question.id
        return name if self.round == 1 else f"{name}{ROUND_MARK}{self.round}"


@dataclass(frozen=True)
class Path:
    """Every step walked, in order; `waiting` is the first without an answer, None when all is told."""

    steps: tuple[Step, ...] = ()
    waiting: Step | None = None
    answers: Answers = field(default_factory=dict)  # those on the path, in its order
    still: int = 0  # questions that follow after the procedure's own

    @property
    def answered(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.id in self.answers)

    @property
    def of_the_case(self) -> tuple[Step, ...]:
        """What was answered, without where the result is sent."""
        return tuple(step for step in self.answered if not step.is_delivery)

    def step(self, step_id: str | None) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)

    def before(self, step_id: str) -> Step | None:
        """The step that was answered before this one."""
        ids = [step.id for step in self.steps]
        place = ids.index(step_id) if step_id in ids else len(ids)
        return self.steps[place - 1] if place else None


def replay(questions: Sequence[Question], answers: Answers) -> Path:
    """Walks the questions as far as the answers lead. Answers off the path are left aside, not lost."""
    steps: list[Step] = []
    told: dict[str, Answer] = {}
    step = _at(questions, 0, 1)
    while step is not None:
        steps.append(step)
        answer = answers.get(step.id)
        if answer is None:
            return Path(tuple(steps), step, told)
        told[step.id] = answer
        step = _after(questions, step, answer)
    return Path(tuple(steps), None, told)


def left(questions: Sequence[Question], path: Path) -> int:
    """How many questions follow the one that waits, where no answer leads elsewhere and no group is told twice."""
    step, count = path.waiting, path.still - 1
    while step is not None:
        count += 1
        step = _follow(questions, step, None)
    return max(count, 0)


def _at(questions: Sequence[Question], number: int, round_: int) -> Step | None:
    """The step at a place; a group left behind starts its count anew."""
    return Step(questions[number], number, round_) if number < len(questions) else None


def _after(questions: Sequence[Question], step: Step, answer: Answer) -> Step | None:
    if step.is_more:
        if answer.value == YES:
            return _at(questions, _place(questions, step.question.repeat.first), step.round + 1)
        return _follow(questions, step, None)
    repeat = step.question.repeat
    if repeat is None:
        return _follow(questions, step, answer)
    if step.round < repeat.most:
        return Step(step.question, step.number, step.round, is_more=True)
    return _follow(questions, step, None)


def _follow(questions: Sequence[Question], step: Step, answer: Answer | None) -> Step | None:
    """Where `next` leads: the first branch that holds, else the question below."""
    number = step.number + 1
    for branch in step.question.next:
        if branch.answer_is is None or (answer is not None and branch.answer_is == answer.value):
            number = len(questions) if branch.goto == END else _place(questions, branch.goto)
            break
    return _at(questions, number, step.round if _same_group(questions, step.number, number) else 1)


def _same_group(questions: Sequence[Question], one: int, other: int) -> bool:
    """Whether `other`, further on, lies in the group that `one` belongs to."""
    last = next((n for n in range(one, len(questions)) if questions[n].repeat), None)
    if last is None or not _place(questions, questions[last].repeat.first) <= one:
        return False
    return one < other <= last


def _place(questions: Sequence[Question], question_id: str) -> int:
    return next(number for number, question in enumerate(questions) if question.id == question_id)
