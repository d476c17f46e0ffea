"""In the citizen's chat: a code, a consent in plain words, a number to read out; and "no more" at any time."""

from __future__ import annotations

import pytest

from bot.assisting import codes
from bot.assisting.session import Ending, Proof, Status, TooMany
from tests.assisting.conftest import Room, number_in


@pytest.mark.parametrize(
    "text",
    ["giúp 482915", "Giup 482 915", "làm giúp 482-915", "cho làm giúp mã: 482.915.", "GIÚP MÃ 482915"],
)
def test_a_code_is_read_however_it_is_written(text: str) -> None:
    assert codes.code_in(text) == "482915"


@pytest.mark.parametrize("text", ["482915", "giúp tôi 482915 đồng", "giúp 48291", "giúp 4829156", "giúp", "", None])
def test_other_messages_hold_no_code(text: str | None) -> None:
    assert codes.code_in(text) is None


async def test_the_citizen_reads_who_asks_for_what_before_they_agree(room: Room) -> None:
    asked = (await room.hears(f"giúp {await room.code()}")).replies[0]
    for part in ("Trần Văn Hòa", "Tổ 1", "khai sinh", "24 giờ", "không được nộp", "ngồi cạnh"):
        assert part in asked.text
    assert [button.title for button in asked.buttons] == ["Đồng ý cho làm giúp", "Không đồng ý"]
    assert (await room.session()).status is Status.asked


async def test_the_number_of_the_citizens_own_chat_proves_the_consent_once(room: Room) -> None:
    asked = await room.hears(f"giúp {await room.code()}")
    number = number_in(await room.hears(payload=asked.replies[0].buttons[0].payload))
    assert await room.consents.prove(room.session_id, codes.read_number(number)) is Proof.right
    assert (await room.session()).is_open
    assert await room.consents.prove(room.session_id, codes.read_number(number)) is Proof.over


async def test_a_yes_in_words_counts_only_while_our_question_waits(room: Room) -> None:
    assert "số này" not in (await room.hears("đồng ý")).replies[0].text
    await room.hears(f"giúp {await room.code()}")
    assert "Bạn đọc số này" in (await room.hears("Đồng ý")).replies[0].text
    assert (await room.session()).status is Status.told


async def test_a_no_ends_it(room: Room) -> None:
    await room.hears(f"giúp {await room.code()}")
    assert "không đồng ý" in (await room.hears("không đồng ý")).replies[0].text
    assert (await room.session()).ended_because is Ending.refused


async def test_three_wrong_numbers_end_it(room: Room) -> None:
    asked = await room.hears(f"giúp {await room.code()}")
    number = codes.read_number(number_in(await room.hears(payload=asked.replies[0].buttons[0].payload)))
    wrong = f"{(int(number) + 1) % 10**6:06}"
    proofs = [await room.consents.prove(room.session_id, one) for one in (wrong, None, wrong)]
    assert proofs == [Proof.wrong, Proof.wrong, Proof.over]
    assert (await room.session()).ended_because is Ending.tries
    assert await room.consents.prove(room.session_id, number) is Proof.over


async def test_every_step_is_over_after_ten_minutes(room: Room) -> None:
    code = await room.code()
    room.clock.advance(minutes=11)
    assert "hết hạn" in (await room.hears(f"giúp {code}")).replies[0].text
    asked = await room.hears(f"giúp {await room.code()}")
    room.clock.advance(minutes=11)
    assert "hết hạn" in (await room.hears(payload=asked.replies[0].buttons[0].payload)).replies[0].text
    asked = await room.hears(f"giúp {await room.code()}")
    number = number_in(await room.hears(payload=asked.replies[0].buttons[0].payload))
    room.clock.advance(minutes=11)
    assert await room.consents.prove(room.session_id, codes.read_number(number)) is Proof.over


async def test_a_code_serves_one_citizen_once(room: Room) -> None:
    code = await room.code()
    await room.hears(f"giúp {code}")
    assert "không đúng" in (await room.hears(f"giúp {code}", sender="binh")).replies[0].text


async def test_somebody_else_cannot_agree_in_the_citizens_place(room: Room) -> None:
    asked = await room.hears(f"giúp {await room.code()}")
    yes = asked.replies[0].buttons[0].payload
    assert "hết hạn" in (await room.hears(payload=yes, sender="binh")).replies[0].text
    assert (await room.session()).status is Status.asked


async def test_a_new_code_voids_the_one_before_and_all_that_followed_it(room: Room) -> None:
    old = await room.code()
    asked = await room.hears(f"giúp {old}")
    new = await room.consents.new_code(room.session_id)
    assert "hết hạn" in (await room.hears(payload=asked.replies[0].buttons[0].payload)).replies[0].text
    assert "Trần Văn Hòa" in (await room.hears(f"giúp {new}")).replies[0].text


async def test_codes_cannot_be_guessed_for_long(room: Room) -> None:
    texts = [(await room.hears("giúp 000000")).replies[0].text for _ in range(6)]
    assert "không đúng" in texts[0] and "Đợi một phút" in texts[-1]


async def test_a_helper_who_is_no_longer_in_the_list_asks_nobody(room: Room) -> None:
    from tests.handoff.world import PEOPLE

    code = await room.code()
    await room.world.peopled(*(one for one in PEOPLE if one.phone != room.helper.phone))
    assert "không đúng" in (await room.hears(f"giúp {code}")).replies[0].text


async def test_a_helper_has_only_so_many_open(room: Room) -> None:
    for _ in range(5):
        await room.code()
    with pytest.raises(TooMany):
        await room.code()
    room.clock.advance(minutes=11)
    assert await room.code()


async def test_no_more_is_heard_in_words_and_by_button_wherever_the_citizen_is(room: Room) -> None:
    for said in ({"text": "Thôi không cho làm giúp nữa"}, {"payload": "hm:off"}):
        await room.agreed()
        assert "Đã dừng" in (await room.hears(**said)).replies[0].text
        assert (await room.session()).ended_because is Ending.withdrawn
    assert "không có ai" in (await room.hears("thôi không cho làm giúp nữa")).replies[0].text


async def test_what_is_over_keeps_nothing_sealed(room: Room) -> None:
    await room.agreed()
    await room.types("Nguyễn Văn An")
    assert await room.consents.state(room.session_id)
    room.clock.advance(hours=25)
    assert await room.consents.end_due() == 1
    assert await room.consents.state(room.session_id) is None
    assert (await room.session()).ended_because is Ending.late


async def test_an_erasure_leaves_nothing_of_who_helped(room: Room) -> None:
    await room.agreed()
    session = await room.session()
    await room.store.erase(session.conversation_id)
    assert await room.session() is None
