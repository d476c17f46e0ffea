"""What comes in from Zalo: genuine once, forged never, in order, whatever shape it has."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.channels import zalo_events
from bot.channels.inbound import Inbound
from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.channels.zalo_door import FileTrouble
from bot.sandbox.zalo_courier import signed
from bot.store import Store
from tests.channels.zalo_world import AN, OURS, World, zalo_world

PAYLOADS = Path(__file__).parent.parent / "payloads" / "zalo"


@pytest.fixture
def database_url() -> str:
    """One database is enough here: what differs between them is tried with the inbox and the tokens."""
    return ""


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    async with zalo_world(store) as made:
        yield made


async def test_a_forged_signature_is_refused(world: World) -> None:
    event = world.text("chào")
    body, timestamp = json.dumps(event).encode(), event["timestamp"]
    wrong_secret = signed(world.records.app_id, body, timestamp, "guess")
    other_body = signed(world.records.app_id, body + b" ", timestamp, world.records.oa_secret)
    for signature in (wrong_secret, other_body, "", "mac=", "mac=zz", "mac=" + "0" * 64):
        assert await world.post(body, signature) == 401
    assert await world.work_off() == 0


async def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean(world: World) -> None:
    event = world.text("chào bạn")
    raw = json.dumps(event, ensure_ascii=False).encode()
    signature = signed(world.records.app_id, raw, event["timestamp"], world.records.oa_secret)
    reencoded = json.dumps(json.loads(raw), ensure_ascii=True).encode()
    assert await world.post(reencoded, signature) == 401
    assert await world.post(raw, signature.replace("mac=", "mac = ").upper().replace("MAC", "mac")) == 200


async def test_the_consoles_test_without_signature_is_answered_and_dropped(world: World) -> None:
    assert await world.post(world.text("chào"), None) == 200
    assert await world.post(b"test", None) == 200
    assert await world.work_off() == 0


async def test_a_blank_account_secret_closes_the_webhook(store: Store) -> None:
    async with zalo_world(store, oa_secret="") as world:
        event = world.text("chào")
        body = json.dumps(event).encode()
        assert await world.post(body, signed(world.records.app_id, body, event["timestamp"], "")) == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"x"', b"[" * 5000, b'{"timestamp":"1"}'])
async def test_what_is_no_event_is_refused(world: World, body: bytes) -> None:
    timestamp = "1" if b"timestamp" in body else ""
    signature = signed(world.records.app_id, body, timestamp, world.records.oa_secret)
    assert await world.post(body, signature) == 400


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
async def test_what_others_have_recorded_from_zalo_is_taken(world: World, path: Path) -> None:
    event = json.loads(path.read_text("utf-8")) | {"timestamp": world.event()["timestamp"]}
    assert await world.post(event) == 200
    await world.work_off()
    assert zalo_events.read(event).citizen


async def test_unknown_events_are_answered_and_kept(world: World) -> None:
    assert await world.post(world.event("user_invented_something", message={"msg_id": "x"})) == 200
    assert await world.post(world.event("oa_join_group", group={"id": "1"})) == 200
    assert await world.work_off() == 0


async def test_seen_and_received_are_only_counted(world: World) -> None:
    for name in ("user_seen_message", "user_received_message"):
        assert await world.post(world.event(name, message={"msg_ids": ["x"]})) == 200
    assert await world.work_off() == 0
    assert await world.work.inbox.last_interaction(AN) is None


async def test_a_pressed_button_comes_in_as_its_payload(world: World) -> None:
    await world.post(world.text("#p:1.001193"))
    await world.post(world.text("#chào bạn", "m2"))
    await world.work_off()
    assert [(one.payload, one.text) for one in world.desk.taken] == [("p:1.001193", None), (None, "#chào bạn")]


async def test_a_number_answers_a_numbered_list_and_nothing_else(world: World) -> None:
    many = tuple(Button(title=f"Việc {number}", payload=f"p:1.00000{number}") for number in range(1, 8))
    few = many[:2]
    store, conversation = world.store, await world.store.conversation_for("zalo", AN)
    for number, (buttons, expected) in enumerate([(many, "p:1.000003"), (few, None), ((), None)]):
        said = Outcome(replies=(Reply(text="Chọn:", buttons=buttons),), turn=Turn(kind="clarify"))
        received = await store.receive(conversation.id, Inbound("zalo", AN, f"earlier{number}", text="x"))
        await store.answer(conversation.id, received.seq, said, {}, deliver=False)
        await world.post(world.text("số 3", f"m{number}"))
        await world.work_off()
        assert world.desk.taken[-1].payload == expected
    assert world.desk.taken[-1].text == "số 3"


async def test_decomposed_letters_are_composed(world: World) -> None:
    await world.post(world.text(unicodedata.normalize("NFD", "Nguyễn Thị Hường")))
    await world.work_off()
    assert world.desk.taken[0].text == "Nguyễn Thị Hường"


async def test_a_very_long_text_and_half_characters_are_taken(world: World) -> None:
    await world.post(world.text("ạ" * 10_000))
    await world.post(json.dumps(world.text("a\ud800b", "m2")).encode())
    await world.work_off()
    assert [len(one.text or "") for one in world.desk.taken] == [10_000, 2]


async def test_ids_and_times_written_as_numbers_stay_whole(world: World) -> None:
    event = world.text("chào") | {"sender": {"id": int(AN)}, "timestamp": int(world.event()["timestamp"])}
    assert await world.post(event) == 200
    await world.work_off()
    assert world.desk.taken[0].sender == AN


async def test_pictures_and_files_come_in_as_attachments(world: World) -> None:
    files = [{"type": "image", "payload": {"url": f"https://zalo.vn/{number}.jpg"}} for number in (1, 2)]
    await world.post(world.event("user_send_image", message={"msg_id": "i", "attachments": files}))
    await world.work_off()
    assert world.desk.files == ["https://zalo.vn/1.jpg", "https://zalo.vn/2.jpg"]
    assert world.desk.taken == [Inbound("zalo", AN, "i", attachment_ids=("file1", "file2"))]


async def test_a_file_that_cannot_be_kept_is_told_and_answers_nothing(world: World) -> None:
    world.desk.file_trouble = FileTrouble(Reply(text="Tệp này trống."))
    file = {"type": "file", "payload": {"url": "https://zalo.vn/1.pdf", "name": "a.pdf"}}
    await world.post(world.event("user_send_file", message={"msg_id": "i", "attachments": [file]}))
    await world.work_off()
    assert world.desk.taken == []
    conversation = await world.store.conversation_for("zalo", AN)
    assert (await world.store.history(conversation.id))[0]["replies"][0]["text"] == "Tệp này trống."


async def test_a_file_that_never_comes_does_not_hold_the_citizen_up_for_ever(world: World, clock) -> None:
    world.desk.file_trouble = TimeoutError()
    file = {"type": "file", "payload": {"url": "https://zalo.vn/1.pdf"}}
    await world.post(world.event("user_send_file", message={"msg_id": "i", "attachments": [file]}))
    await world.post(world.text("gửi rồi đó", "m2"))
    for _ in range(6):
        await world.work_off()
        clock.advance(minutes=1)
    assert [one.text for one in world.desk.taken] == ["gửi rồi đó"]


@pytest.mark.parametrize(
    "message",
    [
        {"attachments": [{"type": "location", "payload": {"coordinates": {"latitude": "10.7", "longitude": "106.6"}}}]},
        {"attachments": [{"type": "location", "payload": {"lat": 10.7, "long": 106.6}}]},
        {"location": {"latitude": 10.7, "longitude": 106.6}},
    ],
)
async def test_a_location_is_answered_by_asking_for_the_wards_name(world: World, message: dict) -> None:
    await world.post(world.event("user_send_location", message=message | {"msg_id": "l"}))
    await world.work_off()
    conversation = await world.store.conversation_for("zalo", AN)
    assert "tên xã, phường" in (await world.store.history(conversation.id))[0]["replies"][0]["text"]


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (
            {"name": "A", "phone": "84912345678", "full_address": {"user_city": "Huế", "user_ward": "Phường An Cựu"}},
            "Phường An Cựu, Huế",
        ),
        (
            {"phone": "84912345678", "city": "Phú Yên", "district": "Tuy Hòa", "ward": "phường 7"},
            "phường 7, Tuy Hòa, Phú Yên",
        ),
        ({"phone": "84912345678"}, "84912345678"),
    ],
)
async def test_what_a_citizen_shares_is_handed_on(world: World, info: dict, text: str) -> None:
    await world.post(world.event("user_submit_info", info=info))
    await world.work_off()
    assert world.desk.taken[0].text == text
    assert world.desk.shared[0]["phone"] == "84912345678"


async def test_following_greets_and_leaving_closes_until_the_citizen_writes_again(world: World) -> None:
    await world.post(world.event("follow", follower={"id": AN}, sender=None))
    await world.work_off()
    assert world.desk.taken[0].text == "/start"
    await world.post(world.event("unfollow", follower={"id": AN}, sender=None))
    await world.work_off()
    conversation = await world.store.conversation_for("zalo", AN)
    assert conversation.closed_at is not None
    assert await world.store.push(conversation.id, Reply(text="tin mới")) is None


async def test_echoes_of_our_own_messages_are_ignored_and_a_persons_stand_in_the_history(world: World) -> None:
    parties = {"sender": {"id": world.records.oa_id}, "recipient": {"id": AN}}
    await world.post(world.event("oa_send_text", **parties, message={"text": "của bot", "msg_id": "e1"}))
    parties["sender"] |= {"admin_id": "7"}
    human = world.event("oa_send_text", **parties, message={"text": "Chị giúp em nhé", "msg_id": "e2"})
    await world.post(human)
    await world.post(human)
    await world.work_off()
    assert world.desk.taken == []
    conversation = await world.store.conversation_for("zalo", AN)
    replies = [line["replies"][0] for line in await world.store.history(conversation.id)]
    assert [(one["text"], one["from_person"]) for one in replies] == [("Chị giúp em nhé", "Nhân viên trực")]
    assert await world.work.inbox.last_interaction(AN) is None


async def test_a_clock_that_is_hours_wrong_loses_nothing_and_a_replay_of_long_ago_is_dropped(
    world: World, clock
) -> None:
    old, late = world.text("cũ", "m0"), world.text("chậm", "m1")
    clock.advance(hours=-30)
    assert await world.post(late) == 200
    clock.advance(hours=30, days=9)
    assert await world.post(old) == 200
    await world.work_off()
    assert [one.text for one in world.desk.taken] == ["chậm"]


async def test_consent_comes_back_only_by_a_link_of_ours(store: Store) -> None:
    async with zalo_world(store, consented=False) as world:
        app, page = world.work.tokens.oauth.app, f"{OURS}/channels/zalo/callback"
        code, state = world.records.consent(app.code_challenge), app.state(store.clock())
        answers = [
            await world.client.get(page, params={"code": code, "state": given})
            for given in ("", "1.x", app.state(store.clock()).replace(".", "1."), state)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 200]
        assert await world.work.tokens.access_token()
        again = await world.client.get(page, params={"code": code, "state": state})
        assert again.status_code == 400  # a code is good once


async def test_the_webhook_answers_before_the_message_is_answered(world: World) -> None:
    world.desk.failures = 1  # whatever becomes of the turn
    assert await world.post(world.text("chào")) == 200
    assert isinstance(world.client, httpx.AsyncClient)
    assert world.desk.taken == []
