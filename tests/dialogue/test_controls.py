"""Buttons and control words."""

from __future__ import annotations

import pytest

from bot.dialogue.controls import (
    AnswerWasWrong,
    AskFacet,
    ChooseProcedure,
    ChooseWard,
    EraseData,
    NoneOfThese,
    ShowHelp,
    StartFiling,
    Stop,
    TalkToHuman,
    read_payload,
    read_text,
)
from knowledge.schema import Facet


@pytest.mark.parametrize(
    ("payload", "order"),
    [
        ("p:1.001193", ChooseProcedure("1.001193")),
        ("p:1.001193.000.00.00.H42", ChooseProcedure("1.001193.000.00.00.H42")),
        ("f:cost:1.001193", AskFacet("1.001193", Facet.cost)),
        ("s:1.001193", StartFiling("1.001193")),
        ("s:", StartFiling(None)),
        ("w:ngheAn.17329", ChooseWard("ngheAn.17329")),
        ("h:", TalkToHuman()),
        ("n:", NoneOfThese()),
    ],
)
def test_our_buttons_are_understood(payload: str, order: object) -> None:
    assert read_payload(payload) == order


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "p",
        "p:",
        "p:1.0",
        "p:1.001193\n",
        "p:1.001193; DROP",
        "f:price:1.001193",
        "f:cost:",
        "h:x",
        "w:",
        "w:../../x",
    ]
    + ["x:1.001193", "P:1.001193", "p:１.001193", "p:" + "1" * 10_000],
)
def test_a_forged_or_cut_off_button_orders_nothing(payload: str) -> None:
    assert read_payload(payload) is None


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("/start", ShowHelp()),
        ("/start@mot_cua_bot", ShowHelp()),
        ("MENU", ShowHelp()),
        ("Xóa dữ liệu của tôi", EraseData()),
        ("xoa du lieu cua toi", EraseData()),
        ("Xoá dữ liệu của tôi!!", EraseData()),
        ("  DỪNG  LẠI ", Stop()),
        ("huỷ", Stop()),
        ("gap nguoi ho tro", TalkToHuman()),
        ("Không phải các việc này", NoneOfThese()),
        ("Sai rồi!", AnswerWasWrong()),
        ("tra loi khong dung y toi", AnswerWasWrong()),
    ],
)
def test_control_words_are_read_whatever_their_capitals_and_diacritics(text: str, order: object) -> None:
    assert read_text(text) == order


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "/",
        "!!!",
        "xóa đăng ký thường trú",
        "dừng xe ở đâu",
        "làm căn cước",
        "giấy khai sinh bị sai rồi",
        "a" * 100_000,
    ],
)
def test_a_message_with_more_to_say_is_no_order(text: str) -> None:
    assert read_text(text) is None
