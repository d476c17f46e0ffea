from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from bot.channels.inbound import ChannelClosed, Inbound, RetryLater, Undeliverable
from bot.channels.reply import Button, Reply
from bot.channels.telegram import TelegramDoor, TelegramSender, build_bot
from bot.channels.telegram_routes import create_router
from bot.sandbox.telegram import Fault, TelegramSandbox, create_sandbox
from tests.serving import served_here

TOKEN = "123:ABC-def"
SECRET = "s3cret_value"


class Desk:
    """Takes messages in the gateway's place and notes them."""

    def __init__(self) -> None:
        self.taken: list[Inbound] = []
        self.blocked: list[str] = []

    async def accept(self, inbound: Inbound) -> None:
        self.taken.append(inbound)

    async def on_blocked(self, address: str) -> None:
        self.blocked.append(address)


@pytest.fixture
async def world() -> AsyncIterator[tuple[TelegramSandbox, object, Desk, TelegramDoor]]:
    state = TelegramSandbox(TOKEN)
    async with served_here(create_sandbox(state)) as base, build_bot(TOKEN, base) as bot:
        desk = Desk()
        yield state, bot, desk, TelegramDoor(bot, desk.accept, desk.on_blocked)


async def test_a_typed_message_comes_in_with_its_update_id(world) -> None:
    state, _, desk, door = world
    await door.take(state.says(7, "làm khai sinh"))
    assert desk.taken == [Inbound("telegram", "7", "u10000", text="làm khai sinh")]


async def test_a_pressed_button_comes_in_as_its_payload_and_stops_turning(world) -> None:
    state, _, desk, door = world
    await door.take(state.presses(7, "p:1.001193"))
    assert (desk.taken[0].payload, desk.taken[0].text) == ("p:1.001193", None)
    assert "answerCallbackQuery" in state.calls


async def test_a_voice_message_comes_in_without_text(world) -> None:
    state, _, desk, door = world
    await door.take(state.says(7, None, voice={"file_id": "f", "file_unique_id": "u", "duration": 3}))
    assert desk.taken[0].text is None


async def test_a_group_is_told_to_write_privately_and_nothing_is_taken(world) -> None:
    state, _, desk, door = world
    await door.take(state.says(-99, "số căn cước của tôi là 054090001234", chat_type="group"))
    assert desk.taken == []
    assert "tin nhắn riêng" in state.texts_to(-99)[0]


async def test_a_citizen_who_blocks_the_bot_is_noted(world) -> None:
    state, _, desk, door = world
    await door.take(state.blocks(7))
    assert desk.blocked == ["7"]


@pytest.mark.parametrize("raw", [[], {}, {"update_id": "x"}, {"update_id": 1, "message": {"chat": 5}}, "x", None])
async def test_what_is_no_update_is_refused(world, raw) -> None:
    with pytest.raises(ValueError, match="not an update"):
        await world[3].take(raw)


async def test_an_unknown_kind_of_update_is_dropped(world) -> None:
    await world[3].take({"update_id": 5, "poll": {"id": "1"}})
    assert world[2].taken == []


async def test_long_polling_brings_messages_in_order_and_asks_again_after_a_failure(world) -> None:
    state, _, desk, door = world
    state.faults.append(Fault("getUpdates", 429, "Too Many Requests: retry after 1", retry_after=1))
    for text in ("một", "hai", "ba"):
        state.says(7, text)
    polling = asyncio.create_task(door.poll())
    async with asyncio.timeout(15):
        while len(desk.taken) < 3:
            await asyncio.sleep(0.02)
    polling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await polling
    assert [inbound.text for inbound in desk.taken] == ["một", "hai", "ba"]


async def test_a_reply_arrives_with_its_buttons(world) -> None:
    state, bot, _, _ = world
    await TelegramSender(bot).send(
        "7", Reply(text="Bạn cần:", buttons=(Button(title="Lệ phí", payload="f:cost:1.001193"),))
    )
    assert state.sent == [
        {"chat_id": 7, "text": "Bạn cần:", "keyboard": [[{"text": "Lệ phí", "callback_data": "f:cost:1.001193"}]]}
    ]


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", ChannelClosed),
        (400, "Bad Request: chat not found", ChannelClosed),
        (400, "Bad Request: message is too long", Undeliverable),
        (500, "Internal Server Error", RetryLater),
        (401, "Unauthorized", RetryLater),
    ],
)
async def test_a_failure_is_told_in_the_outboxs_words(world, code, description, expected) -> None:
    state, bot, _, _ = world
    state.faults.append(Fault("sendMessage", code, description))
    with pytest.raises(expected):
        await TelegramSender(bot).send("7", Reply(text="chào"))


async def test_telegrams_wish_to_wait_is_passed_on(world) -> None:
    state, bot, _, _ = world
    state.faults.append(Fault("sendMessage", 429, "Too Many Requests: retry after 3", retry_after=3))
    with pytest.raises(RetryLater) as caught:
        await TelegramSender(bot).send("7", Reply(text="chào"))
    assert caught.value.after_seconds == 3


async def test_a_retry_goes_on_where_a_long_reply_was_cut_off(world) -> None:
    state, bot, _, _ = world
    sender, reply = TelegramSender(bot), Reply(text="a" * 4096 + "\n" + "b" * 10)
    state.faults.append(Fault("sendMessage", 500, "Internal Server Error", times=0))
    first_only = Fault("sendMessage", 500, "Internal Server Error")

    async def send_with_second_failing() -> None:
        original = state.answer

        async def answer(method, form):
            if form.get("text", "").startswith("b") and first_only not in state.faults:
                state.faults.append(first_only)
            return await original(method, form)

        state.answer = answer
        await sender.send("7", reply)

    with pytest.raises(RetryLater):
        await send_with_second_failing()
    await sender.send("7", reply)
    assert state.texts_to(7) == ["a" * 4096, "b" * 10]


async def test_telegram_that_cannot_be_reached_is_tried_later() -> None:
    bot = build_bot(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(RetryLater):
        await TelegramSender(bot).send("7", Reply(text="chào"))


@contextlib.asynccontextmanager
async def webhook(world, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(create_router(world[3], secret))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_the_webhook_takes_only_what_carries_the_secret(world) -> None:
    update = world[0].says(7, "chào")
    async with webhook(world, SECRET) as client:
        forged = await client.post(
            "/channels/telegram/webhook", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": "guess"}
        )
        bare = await client.post("/channels/telegram/webhook", json=update)
        genuine = await client.post(
            "/channels/telegram/webhook", json=update, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}
        )
    assert [forged.status_code, bare.status_code, genuine.status_code] == [401, 401, 200]
    assert len(world[2].taken) == 1


async def test_a_blank_secret_closes_the_webhook(world) -> None:
    async with webhook(world, "") as client:
        answer = await client.post(
            "/channels/telegram/webhook", json={}, headers={"X-Telegram-Bot-Api-Secret-Token": ""}
        )
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"update_id": 1, "message": 3}'])
async def test_a_malformed_body_is_refused(world, body) -> None:
    async with webhook(world, SECRET) as client:
        answer = await client.post(
            "/channels/telegram/webhook", content=body, headers={"X-Telegram-Bot-Api-Secret-Token": SECRET}
        )
    assert answer.status_code == 400
