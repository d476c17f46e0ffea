from __future__ import annotations

import asyncio
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.reply import Button, Card, CardItem, Reply
from bot.channels.telegram_render import MOST_CHARS, Message, render, split
from bot.sandbox.telegram import TelegramSandbox
from tests.channels.test_zalo_render import REPLIES


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def calls(message: Message) -> list[tuple[str, dict[str, str]]]:
    """What the sender asks of Telegram for this message, as forms."""
    keyboard = {"reply_markup": json.dumps(message.keyboard.to_dict())} if message.keyboard else {}
    made = [("sendMessage", {"chat_id": "7", "text": message.text, **keyboard})]
    for method, field, url in (
        ("sendPhoto", "photo", message.image_url),
        ("sendDocument", "document", message.file_url),
    ):
        made += [(method, {"chat_id": "7", field: url})] if url else []
    return made


@settings(max_examples=100, deadline=None)
@given(reply=REPLIES)
def test_no_reply_whatever_is_refused_for_its_size_or_shape(reply: Reply) -> None:
    telegram = TelegramSandbox("123:ABC")
    answers = [
        asyncio.run(telegram.answer(method, form)) for message in render(reply) for method, form in calls(message)
    ]
    assert answers and all(status == 200 for status, _ in answers), answers


@given(st.text(max_size=12_000))
def test_every_part_fits_into_a_message_and_no_word_is_lost(text: str) -> None:
    parts = split(text)
    assert parts and all(0 < units(part) <= MOST_CHARS for part in parts)
    assert "".join("".join(parts).split()) == ("".join(text.split()) or "…")


def test_a_long_text_is_cut_at_a_line() -> None:
    line = "giấy tờ " * 40
    parts = split("\n".join([line] * 30))
    assert len(parts) > 1
    assert all(part.endswith("tờ") for part in parts)


def test_emoji_count_twice_as_telegram_counts_them() -> None:
    assert [units(part) for part in split("👶" * 3_000)] == [4096, 1904]


def test_buttons_stand_under_the_last_message_only() -> None:
    reply = Reply(text="x" * 5_000, buttons=(Button(title="Lệ phí", payload="f:cost:1.001193"),))
    first, last = render(reply)
    assert first.keyboard is None
    assert last.keyboard.inline_keyboard[0][0].callback_data == "f:cost:1.001193"


def test_two_short_titles_share_a_row_and_a_long_one_stands_alone() -> None:
    titles = ("Lệ phí", "Nộp ở đâu", "Đăng ký khai sinh kết hợp nhận cha mẹ con", "Mẫu đơn")
    (message,) = render(
        Reply(text="Bạn chọn nhé", buttons=tuple(Button(title=t, payload=f"p{n}") for n, t in enumerate(titles)))
    )
    assert [[key.text for key in row] for row in message.keyboard.inline_keyboard] == [
        ["Lệ phí", "Nộp ở đâu"],
        [titles[2]],
        ["Mẫu đơn"],
    ]


def test_a_card_longer_than_its_text_follows_in_full() -> None:
    items = tuple(CardItem(text=f"Giấy số {n}", note="1 bản chính") for n in range(1, 12))
    messages = render(
        Reply(text="Bạn cần:", card=Card(title="Giấy tờ", kind="checklist", items=items, footer="Nguồn: …"))
    )
    assert "☐ Giấy số 11 (1 bản chính)" in messages[-1].text
    assert messages[-1].text.endswith("Nguồn: …")


def test_words_of_a_person_are_marked_as_theirs() -> None:
    (message,) = render(Reply(text="Chào bác", from_person="Chị Hoa (tổ công nghệ số)"))
    assert message.text == "Chị Hoa (tổ công nghệ số): Chào bác"


def test_markup_stays_plain_text() -> None:
    (message,) = render(Reply(text="<b>*đậm*</b> [a](http://x)"))
    assert message.text == "<b>*đậm*</b> [a](http://x)"


def test_an_address_that_no_phone_opens_is_left_out_and_the_words_arrive() -> None:
    assert render(Reply(text="Đây ạ.", image_url="/a.png", file_url="/sheets/b.pdf")) == [Message("Đây ạ.")]
    (message,) = render(Reply(text="Đây ạ.", file_url="https://motcua.vn/sheets/b.pdf"))
    assert message.file_url == "https://motcua.vn/sheets/b.pdf"


def test_the_own_number_is_asked_for_once_by_a_key_below_the_line_of_writing() -> None:
    (message,) = render(Reply(text="Bạn bấm nhé.", contact_button="Gửi số của mình"))
    assert message.keyboard.one_time_keyboard
    ((key,),) = message.keyboard.keyboard
    assert (key.text, key.request_contact) == ("Gửi số của mình", True)


def test_buttons_and_the_key_for_the_number_stand_under_messages_of_their_own() -> None:
    button = Button(title="Lệ phí", payload="f:cost:1.001193")
    first, second = render(Reply(text="Chọn:", buttons=(button,), contact_button="Gửi số của mình"))
    assert first.keyboard.inline_keyboard[0][0].text == "Lệ phí"
    assert second.keyboard.keyboard[0][0].request_contact
