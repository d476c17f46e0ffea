"""Life events and guides in the conversation: told, walked through, counted from the day that is said."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import yaml

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.dialogue import controls, distinctions
from bot.dialogue.asker import Asker
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered, Asked, Knowledge
from bot.dialogue.life import Life
from bot.dialogue.life_telling import as_list
from bot.wording import say
from knowledge import guides, life_events, places
from knowledge.catalogue import Catalogue, load_curated
from knowledge.life_events import LifeEvent
from tests.knowledge.told import our_advice

TODAY = dt.date(2026, 11, 25)
CATALOGUE = Catalogue(load_curated())
KNOWLEDGE = Knowledge(CATALOGUE, None, distinctions.load(), places.load(), {})
EVENTS, GUIDES = life_events.load(), guides.load()
MESSAGES = yaml.safe_load((Path(__file__).parents[1] / "knowledge" / "topic_messages.yml").read_text("utf-8"))
MOST_OF_TELEGRAM = 4_096


@pytest.fixture(scope="module")
def life() -> Life:
    return Life(our_advice(), "")


def asked(context: Context | None = None) -> Asked:
    return Asked(context or Context(), Asker(TODAY), KNOWLEDGE)


def said(life: Life, text: str, context: Context | None = None, channel: str = "telegram") -> Answered | None:
    return life.answer(text, asked(context), channel)


def words(outcome: Outcome) -> str:
    return "\n".join(reply.text for reply in outcome.replies)


def buttons(outcome: Outcome) -> list[Button]:
    return [button for reply in outcome.replies for button in reply.buttons]


def pressed(life: Life, payload: str, context: Context | None = None, channel: str = "telegram") -> Answered:
    match controls.read_payload(payload):
        case controls.TellEvent(event_id, step):
            return life.event(event_id, step, asked(context), channel)
        case controls.TellGuide(guide_id):
            return life.guide(guide_id, asked(context), channel)
    raise AssertionError(f"{payload} is no button of life events or guides")


# ---- by message


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_an_event_told_in_peoples_words_is_answered_with_its_checklist(life: Life, key: str) -> None:
    for text in MESSAGES[key]:
        outcome, context = said(life, text)
        assert outcome.turn.kind == "answer" and context.event == key, text
        assert all(step.title in words(outcome) for step in EVENTS[key].steps), text
        assert outcome.turn.sources, text


@pytest.mark.parametrize("key", sorted(GUIDES))
def test_a_guide_asked_for_in_peoples_words_is_told(life: Life, key: str) -> None:
    guide = GUIDES[key].guide
    for text in MESSAGES[key]:
        outcome, _ = said(life, text)
        if outcome.turn.kind == "answer":
            assert all(step in words(outcome) for step in guide.steps), text
        else:  # about codes or a scam: told as a warning, the guide at least one press away
            assert outcome.turn.kind == "safety", text
            assert guide.steps[0] in words(outcome) or f"g:{key}" in {button.payload for button in buttons(outcome)}


def test_another_question_is_left_to_the_procedures(life: Life) -> None:
    assert said(life, "lam giay khai sinh can gi") is None
    assert said(life, "3/11") is None  # a day alone, when no event was told


# ---- by buttons


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_an_event_is_walked_step_by_step_to_its_end_and_back(life: Life, key: str) -> None:
    event = EVENTS[key]
    outcome, context = pressed(life, f"e:{key}")
    payload: str | None = f"e:{key}:1"
    assert payload in {button.payload for button in buttons(outcome)}
    for number, step in enumerate(event.steps, 1):
        assert payload == f"e:{key}:{number}"
        outcome, context = pressed(life, payload, context)
        assert words(outcome).startswith(say("life.place", number=number, count=len(event.steps), title=step.title))
        offered = {button.title: button.payload for button in buttons(outcome)}
        assert offered[say("life.whole")] == f"e:{key}"
        assert (say("life.previous") in offered) == (number > 1)
        payload = offered.get(say("life.next"))
    assert payload is None


@pytest.mark.parametrize("key", sorted(EVENTS))
def test_one_press_leads_from_a_step_to_its_procedure(life: Life, key: str) -> None:
    for number, step in enumerate(EVENTS[key].steps, 1):
        outcome, _ = pressed(life, f"e:{key}:{number}")
        codes = {button.payload for button in buttons(outcome) if button.payload.startswith("p:")}
        assert (f"p:{step.code}" in codes) == (step.code in CATALOGUE), step.id


@pytest.mark.parametrize("key", [*sorted(EVENTS), *sorted(GUIDES)])
def test_every_button_does_what_it_says_and_fits_every_channel(life: Life, key: str) -> None:
    outcome, _ = pressed(life, f"e:{key}" if key in EVENTS else f"g:{key}")
    assert len(words(outcome)) <= MOST_OF_TELEGRAM
    for button in buttons(outcome):
        assert controls.read_payload(button.payload) is not None, button.payload
        assert len(button.payload.encode()) <= 64 and len(button.title) <= 60
    assert buttons(outcome)[-1].payload == "h:"


@pytest.mark.parametrize("payload", ["e:khong-co", "e:khong-co:1", "e:sinh-con:9", "g:khong-co"])
def test_a_button_of_something_that_is_gone_offers_a_person(life: Life, payload: str) -> None:
    outcome, context = pressed(life, payload, Context(procedure="1.001193"))
    assert outcome.turn.kind == "not_found" and context.procedure == "1.001193"
    assert words(outcome) == say("life.gone") and [button.payload for button in buttons(outcome)] == ["h:"]


@pytest.mark.parametrize("payload", ["e:", "e:sinh-con:", "e:sinh-con:10", "e:sinh-con:x", "e:../x", "g:", "g:Ma OTP"])
def test_a_forged_button_is_none(payload: str) -> None:
    assert controls.read_payload(payload) is None


def test_the_procedures_named_are_what_the_second_one_means(life: Life) -> None:
    _, context = pressed(life, "e:sinh-con")
    assert context.options[:2] == ("1.001193", "1.004222")


# ---- the day


def test_a_day_in_the_message_turns_deadlines_into_dates(life: Life) -> None:
    outcome, context = said(life, "bé nhà em chào đời hôm 3/11 cần làm những thủ tục nào")
    assert context.event_day == dt.date(2026, 11, 3)
    assert say("life.until", day="04/01/2027", days=40) in words(outcome)


def test_a_day_told_afterwards_is_the_events_day_and_stays_known_on_every_step(life: Life) -> None:
    outcome, context = said(life, "em mới sinh con")
    assert EVENTS["sinh-con"].day_question in words(outcome)
    outcome, context = said(life, "dạ hôm qua", context)
    assert context.event_day == dt.date(2026, 11, 24)
    outcome, context = pressed(life, "e:sinh-con:1", context)
    assert "25/01/2027" in words(outcome)
    assert said(life, "3/11", context) is None  # the day is known: another message


@pytest.mark.parametrize("text", ["mùng 3 âm lịch", "dạ 15/7 âm lịch", "ram thang bay", "23 tháng chạp ạ"])
def test_a_lunar_day_is_asked_for_by_the_other_calendar(life: Life, text: str) -> None:
    outcome, context = said(life, text, Context(event="nguoi-than-mat"))
    assert say("life.lunar") in words(outcome) and context.event_day is None
    outcome, context = said(life, "3/11", context)
    assert context.event_day == dt.date(2026, 11, 3)


def test_a_lunar_day_in_another_question_is_left_to_the_procedures(life: Life) -> None:
    assert said(life, "mùng 3 tết phường có làm giấy khai tử không", Context(event="nguoi-than-mat")) is None


def test_a_longer_message_with_a_day_asks_something_else(life: Life) -> None:
    _, context = said(life, "em mới sinh con")
    assert said(life, "3/11 em nộp hồ sơ rồi bao giờ có kết quả", context) is None


def test_a_deadline_that_is_over_says_what_is_still_possible(life: Life) -> None:
    outcome, _ = said(life, "bé sinh 3/1/2026 cần làm những thủ tục gì")
    assert "đã qua" in words(outcome) and "Trễ hạn vẫn làm được" in words(outcome)


def test_a_deadline_of_today_is_today(life: Life) -> None:
    context = Context(event="nguoi-than-mat", event_day=dt.date(2026, 11, 10))  # the 15th day
    outcome, _ = pressed(life, "e:nguoi-than-mat:1", context)
    assert say("life.until_today", day="25/11/2026") in words(outcome)


# ---- channels, scams, words


def test_pages_are_linked_where_they_can_be_opened(life: Life) -> None:
    on_web, _ = pressed(life, "e:sinh-con", channel="web")
    on_telegram, _ = pressed(life, "e:sinh-con")
    assert on_web.replies[0].file_url == "/viec-doi/sinh-con" and on_telegram.replies[0].file_url is None
    public = Life(our_advice(), "https://motcua.example.gov.vn")
    linked, _ = pressed(public, "e:sinh-con")
    assert "https://motcua.example.gov.vn/viec-doi/sinh-con" in words(linked)


def test_only_browsers_are_sent_the_picture(life: Life) -> None:
    assert pressed(life, "g:vssid", channel="web")[0].replies[0].image_url == "/huong-dan/vssid.svg"
    assert pressed(life, "g:vssid", channel="telegram")[0].replies[0].image_url is None


def test_the_warning_about_codes_stays_first_and_the_nearest_guide_follows(life: Life) -> None:
    warning = Outcome(replies=(Reply(text=say("safety")),), turn=Turn(kind="safety"))
    outcome, _ = life.beside((warning, Context()), "co nguoi nhan bao xe em bi phat nguoi")
    assert words(outcome) == say("safety") and buttons(outcome)[0].payload == "g:phat-nguoi-gia"
    answer = Outcome(replies=(Reply(text="x"),), turn=Turn(kind="answer"))
    assert life.beside((answer, Context()), "co nguoi nhan bao xe em bi phat nguoi")[0] is answer


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.id)
def test_replies_are_short_plain_and_say_ban(life: Life, event: LifeEvent) -> None:
    texts = [words(pressed(life, f"e:{event.id}")[0])]
    texts += [words(pressed(life, f"e:{event.id}:{number}")[0]) for number in range(1, len(event.steps) + 1)]
    for text in texts:
        spoken = [
            part for line in text.splitlines() if not line.startswith("Theo") for part in re.split(r"[.!?]\s", line)
        ]
        assert max(len(part.split()) for part in spoken) <= 30, text
        assert not re.search(r"\b(quý khách|ông/bà|đồng chí|nêu trên|căn cứ vào|theo quy định của pháp luật)\b", text)
        assert "  " not in text and ".." not in text and " ." not in text, text


def test_steps_done_together_read_as_one_sentence() -> None:
    assert (
        as_list(["Làm giấy khai sinh", "Thẻ bảo hiểm", "VNeID mức 2"])
        == "Làm giấy khai sinh, thẻ bảo hiểm, VNeID mức 2"
    )
