"""A helper at the questions: what the consent allows, what only the citizen may do, and when sight ends."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
import sqlalchemy as sa

from bot.assisting.session import Ending
from bot.assisting.tables import assist_answers
from bot.stories.assisting import NotAllowed, Over
from bot.submission import payloads
from bot.submission.dossier import Status
from bot.submission.journey import Answer
from bot.submission.papers.filled import form_of
from bot.submission.papers.notes import helped_by
from tests.assisting.conftest import Room
from tests.submission.journeys import TODAY, curated
from tests.submission.test_turns import BIRTH

ONLY_THE_CITIZEN = ("send", "done", "drop", "leave", "pause", "code")


async def step_of_kind(room: Room, kind: str) -> str:
    """The example of the question that waits, once one of this kind waits."""
    while (step := (await room.dossier()).path.waiting).question.kind != kind:
        presses = [one.payload for one in (await room.sheet()).buttons if one.payload.startswith(("a:", "j:skip"))]
        await (room.types(payload=presses[0]) if presses else room.types(step.question.example))
    return step.id


async def test_the_dossier_is_the_citizens_and_notes_who_helped(room: Room) -> None:
    await room.agreed()
    dossier = await room.dossier()
    assert dossier.conversation_id == (await room.session()).conversation_id
    assert helped_by(dossier) == "Trần Văn Hòa (Tổ 1)"
    told = (await room.told())[-1]
    assert "bắt đầu làm giúp" in told.text and told.buttons[0].payload == "hm:off"
    assert "Câu 1" in (await room.hears("làm tiếp")).replies[0].text


async def test_an_answer_is_kept_once_and_noted_as_the_helpers(room: Room) -> None:
    await room.agreed()
    step = await step_of_kind(room, "person_name")
    sheet = await room.types("Nguyễn Văn An", message_id="same", question_id=step)
    again = await room.types("Nguyễn Văn An", message_id="same", question_id=step)
    assert sheet.version == again.version and sheet.question_id == again.question_id
    assert (await room.dossier()).answers[step].value == "Nguyễn Văn An"
    noted = sa.select(assist_answers).where(assist_answers.c.session_id == room.session_id)
    rows = await room.store.database.read(lambda connection: connection.execute(noted).all())
    assert [row.step for row in rows].count(step) == 1 and rows[-1].at == room.clock()


async def test_two_tabs_cannot_answer_the_wrong_question(room: Room) -> None:
    await room.agreed()
    step = await step_of_kind(room, "person_name")
    sheet = await room.types("Nguyễn Văn An", question_id=step)
    other = await room.types("Trần Thị Bé", question_id=step)
    assert other.question_id == sheet.question_id and "Nguyễn Văn An" in other.lead
    assert (await room.dossier()).answers[step].value == "Nguyễn Văn An"


async def test_numbers_told_before_are_masked_and_those_typed_now_are_whole(room: Room) -> None:
    await room.agreed()
    step = await step_of_kind(room, "citizen_id")
    dossier = await room.dossier()
    number = dossier.path.waiting.question.example
    await room.dossiers.save(dossier, {**dossier.answers, step: Answer(number, number)}, b"citizen")
    sheet = await room.sheet()
    assert "Bà con vừa sửa" in sheet.lead
    assert number not in str([(row.shown, row.prompt) for row in sheet.rows]) + sheet.lead + sheet.body
    edit = next(row.edit for row in sheet.rows if row.shown.startswith("***"))
    assert number not in (await room.types(payload=edit)).lead
    await room.types(number)
    assert number in [row.shown for row in (await room.sheet()).rows]
    dossier = await room.dossier()
    other = f"{number[:-1]}{(int(number[-1]) + 1) % 10}"
    await room.dossiers.save(dossier, {**dossier.answers, step: Answer(other, other)}, b"changed by the citizen")
    assert other not in [row.shown for row in (await room.sheet()).rows]


async def test_what_only_the_citizen_may_do_is_refused(room: Room) -> None:
    await (await room.agreed()).all_told()
    dossier = await room.dossier()
    for verb in ONLY_THE_CITIZEN:
        with pytest.raises(NotAllowed):
            await room.types(payload=payloads.order(verb, dossier))
    assert (await room.dossier()).consented_at is None and (await room.dossier()).is_draft


async def test_no_other_button_of_the_house_can_be_pressed(room: Room) -> None:
    await room.agreed()
    for payload in ("h:", "hm:y:abc", "b:send:MC-261125-ABCDEF", "p:1.001193", "pay:x", "g:agree:abcdef12:1.1"):
        with pytest.raises(NotAllowed):
            await room.types(payload=payload)


async def test_no_words_of_a_helper_send_or_drop_a_dossier(room: Room) -> None:
    await (await room.agreed()).all_told()
    for words in ("đồng ý", "gửi", "nộp", "hủy"):
        with contextlib.suppress(NotAllowed):
            await room.types(words)
        assert (await room.dossier()).is_draft and (await room.dossier()).consented_at is None, words


async def test_another_dossier_of_the_same_citizen_is_out_of_reach(room: Room) -> None:
    await room.agreed()
    session = await room.session()
    other = await room.dossiers.begin(session.conversation_id, curated()["1.004194"])
    with pytest.raises(NotAllowed):
        await room.types(payload=payloads.order("go", other))


async def test_the_citizen_reads_everything_and_alone_sends_it(room: Room) -> None:
    await (await room.agreed()).all_told()
    session = await room.session()
    assert await room.assisting.show(session, room.helper) == "shown"
    assert await room.assisting.show(await room.session(), room.helper) == "shown_before"
    told = await room.told()
    assert "Bạn đọc lại từng câu" in told[-4].text and "Người làm giúp: Trần Văn Hòa (Tổ 1)" in told[-3].text
    send = next(one.payload for one in told[-1].buttons if one.payload.startswith("j:send"))
    assert (await room.sheet()).is_shown
    await room.hears(payload=send)
    assert (await room.dossier()).consented_at is not None and (await room.sheet()).is_agreed
    assert await room.assisting.show(await room.session(), room.helper) == "shown_before"
    await room.hears(payload=send.replace("send", "done"))
    assert (await room.dossier()).status is Status.submitted
    with pytest.raises(Over):
        await room.sheet()
    assert (await room.session()).ended_because is Ending.submitted


async def test_an_open_question_keeps_the_review_back(room: Room) -> None:
    await room.agreed()
    assert await room.assisting.show(await room.session(), room.helper) == "not_ready"


async def test_withdrawn_in_the_middle_of_a_question_nothing_more_is_kept(room: Room) -> None:
    await room.agreed()
    await step_of_kind(room, "person_name")
    before = (await room.dossier()).version
    await room.hears("thôi không cho làm giúp nữa")
    for attempt in (room.sheet(), room.types("Nguyễn Văn An")):
        with pytest.raises(Over):
            await attempt
    assert (await room.dossier()).version == before


async def test_what_was_agreed_to_ends_after_a_day(room: Room) -> None:
    await room.agreed()
    room.clock.advance(hours=23, minutes=59)
    assert await room.sheet()
    room.clock.advance(minutes=1)
    with pytest.raises(Over):
        await room.sheet()


async def test_a_dossier_that_was_dropped_ends_it(room: Room) -> None:
    await room.agreed()
    await room.dossiers.drop(await room.dossier())
    with pytest.raises(Over):
        await room.sheet()
    assert (await room.session()).ended_because is Ending.cancelled


async def test_one_dossier_has_one_consent(room: Room) -> None:
    await room.agreed()
    first = room.session_id
    await room.agreed()
    assert (await room.consents.find(first)).ended_because is Ending.replaced
    assert await room.sheet()


async def test_a_question_in_the_box_is_no_answer(room: Room) -> None:
    await room.agreed()
    await step_of_kind(room, "person_name")
    sheet = await room.types("lệ phí bao nhiêu vậy?")
    assert "chưa ghi" in sheet.lead


async def test_the_form_and_what_is_handed_over_name_the_helper(room: Room) -> None:
    from bot.submission.attachments import Attachments
    from bot.submission.leaving import to_handover

    await (await room.agreed()).all_told()
    dossier = dataclasses.replace(await room.dossier(), reference="MC-261125-ABCDEF", submitted_at=room.clock())
    assert "Trần Văn Hòa" in form_of(dossier, TODAY).note
    handover = await to_handover(dossier, Attachments(room.store, room.store.settings), "telegram", TODAY)
    assert handover.answers["Người hỗ trợ kê khai"] == "Trần Văn Hòa (Tổ 1)"


async def test_a_helper_who_ends_it_leaves_the_citizen_a_way_on(room: Room) -> None:
    await room.agreed()
    await room.assisting.stop(await room.session(), room.helper)
    told = (await room.told())[-1]
    assert "đã thôi làm giúp" in told.text
    assert "Câu 1" in (await room.hears(payload=told.buttons[0].payload)).replies[0].text


async def test_a_procedure_that_is_switched_off_cannot_be_begun(room: Room) -> None:
    await room.assisting._services.switches.set(f"procedure:{BIRTH}", "bảo trì")
    assert await room.assisting.what(BIRTH) is None
