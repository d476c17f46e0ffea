"""A person is offered where the assistant should not go on alone, and never without saying who is there."""

from __future__ import annotations

import pytest

from bot.channels.reply import Outcome, Reply, ShownQuestion, Turn
from bot.dialogue.context import Context
from bot.escalating import Escalating
from bot.handoff.case import Reason
from bot.stories.offering import Offering, due, sounds_distressed
from bot.underway import Underway
from tests.handoff.world import LAN, PROVINCE, WARD, World


class Desk:
    """Of the escalation, only where the one-stop desk is."""

    def desk_of(self, province: str, ward: str) -> str:
        return f"quầy {ward}"


def told(kind: str, **turn: object) -> Outcome:
    return Outcome(replies=(Reply(text="lời đáp"),), turn=Turn(kind=kind, **turn))


def underway(misses: int) -> Context:
    return Context(underway=Underway(dossier="d", procedure="1.001193", question="q", misses=misses))


@pytest.mark.parametrize(
    ("reason", "outcome", "context"),
    [
        (None, told("not_found"), Context(misses=1)),
        (Reason.not_found, told("not_found"), Context(misses=2)),
        (None, told("journey"), underway(1)),
        (Reason.bad_answers, told("journey"), underway(2)),
        (Reason.unsure, told("answer", confidence=0.6, facet="cost", facets=("cost",)), Context()),
        (None, told("answer", confidence=0.6, facet="documents", facets=("documents",)), Context()),
        (None, told("answer", confidence=0.95, facet="cost", facets=("cost",)), Context()),
        (None, told("emergency"), Context(misses=5)),
        (None, Outcome(replies=(), turn=Turn(kind="handoff")), Context(misses=5)),
    ],
)
def test_a_person_is_due_where_the_assistant_is_at_its_end(
    reason: Reason | None, outcome: Outcome, context: Context
) -> None:
    assert due("khai sinh", outcome, context) == reason


def test_distress_is_heard_with_and_without_diacritics_and_not_in_plain_questions() -> None:
    assert sounds_distressed("Tôi đi lại nhiều lần rồi mà chưa xong")
    assert sounds_distressed("toi khong biet phai lam sao ca")
    assert not sounds_distressed("làm giấy khai sinh cho con cần gì")


def offering(world: World) -> Offering:
    return Offering(Desk(), world.directory, world.clocks, world.clock, "1800 1096")


async def test_an_offer_says_who_is_there_before_the_question_that_waits(world: World) -> None:
    await world.helper(LAN)
    question = ShownQuestion(id="q", kind="text", prompt="Bạn tên gì?", example="An")
    outcome = told("journey", question=question)
    here = underway(2).model_copy(update={"ward": WARD, "province": PROVINCE})
    outcome, context = await offering(world).beside("?", here, (outcome, here))
    offered, asked = outcome.replies
    assert "Tổ 1 đang trực" in offered.text and asked.text == "lời đáp"
    assert offered.buttons[0].payload == "h:"
    assert context.escalating.reason == Reason.bad_answers


async def test_an_offer_at_night_or_where_nobody_helps_promises_nothing(world: World) -> None:
    context = Context(ward=WARD, province=PROVINCE, misses=2)
    world.clock.advance(hours=13)  # eleven at night
    outcome, _ = await offering(world).beside("?", context, (told("not_found"), context))
    assert "Giờ này họ không trực" in outcome.replies[-1].text
    nowhere = Context(ward="Phường Sa Pa", province="Tỉnh Lào Cai", misses=2)
    outcome, _ = await offering(world).beside("?", nowhere, (told("not_found"), nowhere))
    assert "quầy Phường Sa Pa" in outcome.replies[-1].text and "1800 1096" in outcome.replies[-1].text


async def test_the_same_offer_is_not_made_twice_in_a_row_and_an_old_question_is_let_go(world: World) -> None:
    before = Context(misses=3, escalating=Escalating(reason="not_found", asks="ward"))
    outcome, context = await offering(world).beside("?", before, (told("not_found"), before))
    assert len(outcome.replies) == 1
    assert context.escalating.asks is None
