from __future__ import annotations

import datetime as dt

import pytest

from bot.dialogue import distinctions
from bot.dialogue.asker import Asker
from bot.dialogue.context import Context
from bot.dialogue.guide import Asked, Guide, Knowledge
from bot.dialogue.understanding import Understanding
from knowledge import places
from knowledge.catalogue import Catalogue, load_curated
from knowledge.schema import Facet
from knowledge.search import Decision, Found, Hit

BIRTH, JOINED, COPY = "1.001193", "2.000986", "2.000635"


class Shelf:
    """A searcher that finds what the test says."""

    def __init__(self, *scores: tuple[str, float], decision: Decision = Decision.match) -> None:
        self.asked: list[str] = []
        self._scores, self._decision = scores, decision

    def search(self, query: str, limit: int = 10) -> Found:
        self.asked.append(query)
        hits = tuple(Hit(code, CATALOGUE[code].name, score) for code, score in self._scores)
        confidence = hits[0].score if hits else 0.0
        return Found(query, self._decision, hits, confidence, confidence, choices=hits[:4])


CATALOGUE = Catalogue(load_curated())
PLACES = places.load()
GUIDE = Guide("1800 1096")


def asked(shelf: Shelf, context: Context | None = None, off: dict[str, str] | None = None) -> Asked:
    knowledge = Knowledge(CATALOGUE, shelf, distinctions.load(), PLACES, off or {})
    return Asked(context or Context(), Asker(dt.date(2026, 11, 24)), knowledge)


def said(text: str, *facets: Facet) -> Understanding:
    return Understanding(text=text, intent="ask_documents", confidence=0.9, facets=facets)


def payloads(outcome) -> list[str]:
    return [button.payload for reply in outcome.replies for button in reply.buttons]


def test_a_sure_match_is_answered_alone() -> None:
    outcome, context = GUIDE.answer(said("làm khai sinh", Facet.cost), asked(Shelf((BIRTH, 0.95), (JOINED, 0.3))))
    assert (outcome.turn.kind, outcome.turn.procedure_code, context.procedure) == ("answer", BIRTH, BIRTH)
    assert len(outcome.replies) == 1


def test_a_likely_match_is_answered_with_what_it_may_be_taken_for() -> None:
    outcome, context = GUIDE.answer(
        said("làm khai sinh"), asked(Shelf((BIRTH, 0.7), (JOINED, 0.2), decision=Decision.ambiguous))
    )
    assert outcome.turn.procedure_code == BIRTH
    assert f"p:{JOINED}" in payloads(outcome) and context.options == (JOINED,)


def test_close_candidates_are_asked_back_and_the_facet_is_kept_until_one_is_chosen() -> None:
    shelf = Shelf((BIRTH, 0.5), (JOINED, 0.4), decision=Decision.ambiguous)
    outcome, context = GUIDE.answer(said("khai sinh cho bé", Facet.cost), asked(shelf))
    assert outcome.turn.kind == "clarify" and outcome.turn.procedure_code is None
    assert payloads(outcome)[:2] == [f"p:{BIRTH}", f"p:{JOINED}"] and "n:" in payloads(outcome)
    chosen, _ = GUIDE.choose(JOINED, asked(shelf, context))
    assert (chosen.turn.procedure_code, chosen.turn.facet) == (JOINED, "cost")


def test_who_wanted_to_file_and_was_asked_which_begins_with_the_choice() -> None:
    shelf = Shelf((BIRTH, 0.5), (JOINED, 0.4), decision=Decision.ambiguous)
    outcome, context = GUIDE.start_submission(said("nộp hồ sơ khai sinh cho bé"), asked(shelf))
    assert outcome.turn.kind == "clarify"
    chosen, _ = GUIDE.choose(JOINED, asked(shelf, context))
    assert (chosen.turn.kind, chosen.turn.procedure_code) == ("journey", JOINED)


def test_the_question_that_tells_sisters_apart_is_asked() -> None:
    shelf = Shelf((BIRTH, 0.5), (JOINED, 0.4), decision=Decision.ambiguous)
    outcome, _ = GUIDE.answer(said("khai sinh cho bé"), asked(shelf))
    assert outcome.replies[0].text.startswith("Bé đã có giấy khai sinh chưa")


@pytest.mark.parametrize(("words", "code"), [("cái đầu tiên", BIRTH), ("số 2", JOINED), ("cái cuối", JOINED)])
def test_an_option_can_be_named_by_its_place(words: str, code: str) -> None:
    context = Context(options=(BIRTH, JOINED), asked_facets=(Facet.cost,))
    outcome, _ = GUIDE.choose_option(said(words), asked(Shelf(), context))
    assert outcome.turn.procedure_code == code


@pytest.mark.parametrize("text", ["còn lệ phí thì sao?", "nop o dau", "mấy ngày thì xong", "cần giấy tờ gì"])
def test_a_message_without_words_of_its_own_goes_on_with_the_procedure(text: str) -> None:
    shelf = Shelf((COPY, 0.9))
    outcome, _ = GUIDE.answer(said(text, Facet.cost), asked(shelf, Context(procedure=BIRTH)))
    assert outcome.turn.procedure_code == BIRTH and shelf.asked == []


def test_a_facet_asked_while_we_wait_for_a_choice_is_kept_for_it() -> None:
    context = Context(options=(BIRTH, JOINED), asked_facets=(Facet.documents,))
    outcome, context = GUIDE.answer(said("còn lệ phí thì sao", Facet.cost), asked(Shelf(), context))
    assert outcome.turn.kind == "clarify" and context.asked_facets == (Facet.cost,)


def test_a_new_subject_changes_the_procedure_and_the_old_one_stays_within_reach() -> None:
    outcome, context = GUIDE.answer(said("xin trích lục hộ tịch"), asked(Shelf((COPY, 0.95)), Context(procedure=BIRTH)))
    assert outcome.turn.procedure_code == COPY and context.earlier == (BIRTH,)


def test_nothing_found_says_so_and_offers_the_nearest_and_a_person() -> None:
    shelf = Shelf((BIRTH, 0.05), (COPY, 0.04), decision=Decision.none)
    outcome, context = GUIDE.answer(said("phóng vệ tinh"), asked(shelf))
    assert outcome.turn.kind == "not_found" and outcome.turn.procedure_code is None
    assert payloads(outcome) == [f"p:{BIRTH}", f"p:{COPY}", "n:", "h:"]
    again, _ = GUIDE.answer(said("phóng tên lửa"), asked(shelf, context))
    assert "người hỗ trợ" in again.replies[0].text


def test_a_procedure_switched_off_is_not_told() -> None:
    outcome, _ = GUIDE.about(BIRTH, (Facet.cost,), asked(Shelf(), off={BIRTH: "đang cập nhật"}))
    assert "đang cập nhật" in outcome.replies[0].text


def test_a_ward_told_is_remembered_and_used() -> None:
    _, context = GUIDE.give_place(said("tôi ở phường 7, Tuy Hòa"), asked(Shelf()))
    assert (context.ward, context.province) == ("Phường Tuy Hòa", "Tỉnh Đắk Lắk")


def test_a_ward_that_several_places_bear_is_asked_back() -> None:
    outcome, context = GUIDE.give_place(said("xã An Ninh Tây"), asked(Shelf()))
    assert outcome.turn.kind == "clarify" and context.ward is None
    chosen, context = GUIDE.choose_ward(payloads(outcome)[0].removeprefix("w:"), asked(Shelf(), context))
    assert context.ward and chosen.turn.kind == "small_talk"


def test_an_answer_called_wrong_is_taken_back_and_the_second_time_a_person_is_offered() -> None:
    shelf = Shelf((BIRTH, 0.95))
    _, context = GUIDE.answer(said("làm khai sinh", Facet.cost), asked(shelf))
    outcome, context = GUIDE.was_wrong(asked(shelf, context))
    assert outcome.turn.kind == "not_found" and "Xin lỗi" in outcome.replies[0].text
    assert context.procedure is None
    _, context = GUIDE.answer(said("giấy cho bé", Facet.cost), asked(shelf, context))
    outcome, context = GUIDE.was_wrong(asked(shelf, context))
    assert context.misses == 2 and "h:" in payloads(outcome)


def test_wrong_before_anything_was_answered_is_no_complaint() -> None:
    outcome, context = GUIDE.was_wrong(asked(Shelf()))
    assert outcome.turn.kind == "small_talk" and context.complaints == 0
