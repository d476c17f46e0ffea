"""A message about what happened, or about digital basics, gets its checklist; one about a single paper does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from knowledge.advice import Advice
from knowledge.text import fold
from knowledge.topics import MOST_WORDS, Topics, needs_warning
from tests.knowledge.told import our_advice

MESSAGES = yaml.safe_load((Path(__file__).parent / "topic_messages.yml").read_text("utf-8"))
WANTED = [(topic, text) for topic, texts in MESSAGES.items() for text in texts if topic != "-"]


@pytest.fixture(scope="module")
def told() -> Advice:
    return our_advice()


@pytest.mark.parametrize(("topic", "text"), WANTED, ids=[text for _, text in WANTED])
def test_a_message_is_given_its_topic(told: Advice, topic: str, text: str) -> None:
    assert told.topics.find(text) == topic


@pytest.mark.parametrize("text", MESSAGES["-"])
def test_a_message_about_one_paper_or_something_else_is_left_to_the_procedures(told: Advice, text: str) -> None:
    assert told.topics.find(text) is None


def test_every_event_and_guide_has_messages_of_its_own(told: Advice) -> None:
    assert set(MESSAGES) - {"-"} == {*told.events, *told.illustrated}


def test_no_message_of_this_test_is_one_that_the_topics_are_written_with(told: Advice) -> None:
    topics = [*told.events.values(), *(found.guide for found in told.illustrated.values())]
    ways = {fold(way) for topic in topics for way in topic.ways}
    assert not ways & {fold(text) for texts in MESSAGES.values() for text in texts}


def test_every_way_a_topic_is_written_with_leads_to_it(told: Advice) -> None:
    topics = [*told.events.values(), *(found.guide for found in told.illustrated.values())]
    lost = [(topic.id, way) for topic in topics for way in topic.ways if told.topics.find(way) != topic.id]
    assert len(lost) <= len(topics) // 10, lost  # a way may stand nearer to a procedure's own phrase


def test_capitals_marks_and_shorthand_change_nothing(told: Advice) -> None:
    for text in ("EM MỚI SINH CON!!!", "em  mới   sinh con?", "em moi sinh con"):
        assert told.topics.find(text) == "sinh-con"


@pytest.mark.parametrize("text", ["", " ", "?", "😀", "a", "\u200b", "con " * 500, "sinh con " * (MOST_WORDS + 1)])
def test_a_message_that_says_nothing_or_too_much_has_no_topic(told: Advice, text: str) -> None:
    assert told.topics.find(text) is None


def test_somebody_in_danger_gets_no_checklist(told: Advice) -> None:
    assert told.topics.find("mẹ mất rồi em muốn chết") is None


def test_codes_and_money_sent_are_warned_about_first(told: Advice) -> None:
    assert needs_warning("họ bảo đọc mã otp") and needs_warning("em bi lua chuyen khoan 5 trieu")
    assert not needs_warning("em mới sinh con")
    assert told.topics.nearest("co nguoi bao xe bi phat nguoi, em lo bam link", told.scams) == "phat-nguoi-gia"


def test_two_topics_equally_near_are_not_guessed_between() -> None:
    class Told:
        ways = ("tôi thả diều ở bãi biển thì cần giấy tờ gì",)
        signs = ("thả diều",)
        never = ()
        asks = "several"
        names_papers = "none"

    assert Topics({"mot": Told()}).find("thả diều cần giấy tờ gì") == "mot"
    assert Topics({"mot": Told(), "hai": Told()}).find("thả diều cần giấy tờ gì") is None


def test_no_scenario_of_a_procedure_is_taken_by_a_life_event(told: Advice) -> None:
    folder = Path(__file__).parents[1] / "procedures"
    asks = [scene["ask"] for path in folder.glob("*.yml") for scene in yaml.safe_load(path.read_text("utf-8"))]
    taken = {ask: topic for ask in asks if (topic := told.topics.find(ask))}
    assert len(asks) > 400 and taken == {}
