"""What citizens say and press to link their channels, and what "forget me" asks then."""

from __future__ import annotations

import re

import pytest

from bot.channels.reply import Outcome
from bot.linking.linking import TRIES_PER_MINUTE, Linking
from bot.linking.links import Links
from bot.linking.words import code_in, order
from bot.store import Store
from bot.underway import Heard, Underway
from tests.submission.journeys import TODAY


class Room:
    """The room of links and what it rang."""

    def __init__(self, store: Store) -> None:
        self.announced: list[str] = []
        self.rung: list[str] = []

        async def announce(conversation_id: str) -> None:
            self.announced.append(conversation_id)

        self.linking = Linking(Links(store), announce, self.rung.append, lambda text: text == "xóa dữ liệu")

    async def hears(self, conversation: str, text: str | None = None, payload: str | None = None, **more: object):
        channel = str(more.pop("channel", "web"))
        heard = Heard(conversation, b"1", TODAY, channel, text=text, payload=payload, **more)
        return await self.linking.take(heard)

    async def code(self, conversation: str) -> str:
        return re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", text(await self.hears(conversation, "Liên kết")))[0]


def text(done: tuple[Outcome, str | None] | None) -> str:
    return done[0].replies[0].text


def payloads(done: tuple[Outcome, str | None]) -> list[str]:
    return [button.payload for button in done[0].replies[0].buttons]


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


@pytest.fixture
async def web(store: Store) -> str:
    return (await store.start_conversation("web"))[0].id


@pytest.fixture
async def telegram(store: Store) -> str:
    return (await store.start_conversation("telegram", "an"))[0].id


def test_only_whole_messages_are_orders() -> None:
    assert order("Liên kết Zalo") == order("/link") == order("lien ket") == "link"
    assert order("gỡ liên kết") == "unlink"
    assert order("liên kết hộ khẩu với căn cước thế nào") is order("") is order("x" * 9_000) is None
    assert code_in("liên kết ABCD-2345", False) == code_in("LK abcd2345", False) == "ABCD2345"
    assert code_in("ABCD-2345", True) == "ABCD2345"
    assert code_in("ABCD-2345", False) is code_in("mãi ABCD2345", True) is code_in("biển số 29A12345", True) is None


async def test_a_code_is_confirmed_before_it_links_and_the_other_side_is_told(
    room: Room, web: str, telegram: str, store: Store
) -> None:
    code = await room.code(telegram)
    asked = await room.hears(web, f"liên kết {code}")
    assert "Telegram" in text(asked) and payloads(asked) == [
        f"lk:{verb}:{code.replace('-', '')}" for verb in ("y", "n")
    ]
    assert await store.linked(web) == []
    done = await room.hears(web, payload=payloads(asked)[0])
    assert "Đã liên kết với Telegram" in text(done) and done[1] == telegram
    assert await store.linked(web) == [telegram]
    told = (await store.history(telegram))[-1]["replies"][0]
    assert "vừa được liên kết" in told["text"] and told["buttons"][0]["payload"] == "lk:off"
    assert (room.announced, room.rung) == ([telegram], ["telegram"])
    assert "không đúng hoặc đã hết hạn" in text(await room.hears(web, payload=payloads(asked)[0])), "single use"


async def test_who_did_not_ask_for_the_code_makes_it_useless(room: Room, web: str, telegram: str, store: Store) -> None:
    asked = await room.hears(web, f"liên kết {await room.code(telegram)}")
    assert "không ai dùng được" in text(await room.hears(web, payload=payloads(asked)[1]))
    assert "không đúng" in text(await room.hears(web, payload=payloads(asked)[0]))
    assert await store.linked(web) == []


async def test_a_code_alone_is_taken_only_when_it_is_ours_and_no_question_waits(
    room: Room, web: str, telegram: str
) -> None:
    code = await room.code(telegram)
    waiting = Underway(dossier="d" * 32, procedure="1.001193", question="plate")
    assert await room.hears(web, "29A12345") is None
    assert await room.hears(web, code, underway=waiting) is None
    assert "Telegram" in text(await room.hears(web, f"liên kết {code}", underway=waiting))
    assert "Telegram" in text(await room.hears(web, code))


async def test_guessing_is_slowed_down(room: Room, web: str, telegram: str) -> None:
    code = await room.code(telegram)
    for number in range(TRIES_PER_MINUTE):
        assert "không đúng" in text(await room.hears(web, f"liên kết ABCD234{number + 2}"))
    assert "Đợi một phút" in text(await room.hears(web, f"liên kết {code}"))
    assert "Đợi một phút" in text(await room.hears(web, payload=f"lk:y:{code.replace('-', '')}"))
    assert await room.hears(web, code) is None


@pytest.mark.parametrize("payload", ["lk:", "lk:y", "lk:y:ABC", "lk:y:AAAAAAAA", "lk:zz", "lk:y:ABCD2345:x"])
async def test_a_forged_button_does_nothing(room: Room, web: str, payload: str) -> None:
    assert await room.hears(web, payload=payload) is None


async def test_forget_me_asks_which_channels_only_where_some_are_linked(
    room: Room, web: str, telegram: str, store: Store
) -> None:
    assert await room.hears(web, "xóa dữ liệu") is None
    asked = await room.hears(web, f"liên kết {await room.code(telegram)}")
    await room.hears(web, payload=payloads(asked)[0])
    which = await room.hears(web, "xóa dữ liệu")
    assert payloads(which) == ["lk:all", "lk:here", "lk:keep"] and "Telegram" in text(which)
    everywhere, here = (await room.hears(web, payload="lk:all"))[0], (await room.hears(web, payload="lk:here"))[0]
    assert (everywhere.erases, everywhere.erases_linked, here.erases, here.erases_linked) == (True, True, True, False)
    assert not (await room.hears(web, payload="lk:keep"))[0].erases


async def test_unlinking_is_told_even_when_there_is_nothing_to_unlink(room: Room, web: str) -> None:
    assert "chưa liên kết" in text(await room.hears(web, "gỡ liên kết"))
