"""The pretended Telegram's page: a person says and presses, the bot's messages appear, nothing piles up."""

from __future__ import annotations

import httpx

from bot.channels.reply import Button, Reply
from bot.channels.telegram import TelegramSender, build_bot
from bot.sandbox.telegram_chat import create_telegram_sandbox

BASE = "http://telegram.test"


async def test_a_person_and_the_bot_talk_over_the_page() -> None:
    state, app = create_telegram_sandbox()
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as page,
        build_bot(state.token, BASE, httpx.ASGITransport(app)) as bot,
    ):
        assert "Telegram" in (await page.get("/")).text
        for act in ({"kind": "say", "text": "chào"}, {"kind": "press", "text": "p:1"}):
            assert (await page.post("/chat/123456", json=act)).status_code == 204
        updates = await bot.get_updates()
        assert [update.message.text for update in updates if update.message] == ["chào"]
        assert [update.callback_query.data for update in updates if update.callback_query] == ["p:1"]
        reply = Reply(
            text="Bạn cần:",
            buttons=(Button(title="Lệ phí", payload="f:cost:1"),),
            image_url="https://motcua.vn/a.png",
        )
        await TelegramSender(bot).send("123456", reply)
        lines = (await page.get("/chat/123456", params={"after": 1})).json()
    assert [(line["text"], line["image"]) for line in lines] == [
        ("Bạn cần:", None),
        ("", "https://motcua.vn/a.png"),
    ]
    assert lines[0]["buttons"] == [{"title": "Lệ phí", "payload": "f:cost:1"}]
    assert state.sent == []


async def test_one_citizens_page_shows_nothing_of_anothers() -> None:
    _, app = create_telegram_sandbox()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as page:
        await page.post("/chat/123456", json={"kind": "say", "text": "của tôi"})
        assert (await page.get("/chat/654321")).json() == []
        assert (await page.get("/chat/abc")).status_code == 404
        assert (await page.post("/chat/123456", json={"kind": "lines"})).status_code == 404
