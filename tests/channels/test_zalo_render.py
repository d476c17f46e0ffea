"""Whatever is to be said, Zalo takes it: length, buttons, pictures, files."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.reply import Button, Card, CardItem, Reply
from bot.channels.zalo_render import MOST_CHARS, number_said, numbered, render, split
from bot.sandbox import zalo_doors
from bot.sandbox.zalo_records import ZaloRecords

URLS = st.one_of(
    st.none(),
    st.sampled_from(["/sheets/a.pdf", "https://motcua.vn/qr.png", "http://[broken", "javascript:alert(1)", ""]),
    st.text(max_size=50),
)
BUTTONS = st.builds(
    Button, title=st.text(min_size=1, max_size=80), payload=st.from_regex(r"[!-~]{1,64}", fullmatch=True)
)
CARDS = st.builds(
    Card,
    title=st.text(max_size=100),
    kind=st.sampled_from(["checklist", "steps", "list"]),
    items=st.lists(st.builds(CardItem, text=st.text(max_size=400), note=st.none() | st.text(max_size=300))).map(tuple),
    footer=st.none() | st.text(max_size=200),
)
REPLIES = st.builds(
    Reply,
    text=st.one_of(st.text(max_size=300), st.text(alphabet="ạ 😀.\n", min_size=1900, max_size=6000)),
    buttons=st.lists(BUTTONS, max_size=40).map(tuple),
    card=st.none() | CARDS,
    image_url=URLS,
    file_url=URLS,
    from_person=st.none() | st.text(max_size=80),
    contact_button=st.none() | st.text(min_size=1, max_size=80),
)


@settings(max_examples=100, deadline=None)
@given(reply=REPLIES, public_url=st.sampled_from(["", "https://motcua.vn"]))
def test_no_reply_whatever_is_refused_for_its_size_or_shape(reply: Reply, public_url: str) -> None:
    records = ZaloRecords(clock=lambda: datetime.now(UTC))
    records.citizen("1234567").interacted_at = records.clock()
    messages = render(reply, public_url)
    assert messages
    for message in messages:
        zalo_doors._consultation(records, {"recipient": {"user_id": "1234567"}, "message": message})


@given(text=st.text(alphabet=st.sampled_from("ab. \n…"), max_size=500), limit=st.integers(5, 60))
@settings(deadline=None)
def test_splitting_loses_nothing_but_space(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    if text.strip():
        assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_text_is_cut_after_a_sentence() -> None:
    sentence = "Bạn mang theo căn cước của mình. "
    first, second = split(sentence * 100)[:2]
    assert first.endswith("của mình.")
    assert second.startswith("Bạn mang theo")


def test_decomposed_letters_are_composed_before_they_are_counted() -> None:
    text = unicodedata.normalize("NFD", "ệ" * MOST_CHARS)
    assert render(Reply(text=text)) == [{"text": "ệ" * MOST_CHARS}]


def test_five_buttons_are_pressed_and_come_back_with_a_sign_before_them() -> None:
    buttons = tuple(Button(title=f"Việc {number}", payload=f"p:{number}") for number in range(5))
    payload = render(Reply(text="Chọn:", buttons=buttons))[0]["attachment"]["payload"]
    assert [button["payload"] for button in payload["buttons"]] == [f"#p:{number}" for number in range(5)]
    assert {button["type"] for button in payload["buttons"]} == {"oa.query.hide"}


def test_more_buttons_are_a_numbered_list() -> None:
    buttons = tuple(Button(title=f"Việc {number}", payload=f"p:{number}") for number in range(1, 7))
    messages = render(Reply(text="Chọn:", buttons=buttons))
    assert [message.get("attachment") for message in messages] == [None, None]
    assert "6. Việc 6" in messages[1]["text"]
    assert numbered(6, buttons) == "p:6"
    assert numbered(7, buttons) is None
    assert numbered(1, buttons[:5]) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        (" 2. ", 2),
        ("số 12", 12),
        ("Câu 3", 3),
        ("2 con", None),
        ("0912345678", None),
        ("hai", None),
        ("", None),
    ],
)
def test_a_number_is_told_from_other_texts(text: str, number: int | None) -> None:
    assert number_said(text) == number


def test_pictures_are_shown_and_files_opened_by_a_button() -> None:
    reply = Reply(text="Đây ạ.", image_url="https://motcua.vn/a.png", file_url="/sheets/b.pdf")
    _, picture, file = render(reply, "https://motcua.vn")
    assert picture["attachment"]["payload"]["elements"] == [{"media_type": "image", "url": "https://motcua.vn/a.png"}]
    assert file["attachment"]["payload"]["buttons"][0]["payload"] == {"url": "https://motcua.vn/sheets/b.pdf"}


def test_an_address_of_ours_is_left_out_while_ours_is_unknown() -> None:
    assert render(Reply(text="Đây ạ.", file_url="/sheets/b.pdf")) == [{"text": "Đây ạ."}]


def test_a_persons_words_are_marked_as_theirs() -> None:
    assert render(Reply(text="Chào bạn.", from_person="Chị Hoa")) == [{"text": "Chị Hoa: Chào bạn."}]


def test_the_own_number_is_asked_for_by_zalos_form() -> None:
    words, form = render(Reply(text="Bạn bấm nhé.", contact_button="Gửi số của mình"))
    assert words == {"text": "Bạn bấm nhé."}
    payload = form["attachment"]["payload"]
    assert payload["template_type"] == "request_user_info"
    assert [element["title"] for element in payload["elements"]] == ["Gửi số của mình"]
