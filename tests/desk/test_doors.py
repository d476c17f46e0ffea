"""Every door of the desk says who may pass it, and a conversation is read as its helper may read it."""

from __future__ import annotations

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from bot.desk import (
    broadcast_routes,
    case_routes,
    corrections_routes,
    figures_routes,
    money_routes,
    petition_routes,
    questions_routes,
    queue_routes,
    sign_in_routes,
    talk_routes,
)
from bot.desk.transcript import Transcript, last_words

OPEN = {("GET", "/desk/vao"), ("POST", "/desk/vao")}
AT = "2026-11-25T03:00:00.000+00:00"


def called_by(dependant: Dependant) -> set[str]:
    names = {dependant.call.__name__} if dependant.call else set()
    return names.union(*(called_by(one) for one in dependant.dependencies))


def test_every_door_but_the_sign_in_asks_who_is_there() -> None:
    asking = (case_routes, petition_routes, questions_routes, queue_routes, sign_in_routes, talk_routes)
    rooms = (*asking, broadcast_routes, figures_routes, money_routes)
    for routes in (*rooms, corrections_routes):
        for route in routes.router.routes:
            assert isinstance(route, APIRoute)
            if {(method, route.path) for method in route.methods} <= OPEN:
                continue
            called = called_by(route.dependant)
            assert "signed_in_anyhow" in called, route.path
            if "{case_id}" in route.path:
                assert "case_in_area" in called, route.path
            if routes is corrections_routes:
                assert "answer_here" in called, route.path
            if routes is petition_routes:
                assert "only_petitions" in called, route.path
            if routes is broadcast_routes:
                assert "only_broadcasts" in called, route.path
            if routes is questions_routes:
                assert "only_questions" in called, route.path
            if routes is figures_routes:
                assert {"only_figures", "only_letters"} & called, route.path
            if routes is money_routes:
                assert "only_money" in called, route.path


def told(seq: int, **line: object) -> dict:
    return {"seq": seq, "direction": "in", "at": AT, "text": None, "payload": None, "attachment_ids": [], **line}


def said(seq: int, text: str, **reply: object) -> dict:
    return {"seq": seq, "direction": "out", "at": AT, "replies": [{"text": text, **reply}], "turn": None}


def test_numbers_are_masked_until_somebody_asks_for_them() -> None:
    lines = [told(1, text="số em 0912345678"), said(2, "Hồ sơ của 079203001234")]
    masked, shown = Transcript().read(lines), Transcript(is_masked=False).read(lines)
    assert [one.text for one in masked] == ["số em ***678", "Hồ sơ của ***234"]
    assert shown[0].text == "số em 0912345678"
    assert "0912345678" not in "".join(last_words(lines))


def test_a_pressed_button_is_read_by_its_title_also_when_it_was_offered_earlier() -> None:
    transcript = Transcript()
    transcript.read([said(1, "Chọn:", buttons=[{"title": "Lệ phí", "payload": "f:cost:1.001193"}])])
    pressed, unknown = transcript.read([told(2, payload="f:cost:1.001193"), told(3, payload="x:1")])
    assert (pressed.text, pressed.who) == ("Lệ phí", "citizen")
    assert unknown.text == "(bấm một nút)"


def test_a_persons_words_files_and_huge_messages_are_shown_as_such() -> None:
    person, file, huge = Transcript().read(
        [said(1, "Chào", from_person="Lan (Tổ 1)"), told(2, attachment_ids=["a", "b"]), told(3, text="a" * 50_000)]
    )
    assert (person.who, person.name, file.files) == ("person", "Lan (Tổ 1)", 2)
    assert len(huge.text) < 7_000
