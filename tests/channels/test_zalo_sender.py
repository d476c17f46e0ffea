"""What goes out through Zalo: within its windows, by template outside, its refusals told in the outbox's words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bot.channels import zalo_templates
from bot.channels.inbound import ChannelClosed, RetryLater, Undeliverable
from bot.channels.reply import Reply
from bot.channels.zalo_api import ZaloApi
from bot.channels.zalo_pace import Crowded, Pace
from bot.store import Store
from tests.channels.zalo_world import AN, World, zalo_world


@pytest.fixture
def database_url() -> str:
    """One database is enough here: what differs between them is tried with the inbox and the tokens."""
    return ""


@pytest.fixture
async def world(store: Store) -> AsyncIterator[World]:
    """A citizen has just written."""
    async with zalo_world(store) as made:
        await writes(made)
        yield made


async def writes(world: World) -> None:
    world.records.citizen(AN).interacted_at = world.store.clock()
    await world.post(world.text("chào", f"m{world.store.clock().timestamp()}"))
    await world.work_off()


async def send(world: World, text: str = "Chào bạn.") -> None:
    await world.work.sender.send(AN, Reply(text=text))


async def test_a_reply_arrives(world: World) -> None:
    await send(world)
    assert world.told() == ["Chào bạn."]


async def test_within_seven_days_it_is_written_freely_and_later_by_template(world: World, clock) -> None:
    clock.advance(days=6, hours=23)
    await send(world, "Trong bảy ngày.")
    clock.advance(hours=2)
    await send(world, "Hồ sơ MC-261124-K7Q2M đã có kết quả. Bạn đến lấy nhé.")
    await send(world, "Mai trung tâm nghỉ.")
    assert [call.get("template_id") for call in world.records.calls] == [None, "72", "71"]
    assert world.told()[1] == "Hồ sơ MC-261124-K7Q2M: Hồ sơ MC-261124-K7Q2M đã có kết quả. Bạn đến lấy nhé."


async def test_when_zalo_says_the_window_is_closed_the_template_is_sent(world: World) -> None:
    world.records.faults.codes.extend([-230])
    await send(world)
    assert world.records.calls[0]["template_id"] == "71"


async def test_without_a_registered_template_a_late_notice_is_given_up(store: Store, clock) -> None:
    async with zalo_world(store, template_ids={}) as world:
        with pytest.raises(Undeliverable, match="no template"):
            await send(world)


def test_every_template_can_be_filled_with_any_notice() -> None:
    ids = {name: name for name in zalo_templates.load()}
    for text in ("x", "Câu một. " * 100, "dài" * 500, "Hồ sơ H15.50.05-261124-0007 đang xử lý.\n\nBạn chờ nhé."):
        found = zalo_templates.fitting(Reply(text=text), ids)
        template = zalo_templates.load()[found.template_id]
        assert set(found.data) == set(template.parameters)
        assert all(0 < len(found.data[name]) <= most for name, most in template.parameters.items())
        assert all(f"<{name}>" in template.text for name in template.parameters)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (-32, RetryLater),
        (-200, RetryLater),
        (-201, Undeliverable),
        (-210, Undeliverable),
        (-248, Undeliverable),
        (-213, ChannelClosed),
        (-227, ChannelClosed),
        (-224, RetryLater),
        (-321, RetryLater),
        (-9999, RetryLater),
    ],
)
async def test_a_refusal_is_told_in_the_outboxs_words(world: World, code: int, expected: type) -> None:
    world.records.faults.codes.extend([code])
    with pytest.raises(expected):
        await send(world)
    assert world.told() == []


async def test_at_night_it_waits_for_the_morning(world: World, clock) -> None:
    clock.now = clock.now.replace(hour=16, minute=30)  # half past eleven in the evening in Việt Nam
    await writes(world)
    world.records.faults.codes.extend([-234])
    with pytest.raises(RetryLater) as caught:
        await send(world)
    assert caught.value.after_seconds == 6.5 * 3600


@pytest.mark.parametrize("code", [-216, -220])
async def test_a_token_revoked_in_the_middle_is_renewed_once_and_the_message_sent_once(world: World, code: int) -> None:
    world.records.faults.codes.extend([code])
    await send(world)
    assert world.told() == ["Chào bạn."]
    assert len(world.records.refresh_uses) == 1


async def test_consent_taken_back_lets_messages_wait_for_a_person(world: World) -> None:
    world.records.revoke()
    with pytest.raises(RetryLater, match="no consent") as caught:
        await send(world)
    assert caught.value.after_seconds == 600
    with pytest.raises(RetryLater):
        await send(world)
    assert len(world.records.refresh_uses) == 1
    app = world.work.tokens.oauth.app
    await world.work.tokens.begin(world.records.consent(app.code_challenge))
    await send(world)
    assert world.told() == ["Chào bạn."]


async def test_a_retry_goes_on_where_a_long_reply_was_cut_off(world: World) -> None:
    text = "a" * 2000 + " " + "b" * 2000
    world.records.faults.codes.extend([0, -200])
    with pytest.raises(RetryLater):
        await send(world, text)
    await send(world, text)
    assert world.told() == ["a" * 2000, "b" * 2000]


async def test_a_citizen_who_blocked_the_account_closes_the_channel(world: World) -> None:
    world.records.citizen(AN).refuses = True
    with pytest.raises(ChannelClosed):
        await send(world)


async def test_what_is_no_answer_of_zalos_is_tried_later(world: World) -> None:
    world.records.faults.share = 1.0
    with pytest.raises(RetryLater, match="cannot be reached"):
        await send(world)


async def test_zalo_that_cannot_be_reached_is_tried_later(world: World) -> None:
    async with httpx.AsyncClient() as client:
        world.work.sender._api = ZaloApi(client, "http://127.0.0.1:9", world.work.tokens)
        with pytest.raises(RetryLater, match="cannot be reached"):
            await send(world)


async def test_zalos_limit_is_kept_and_an_exceeded_one_is_waited_for(world: World) -> None:
    world.records.calls_per_minute = 1
    await send(world)
    with pytest.raises(RetryLater) as caught:
        await send(world)
    assert caught.value.after_seconds == 15


async def test_calls_are_spread_over_time_in_the_order_in_which_they_asked() -> None:
    now, slept = [0.0], []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))

    pace = Pace(2, at_once=3, clock=lambda: now[0], sleep=sleep)
    for _ in range(5):
        await pace.wait("a")
    assert slept == [0.5, 1.0]
    await pace.wait("b")  # another chat is not held up
    now[0] = 100.0
    await pace.wait("a")
    assert slept == [0.5, 1.0]
    with pytest.raises(Crowded):
        for _ in range(100):
            await pace.wait("a")
