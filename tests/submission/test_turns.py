"""A journey among the other ways of a turn: buttons and control words first, then the answer, then the dialogue."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.dialogue import distinctions
from bot.dialogue.context import Context
from bot.dialogue.guide import Guide
from bot.dialogue.turn import Turns
from bot.store import Store
from bot.submission.dossiers import Dossiers
from bot.switches import Switches
from bot.wording import say
from knowledge.catalogue import Catalogue
from knowledge.library import Library, Snapshot
from knowledge.schema import Facet
from tests.submission.filer import DAYS, filing_on
from tests.submission.journeys import TODAY, all_places, curated

BIRTH, PASSPORT_LOST = "1.001193", "1.004194"


class FakeDialogue:
    """Understands what a test says it understands."""

    def __init__(self, guide: Guide) -> None:
        self.guide, self.heard, self.kind = guide, [], "answer"

    async def respond(self, text: str, sender: str, asked: Any) -> Any:
        self.heard.append((text, asked.context.procedure))
        if self.kind == "answer":
            return self.guide.about(asked.context.procedure, (Facet.cost,), asked)
        if self.kind == "start":
            return self.guide.start(BIRTH, asked)
        return Outcome(replies=(Reply(text=self.kind),), turn=Turn(kind=self.kind)), asked.context


class NoLife:
    """Nothing happens in anybody's life here."""

    def answer(self, text: str, asked: Any, channel: str) -> None:
        return None

    def beside(self, answered: Any, text: str) -> Any:
        return answered


class Citizen:
    def __init__(self, turns: Turns, dialogue: FakeDialogue, conversation_id: str) -> None:
        self.turns, self.dialogue, self.id = turns, dialogue, conversation_id
        self.context, self.outcome, self.count = Context(), None, 0

    async def _sends(self, **said: Any) -> Citizen:
        self.count += 1
        inbound = Inbound("web", self.id, f"m{self.count}", **said)
        self.outcome, self.context = await self.turns.take(self.id, inbound, self.context)
        self.context = Context.model_validate(self.context.model_dump(mode="json"))
        return self

    async def says(self, *texts: str) -> Citizen:
        for text in texts:
            await self._sends(text=text)
        return self

    async def presses(self, payload: str) -> Citizen:
        return await self._sends(payload=payload)

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.outcome.replies)

    @property
    def kind(self) -> str:
        return self.outcome.turn.kind

    @property
    def asked(self) -> str | None:
        return self.outcome.turn.question.id if self.outcome.turn.question else None


@pytest.fixture
async def citizen(store: Store) -> Citizen:
    guide = Guide("1800 1096")
    dialogue = FakeDialogue(guide)
    library = Library(store.settings.data_dir, Snapshot("test", Catalogue(curated().values()), searcher=None))
    turns = Turns(
        dialogue=dialogue,
        guide=guide,
        filing=filing_on(store),
        life=NoLife(),
        library=library,
        switches=Switches(store),
        distinctions=distinctions.load(),
        places=all_places(),
        today=lambda: TODAY,
        hotline="1800 1096",
    )
    return Citizen(turns, dialogue, (await store.start_conversation("web"))[0].id)


async def test_the_button_starts_the_journey_with_who_where_what_it_costs_and_when(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    assert (citizen.kind, citizen.outcome.turn.procedure_code, citizen.asked) == ("journey", BIRTH, "filer")
    for part in (
        "Dành cho: trẻ em",
        "Bạn có thể làm trực tuyến",
        "Nộp tại: ",
        "Tiền phải nộp: ",
        "trong ngày",
        "Nguồn:",
    ):
        assert part in citizen.text, f"{part!r} is not told: {citizen.text}"
    assert citizen.outcome.turn.sources
    assert not citizen.dialogue.heard


async def test_who_must_come_in_person_is_told_so_before_the_first_question(citizen: Citizen) -> None:
    await citizen.presses("s:1.000894")
    assert "vẫn có bước phải đến nơi" in citizen.text and citizen.asked


async def test_words_start_it_too(citizen: Citizen) -> None:
    citizen.dialogue.kind = "start"
    await citizen.says("tôi muốn nộp hồ sơ khai sinh")
    assert (citizen.kind, citizen.asked) == ("journey", "filer")


async def test_a_procedure_without_questions_keeps_its_answer(citizen: Citizen) -> None:
    code = next(code for code, one in curated().items() if not one.questions)
    await citizen.presses(f"s:{code}")
    assert citizen.kind == "journey" and citizen.asked is None and citizen.context.underway is None


async def test_a_procedure_switched_off_is_not_begun(citizen: Citizen, store: Store) -> None:
    await Switches(store).set(f"procedure:{BIRTH}", "đang sửa")
    await citizen.presses(f"s:{BIRTH}")
    assert "đang sửa" in citizen.text and citizen.context.underway is None


async def test_answers_cost_no_understanding(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says(
        "Mẹ", "Nguyễn Văn An", "02/11/2026", "nữ", "Bệnh viện Phú Yên", "Trần Thị Hoa", "054195001234", "không"
    )
    assert citizen.asked == "birth_paper"
    assert not citizen.dialogue.heard


async def test_a_question_in_the_middle_is_answered_about_the_dossier_and_the_journey_goes_on(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("Mẹ", "lệ phí bao nhiêu vậy?")
    assert citizen.dialogue.heard == [("lệ phí bao nhiêu vậy?", BIRTH)]
    assert citizen.kind == "answer" and "Lệ phí" in citizen.text
    assert citizen.asked == "child_name"
    await citizen.says("Nguyễn Minh An")
    assert citizen.asked == "child_birth_date"


@pytest.mark.parametrize("kind", ["small_talk", "clarify", "not_found", "declined"])
async def test_what_only_looked_like_a_question_is_an_answer(citizen: Citizen, kind: str) -> None:
    await citizen.presses("s:1.001266")
    await citizen.says("Quán Cà phê Là Gì")
    citizen.dialogue.kind = kind
    context = citizen.context
    await citizen.presses("j:back:" + context.underway.dossier[:8])
    await citizen.says("Tiệm tạp hóa Chỗ Nào")
    assert citizen.asked == "owner_name"


async def test_danger_is_heard_whatever_waits(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    citizen.dialogue.kind = "safety"
    await citizen.says("Mẹ", "có người gọi đòi mã otp của tôi")
    assert citizen.kind == "safety" and citizen.asked == "child_name"


async def test_control_words_and_other_buttons_work_in_the_middle(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("gặp người hỗ trợ")
    assert citizen.kind == "handoff" and citizen.asked == "filer"
    await citizen.says("/help")
    assert say("small_talk.help") in citizen.text and citizen.asked == "filer"
    await citizen.presses("f:cost:1.001193")
    assert citizen.kind == "answer" and citizen.asked == "filer"
    await citizen.presses("nonsense")
    assert citizen.asked == "filer"


async def test_erasing_everything_ends_the_journey(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("xóa dữ liệu của tôi")
    assert citizen.outcome.erases and citizen.context.underway is None and citizen.asked is None


async def test_another_journey_leaves_the_first_as_a_draft(citizen: Citizen, store: Store) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("Mẹ")
    await citizen.presses(f"s:{PASSPORT_LOST}")
    assert citizen.outcome.turn.procedure_code == PASSPORT_LOST
    assert len(await Dossiers(store, DAYS).drafts(citizen.id)) == 2
    await citizen.presses(f"s:{BIRTH}")
    assert citizen.asked == "child_name" and "Điều kiện để" not in citizen.text


async def test_a_paused_journey_is_out_of_the_way(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("tạm dừng", "còn lệ phí thì sao")
    assert citizen.kind == "answer" and citizen.asked is None
    await citizen.says("làm tiếp")
    assert citizen.asked == "filer"


@pytest.mark.parametrize("text", ["x" * 4_000, "😀", "\u200b", "?!"])
async def test_a_bad_message_asks_the_question_again(citizen: Citizen, text: str) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("Mẹ")
    citizen.dialogue.kind = "small_talk"
    await citizen.says(text)
    assert citizen.asked == "child_name"


async def test_at_the_review_words_go_to_the_dialogue_and_consent_is_asked_again(citizen: Citizen) -> None:
    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("Mẹ", "Nguyễn Văn An", "02/11/2026", "nữ", "Bệnh viện", "Trần Thị Hoa", "054195001234", "không")
    await citizen.says("nộp sau")
    assert citizen.asked is None
    await citizen.says("lệ phí sao")
    assert citizen.kind == "answer" and "Đồng ý" in [b.title for r in citizen.outcome.replies for b in r.buttons]


async def test_an_old_memory_without_a_journey_is_read(citizen: Citizen) -> None:
    assert Context.model_validate({"procedure": BIRTH}).underway is None
    assert not Context.model_validate({"procedure": BIRTH}).is_asked


async def test_a_message_after_the_draft_is_gone_is_heard_as_any_other(citizen: Citizen, store: Store, clock) -> None:
    await citizen.presses(f"s:{BIRTH}")
    clock.advance(days=DAYS + 1)
    citizen.dialogue.kind = "small_talk"
    await citizen.says("làm căn cước cần gì")
    assert say("filing.gone") in citizen.text and citizen.kind == "small_talk"
    assert citizen.context.underway is None


async def test_a_citizen_is_warned_before_the_draft_is_deleted(citizen: Citizen, store: Store, clock) -> None:
    from bot.events import Events
    from bot.flows import Gateway, warn_of_expiry

    await citizen.presses(f"s:{BIRTH}")
    await citizen.says("Mẹ")
    gateway, dossiers = Gateway(store, citizen.turns, Events(), "1800 1096"), Dossiers(store, DAYS)
    assert await warn_of_expiry(gateway, dossiers) == 0
    clock.advance(days=DAYS - 2)
    assert (await warn_of_expiry(gateway, dossiers), await warn_of_expiry(gateway, dossiers)) == (1, 0)
    [told] = await store.history(citizen.id)
    assert "24/12/2026" in told["replies"][0]["text"]


def test_what_a_turn_of_a_journey_costs_can_be_measured(tmp_path) -> None:
    from bot.evaluation.filing import filing_cost

    cost = filing_cost(tmp_path, drafts=3, walks=1)
    assert cost.turns == 12 and cost.cpu_ms > 0 and "3 open drafts" in str(cost)
