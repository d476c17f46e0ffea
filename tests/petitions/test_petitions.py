"""A petition in the conversation and in the hands of an operator: nothing lost, nothing twice, nobody else's."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import sqlite3

import pytest

from bot.linking.links import Links
from bot.petitions.operating import act
from bot.petitions.petition import Status
from bot.petitions.petitions import Changed, NotNow, Petitions
from bot.petitions.telling import start_button
from bot.petitions.writing import Writing, Written
from bot.settings import Settings
from bot.store import Store
from bot.underway import Heard, Underway
from tests.clock import Clock
from tests.submission.journeys import TODAY, all_places
from tests.talk import answered

TEXT, NAME, PHONE = "đèn đường trước nhà tôi hỏng từ tuần trước", "trần thị hoa", "0912 345 678"
ADDRESS = "tổ 5, phường Tuy Hòa, Đắk Lắk"
_numbers = itertools.count(1)


class Person:
    def __init__(self, store: Store, conversation_id: str) -> None:
        self.petitions = Petitions(store)
        self.writing = Writing(
            self.petitions, all_places(), store.clock, "1800 1096", lambda text: text == "gặp người hỗ trợ"
        )
        self.id, self.petition = conversation_id, None
        self.told: Written | None = None

    def heard(self, **said: object) -> Heard:
        change = str(said.pop("change", next(_numbers))).encode()
        return Heard(self.id, change, TODAY, "telegram", **said)

    async def _hears(self, heard: Heard) -> Person:
        self.told = await self.writing.take(heard, self.petition)
        if self.told is not None:
            self.petition = self.told.petition
        return self

    async def says(self, *texts: str, **more: object) -> Person:
        for text in texts:
            await self._hears(self.heard(text=text, **more))
        return self

    async def presses(self, payload: str, **more: object) -> Person:
        return await self._hears(self.heard(payload=payload, **more))

    async def sends_one(self) -> str:
        """A whole petition; its code."""
        await self.presses("pt:new")
        await self.says(TEXT, NAME, ADDRESS, PHONE)
        await self.presses("pt:send")
        return self.text.split("Mã: ")[1].split("\n")[0]

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.told.outcome.replies)

    @property
    def payloads(self) -> list[str]:
        return [button.payload for reply in self.told.outcome.replies for button in reply.buttons]


@pytest.fixture
async def person(store: Store) -> Person:
    return Person(store, (await store.start_conversation("telegram", "an"))[0].id)


async def test_each_part_is_asked_for_and_the_whole_is_looked_through_before_it_goes(
    person: Person, clock: Clock
) -> None:
    await person.presses(start_button().payload)
    assert "Khiếu nại, tố cáo" in person.text and "kể rõ chuyện gì" in person.text
    await person.says("hỏng")
    assert "viết rõ hơn" in person.text
    await person.says(TEXT, NAME, "xóm dưới gần chợ")
    assert "Mình chưa rõ xã, phường nào" in person.text
    await person.says(ADDRESS, "12")
    assert "Mình chưa đọc được số điện thoại" in person.text
    await person.says(PHONE)
    for part in (TEXT, "Trần Thị Hoa", "0912345678", "Tuy Hòa"):
        assert part in person.text, part
    assert await person.petitions.list() == [], "nothing goes before it is said to"
    await person.presses("pt:send")
    [sent] = await person.petitions.list()
    assert sent.code in person.text and "15/12/2026" in person.text  # fifteen working days
    assert person.petition is None and sent.content.ward and sent.events[0].kind == "sent"


async def test_what_was_told_unasked_is_the_text_of_the_petition(person: Person) -> None:
    complains = person.heard(text=f"em muốn phản ánh {TEXT}")
    begun = await person.writing.begin_with(complains, None)
    person.petition, person.told = begun.petition, begun
    assert f"Mình đã ghi: “em muốn phản ánh {TEXT}”" in person.text and "họ và tên" in person.text
    await person.says(NAME, ADDRESS, PHONE)
    assert TEXT in person.text and "pt:send" in person.payloads


async def test_who_asks_how_or_writes_one_already_begins_none(person: Person) -> None:
    asks = person.heard(text="tôi muốn phản ánh chuyện đèn đường hỏng thì gửi ở đâu ạ")
    assert await person.writing.begin_with(asks, None) is None
    assert await person.writing.begin_with(person.heard(text=f"phản ánh {TEXT}"), "another") is None


async def test_all_in_one_message_and_a_part_changed_afterwards(person: Person) -> None:
    await person.presses("pt:new")
    await person.says(f"Nội dung: {TEXT}\nHọ tên: {NAME}\nĐịa chỉ: {ADDRESS}\nĐiện thoại: {PHONE}")
    assert "pt:send" in person.payloads
    await person.presses("pt:edit:phone")
    assert "Số điện thoại của bạn" in person.text
    await person.says("0987654321", "gửi")
    assert (await person.petitions.list())[0].content.phone == "0987654321"


async def test_a_place_that_stays_unknown_is_left_to_the_operator(person: Person) -> None:
    await person.presses("pt:new")
    await person.says(TEXT, NAME, "nhà tôi đó", "xóm dưới gần chợ", PHONE)
    assert "cơ quan có thẩm quyền" in person.text and "pt:send" in person.payloads


async def test_giving_up_leaves_nothing_and_the_dossier_that_waited_goes_on(person: Person, store: Store) -> None:
    waiting = Underway(dossier="d" * 32, procedure="1.001193", question="filer")
    await person.presses("pt:new", underway=waiting)
    await person.says("hủy")
    assert person.told.goes_on and person.petition is None
    await person.presses("pt:send")
    assert "không còn viết dở" in person.text
    assert (await store.export(person.id))["petitions"] == []


async def test_orders_of_the_house_and_questions_are_left_to_the_others(person: Person) -> None:
    assert (await person.says("đèn đường hỏng thì báo ai")).told is None
    await person.presses("pt:new")
    await person.says(TEXT)
    for text in ("gặp người hỗ trợ", "lấy họ tên để làm gì vậy?"):
        assert (await person.says(text)).told is None, text
    assert (await person.presses("f:cost:1.001193")).told is None
    await person.says(NAME)
    assert "Địa chỉ của bạn" in person.text


async def test_a_message_taken_twice_changes_nothing(person: Person) -> None:
    await person.presses("pt:new")
    await person.says(TEXT)
    petition = person.petition
    await person.says(NAME, change="same")
    await person.says(NAME, change="same")
    assert "Địa chỉ của bạn" in person.text
    await person.says(ADDRESS, PHONE)
    await person.presses("pt:send", change="sent")
    code = (await person.petitions.list())[0].code
    person.petition = petition  # what was remembered before the crash
    await person.presses("pt:send", change="sent")
    assert code in person.text and len(await person.petitions.list()) == 1


async def test_a_huge_and_an_empty_message_are_told_so(person: Person) -> None:
    await person.presses("pt:new")
    await person.says("đ" * 50_000)
    assert "dài quá" in person.text
    await person._hears(person.heard(attachment_ids=("f" * 32,)))
    assert "bằng chữ" in person.text
    for forged in ("pt:", "pt:edit:conversation_id", "pt:zzz", "pt:edit"):
        assert (await person.presses(forged)).told is None, forged


async def test_how_far_it_is_is_told_to_its_citizen_only(person: Person, store: Store, clock: Clock) -> None:
    code = await person.sends_one()
    await person.says(code.lower())
    assert "đang được giải quyết" in person.text
    clock.advance(days=40)
    await person.says("phản ánh của tôi")
    assert "quá hạn" in person.text and "1800 1096" in person.text
    stranger = Person(store, (await store.start_conversation("web"))[0].id)
    await stranger.says(code)
    assert "không thấy phản ánh nào" in stranger.text and TEXT not in stranger.text
    await stranger.presses(f"pt:more:{code}")
    assert "không thấy" in stranger.text


async def test_the_operator_asks_the_citizen_adds_and_the_answer_comes_back(
    person: Person, store: Store, clock: Clock
) -> None:
    code = await person.sends_one()
    first_due = (await person.petitions.by_code(code)).due_at
    await act(person.petitions, code, Status.asked, "bà Lan", "1800", text="cột đèn số mấy?")
    asked = await person.petitions.by_code(code)
    assert asked.due_at is None
    told = (await store.history(person.id))[-1]["replies"][0]
    assert "cột đèn số mấy?" in told["text"] and "bà Lan" not in told["text"]
    clock.advance(days=7)
    await person.presses(told["buttons"][0]["payload"])
    await person.says("cột số 12")
    again = await person.petitions.by_code(code)
    assert again.status is Status.sent and again.due_at > first_due and again.last.text == "cột số 12"
    await act(person.petitions, code, Status.forwarded, "bà Lan", "1800", authority="Công ty Điện lực")
    assert "Công ty Điện lực" in (await store.history(person.id))[-1]["replies"][0]["text"]
    done = await act(person.petitions, code, Status.answered, "ông Ba", "1800", text="Đã thay bóng.")
    assert "Đã thay bóng." in (await store.history(person.id))[-1]["replies"][0]["text"] and done.due_at
    lines = len(await store.history(person.id))
    assert (await act(person.petitions, code, Status.published, "ông Ba", "1800")).due_at is None
    assert len(await store.history(person.id)) == lines, "the answer is not told twice"
    await person.says(code)
    assert "Đã thay bóng." in person.text
    assert [event.kind for event in (await person.petitions.by_code(code)).events] == [
        "sent",
        "asked",
        "supplement",
        "forwarded",
        "answered",
        "published",
    ]


async def test_what_cannot_be_done_now_is_refused_and_of_two_at_once_one_acts(person: Person) -> None:
    code = await person.sends_one()
    for status, more in (
        (Status.answered, {}),
        (Status.forwarded, {"text": "x"}),
        (Status.answered, {"text": "x" * 9_000}),
    ):
        with pytest.raises(ValueError, match="missing|needs|may have"):
            await act(person.petitions, code, status, "a", "1", **more)
    with pytest.raises(KeyError):
        await act(person.petitions, "PA-261125-ZZZZZZ", Status.answered, "a", "1", text="x")
    with pytest.raises(NotNow):
        await act(person.petitions, code, Status.published, "a", "1")
    both = await asyncio.gather(
        *(act(person.petitions, code, Status.answered, by, "1", text=f"từ {by}") for by in ("a", "b")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, (Changed, NotNow)) for one in both) == 1


async def test_it_follows_its_citizen_into_a_linked_channel(person: Person, store: Store, clock: Clock) -> None:
    code = await person.sends_one()
    zalo = (await store.start_conversation("zalo", "an"))[0].id
    links = Links(store)
    await links.use(await links.issue(person.id), zalo, start_reply())
    clock.advance(minutes=1)
    await answered(store, zalo, "chào", "chào bạn", message_id="z1")
    await act(person.petitions, code, Status.answered, "a", "1", text="Xong rồi.")
    assert "Xong rồi." in (await store.history(zalo))[-1]["replies"][0]["text"]
    assert "Xong rồi." not in str(await store.history(person.id))
    other = Person(store, zalo)
    await other.says(code)
    assert "Xong rồi." in other.text


def start_reply():
    from bot.channels.reply import Reply

    return Reply(text="linked")


async def test_what_was_told_lies_sealed_is_exported_and_goes_with_an_erasure(
    person: Person, store: Store, settings: Settings
) -> None:
    await person.sends_one()
    exported = (await store.export(person.id))["petitions"]
    assert exported[0]["content"]["text"] == TEXT and exported[0]["events"][0]["kind"] == "sent"
    if store.database.is_embedded:
        raw = b"".join(path.read_bytes() for path in settings.data_dir.glob("motcua.sqlite3*"))
        assert "đèn đường".encode() not in raw and b"0912345678" not in raw
        assert (
            sqlite3.connect(settings.data_dir / "motcua.sqlite3").execute("select count(*) from petitions").fetchone()
        )
    await store.erase(person.id)
    assert await person.petitions.list() == []


async def test_a_draft_changed_elsewhere_is_not_overwritten(person: Person) -> None:
    await person.presses("pt:new")
    stale = await person.petitions.find(person.id, person.petition)
    await person.says(TEXT)
    with pytest.raises(Changed):
        await person.petitions.save(stale, dataclasses.replace(stale.content, text="khác"), b"x")
