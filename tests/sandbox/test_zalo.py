"""The pretended Zalo behaves as the real one is described: tokens, limits, error codes, signed webhooks, a page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from bot.store import Store
from tests.channels.zalo_world import AN, ZALO, World, zalo_world


@pytest.fixture
def database_url() -> str:
    """One database is enough here: what differs between them is tried with the inbox and the tokens."""
    return ""


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with zalo_world(store) as made:
        made.records.citizen(AN).interacted_at = store.clock()
        yield made


async def call(world: World, path: str, body: Any, token: str | None = None) -> dict[str, Any]:
    token = await world.work.tokens.access_token() if token is None else token
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.sandbox)) as client:
        answer = await client.post(f"{ZALO}{path}", json=body, headers={"access_token": token})
    assert answer.status_code == 200
    assert answer.headers["X-RateLimit-Limit"] == "4000"
    return answer.json()


async def say(world: World, message: Any, **more: Any) -> int:
    body = {"recipient": {"user_id": AN}, "message": message}
    return (await call(world, "/v3.0/oa/message/cs", body, **more))["error"]


async def test_messages_are_held_to_zalos_limits(world: World) -> None:
    button = {"title": "Chọn", "type": "oa.query.hide", "payload": "#p:1"}

    def with_buttons(buttons: list) -> dict:
        return {"text": "a", "attachment": {"type": "template", "payload": {"buttons": buttons}}}

    tried = [
        ({"text": "a" * 2000}, 0),
        ({"text": "a" * 2001}, -210),
        ({"text": " "}, -201),
        ("a", -201),
        (with_buttons([button] * 5), 0),
        (with_buttons([button] * 6), -201),
        (with_buttons([button | {"title": "a" * 101}]), -201),
        (with_buttons([button | {"type": "reply"}]), -201),
        ({"text": "a", "attachment": {"type": "image"}}, -201),
    ]
    assert [await say(world, message) for message, _ in tried] == [code for _, code in tried]


async def test_a_token_is_needed_and_ends(world: World, clock) -> None:
    assert await say(world, {"text": "a"}, token="guess") == -216
    token = await world.work.tokens.access_token()
    clock.advance(hours=26)
    assert await say(world, {"text": "a"}, token=token) == -220


async def test_after_seven_days_of_silence_only_templates_are_taken(world: World, clock) -> None:
    clock.advance(days=8)
    assert await say(world, {"text": "a"}) == -230
    body = {"user_id": AN, "template_id": "71", "template_data": {"noi_dung": "tin mới"}}
    assert (await call(world, "/v3.0/oa/message/template", body))["error"] == 0
    tried = [
        ({"template_id": "9"}, -109),
        ({"template_data": {}}, -1122),
        ({"template_data": {"noi_dung": "a" * 201}}, -1121),
    ]
    for change, code in tried:
        assert (await call(world, "/v3.0/oa/message/template", body | change))["error"] == code


async def test_a_page_of_chat_reaches_us_signed_and_shows_what_we_answer(world: World) -> None:
    who = "987654321"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.sandbox), base_url=ZALO) as page:
        assert "Zalo" in (await page.get("/")).text
        assert (await page.get("/chat.js")).status_code == 200
        for act in ({"kind": "say", "text": "chào"}, {"kind": "press", "text": "#p:1.001193"}, {"kind": "follow"}):
            assert (await page.post(f"/chat/{who}", json=act)).status_code == 204
        assert (await page.post(f"/chat/{who}", json={"kind": "touched"})).status_code == 404
        assert (await page.post("/chat/x", json={"kind": "say", "text": "a"})).status_code == 404
        await world.sandbox.state.courier.arrived()
        await world.work_off()
        await world.work.sender.send(who, world_reply())
        lines = (await page.get(f"/chat/{who}")).json()
    assert [(one.text, one.payload) for one in world.desk.taken] == [
        ("chào", None),
        (None, "p:1.001193"),
        ("/start", None),
    ]
    assert [(line["is_ours"], line["text"]) for line in lines] == [(False, "chào"), (True, "Chào bạn.")]


async def test_a_file_from_the_page_can_be_fetched_where_the_event_says(world: World) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.sandbox), base_url=ZALO) as page:
        files = {"file": ("a.png", b"\x89PNG", "image/png")}
        assert (await page.post("/chat/987654321/attachments", files=files)).status_code == 204
        await world.sandbox.state.courier.arrived()
        await world.work_off()
        assert (await page.get(world.desk.files[0])).content == b"\x89PNG"


async def test_an_event_that_is_not_answered_comes_again_with_its_number(world: World) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("num_retry"))
        return httpx.Response(200 if len(seen) == 3 else 500)

    courier = world.sandbox.state.courier
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        courier._client = client
        world.chat.act(AN, "say", "chào")
        await courier.arrived()
    assert seen == [None, "1", "2"]


def world_reply() -> Any:
    from bot.channels.reply import Reply

    return Reply(text="Chào bạn.")
