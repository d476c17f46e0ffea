"""A number answers the list that was said, and nothing else."""

from __future__ import annotations

import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.dialogue.context import Context
from bot.dialogue.numbers import as_pressed, remembered
from bot.underway import Underway

LIST = Reply(
    text="Bạn thuộc trường hợp nào?\n1. cá nhân\n2. trẻ em",
    buttons=(
        Button(title="Cá nhân", payload="m:a"),
        Button(title="Trẻ em", payload="m:b"),
        Button(title="Khác", payload="n:"),
    ),
)


def after(*replies: Reply, context: Context | None = None) -> Context:
    return remembered(Outcome(replies=replies, turn=Turn(kind="clarify")), context or Context())


def pressed(text: str | None, context: Context, **more: str) -> str | None:
    return as_pressed(Inbound(channel="web", sender="an", message_id="1", text=text, **more), context).payload


@pytest.mark.parametrize(("text", "payload"), [("1", "m:a"), (" 2. ", "m:b"), ("số 2", "m:b"), ("Số 1)", "m:a")])
def test_a_number_presses_its_line(text: str, payload: str) -> None:
    assert pressed(text, after(LIST)) == payload


@pytest.mark.parametrize("text", ["3", "0", "12", "1 bản", "một", "", "-1", None])
def test_other_words_press_nothing(text: str | None) -> None:
    assert pressed(text, after(LIST)) is None


def test_only_what_the_text_numbers_is_a_list() -> None:
    assert after(LIST.model_copy(update={"text": "Bạn chọn nhé."})).numbered == ()


def test_the_next_thing_said_ends_the_list() -> None:
    context = after(LIST)
    assert after(Reply(text="Chào bạn"), context=context).numbered == ()


def test_a_journey_that_waits_takes_its_numbers_itself() -> None:
    context = after(LIST).model_copy(
        update={"underway": Underway(dossier="d", procedure="1.001193", question="months")}
    )
    assert pressed("1", context) is None


def test_a_pressed_button_stays_what_it_is() -> None:
    assert pressed("1", after(LIST), payload="h:") == "h:"
