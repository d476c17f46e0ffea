"""The trained model inside our process: what it understands, what it runs, what it keeps to itself."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from pathlib import Path

import pytest

from bot.dialogue.rasa import MissingAction, RasaDialogue
from knowledge.schema import Facet
from tests.dialogue.model import NotingGuide, load_dialogue

pytestmark = pytest.mark.slow
HELD_OUT = Path(__file__).parents[1] / "sentences"
INTENTS = sorted(path.stem for path in HELD_OUT.glob("*.txt"))


@pytest.fixture(scope="module")
def guide() -> NotingGuide:
    return NotingGuide()


@pytest.fixture(scope="module")
def dialogue(guide: NotingGuide) -> RasaDialogue:
    return load_dialogue(guide)


@pytest.mark.parametrize("intent", INTENTS)
async def test_held_out_sentences_are_understood(dialogue: RasaDialogue, intent: str) -> None:
    texts = list(filter(None, (HELD_OUT / f"{intent}.txt").read_text("utf-8").splitlines()))
    told = [(await dialogue.parse(text)).intent for text in texts]
    assert told.count(intent) >= 0.8 * len(texts), [pair for pair in zip(texts, told, strict=True) if pair[1] != intent]


@pytest.mark.parametrize(
    ("text", "facets"),
    [
        ("làm hộ chiếu cần giấy tờ gì", [Facet.documents]),
        ("lam ho chieu het bao nhieu tien", [Facet.cost]),
        ("Cần giấy tờ gì và hết bao nhiêu tiền?", [Facet.documents, Facet.cost]),
        ("hết bao nhiêu tiền và cần giấy tờ gì", [Facet.cost, Facet.documents]),
        ("nộp ở đâu, bao lâu thì có", [Facet.place, Facet.time_limit]),
        ("giấy độc thân", [Facet.overview]),
    ],
)
async def test_facets_are_told_in_the_order_asked(dialogue: RasaDialogue, text: str, facets: list[Facet]) -> None:
    assert list((await dialogue.parse(text)).facets) == facets


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200b\u200d", "/", "///", "🙂" * 500, "a" * 100_000, "làm " * 50_000, "中文", "\x00\x01"]
)
async def test_strange_input_is_answered_by_one_action(dialogue: RasaDialogue, text: str) -> None:
    understanding = await dialogue.parse(text)
    assert 0.0 <= understanding.confidence <= 1.0
    assert isinstance(await dialogue.respond(text, "someone", None), str)


@pytest.mark.parametrize(
    "command", ["/restart", "/greet", "/ask_cost", '/pay{"paid": true}', "/back", "/session_start"]
)
async def test_a_typed_command_is_never_obeyed(dialogue: RasaDialogue, command: str) -> None:
    understanding = await dialogue.parse(command)
    assert not understanding.text.startswith("/")
    assert understanding.intent == (await dialogue.parse(command.lstrip("/"))).intent


async def test_decomposed_letters_and_hidden_ones_change_nothing(dialogue: RasaDialogue) -> None:
    text = "đăng ký kết hôn cần giấy tờ gì"
    plain = await dialogue.parse(text)
    assert await dialogue.parse(unicodedata.normalize("NFD", text)) == plain
    assert await dialogue.parse(text.replace(" ", " \u200b")) == plain


async def test_the_action_gets_the_understanding_and_the_very_object_of_the_caller(
    dialogue: RasaDialogue, guide: NotingGuide
) -> None:
    surroundings = object()
    guide.calls.clear()
    assert await dialogue.respond("đăng ký kết hôn ở đâu", "someone", surroundings) == "answer"
    (verb, (understanding, given)) = guide.calls[0]
    assert (verb, given is surroundings, understanding.facets) == ("answer", True, (Facet.place,))


async def test_what_an_action_raises_reaches_the_caller(dialogue: RasaDialogue, guide: NotingGuide) -> None:
    class Broken(Exception):
        pass

    def broken(*_: object) -> None:
        raise Broken

    guide.answer = broken  # type: ignore[attr-defined]
    try:
        with pytest.raises(Broken):
            await dialogue.respond("đăng ký kết hôn ở đâu", "someone", None)
    finally:
        del guide.answer  # type: ignore[attr-defined]


async def test_turns_at_once_do_not_mix(dialogue: RasaDialogue, guide: NotingGuide) -> None:
    texts = {"đăng ký kết hôn ở đâu": "answer", "xin chào": "small_talk", "tôi muốn gặp cán bộ": "handoff"} | {
        "chào bạn": "small_talk"
    }
    asked = [text for text in texts for _ in range(10)]
    answers = await asyncio.gather(*(dialogue.respond(text, "the same sender", None) for text in asked))
    assert answers == [texts[text] for text in asked]


async def test_no_word_of_a_citizen_is_logged(
    dialogue: RasaDialogue, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO):
        await dialogue.respond("tên tôi là Xyzzyplugh, làm căn cước ở đâu", "sender-xyzzyplugh", None)
    out, err = capsys.readouterr()
    assert "xyzzyplugh" not in (caplog.text + out + err).lower()


async def test_no_tracker_is_kept(dialogue: RasaDialogue) -> None:
    await dialogue.respond("xin chào", "someone", None)
    assert await dialogue._processor.tracker_store.retrieve("someone") is None


async def test_the_graph_runs_each_node_once_and_names_what_is_missing(dialogue: RasaDialogue) -> None:
    from rasa.engine.exceptions import GraphRunError

    with pytest.raises(GraphRunError, match="__message__"):
        dialogue._processor.graph_runner.run({}, ["run_RegexMessageHandler"])


async def test_a_model_without_a_class_for_an_action_is_refused(guide: NotingGuide) -> None:
    from actions import all_actions
    from bot.dialogue.training import train
    from bot.settings import Settings

    model = train(Settings().data_dir, lambda _: None)
    with pytest.raises(MissingAction, match="action_answer"):
        await RasaDialogue.load(model, [action for action in all_actions(guide) if action.name != "action_answer"])


@pytest.mark.parametrize(
    "text", ["Tôi muốn làm giấy khai sinh cho con", "  hai  khoảng trắng", "hoà thuỷ, 12/3?", "🙂 ơi"]
)
def test_tokens_lie_where_they_say(dialogue: RasaDialogue, text: str) -> None:
    from bot.dialogue.components.tokenizer import words_of

    found = words_of(text)
    assert found
    assert all(text[start:end] == word for word, start, end in found)
    assert all(before[2] <= after[1] for before, after in zip(found, found[1:], strict=False))
