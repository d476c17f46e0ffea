"""The written data hold together: sentences, rules, domain, actions."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import yaml

from actions import all_actions
from bot.dialogue import training_data
from bot.dialogue.cues import Cues
from bot.dialogue.facets import FACET_OF_INTENT
from bot.dialogue.training import SENTENCES
from bot.dialogue.understanding import ASKING
from bot.evaluation.intents_likeness import near_copies
from bot.evaluation.rasa_bench import ACTION_NAMES
from knowledge.everyday import load
from knowledge.schema import Facet
from knowledge.text import search_key
from tests.dialogue.model import NotingGuide

ROOT = Path(__file__).parents[2]
NLU_DATA, HELD_OUT = ROOT / "nlu_data", ROOT / "tests" / "sentences"


def _yaml(path: Path) -> dict:
    return yaml.safe_load(path.read_text("utf-8"))


def _sentences() -> dict[str, list[str]]:
    """By intent, from every folder."""
    found: dict[str, list[str]] = {}
    for folder in SENTENCES:
        for intent, texts in training_data.written(NLU_DATA / folder).items():
            found.setdefault(intent, []).extend(texts)
    return found


def _intents() -> set[str]:
    return {name for one in _yaml(NLU_DATA / "domain" / "intents.yml")["intents"] for name in one}


def _held_out() -> dict[str, list[str]]:
    return {path.stem: list(filter(None, path.read_text("utf-8").splitlines())) for path in HELD_OUT.glob("*.txt")}


def test_every_intent_has_its_own_file_of_at_least_twenty_five_sentences() -> None:
    sentences = _sentences()
    assert set(sentences) == _intents() == {path.stem for path in (NLU_DATA / "nlu").glob("*.yml")}
    assert {intent: len(found) for intent, found in sentences.items() if len(set(found)) < 25} == {}


def test_questions_of_the_later_folders_teach_facets_of_brief_messages_only() -> None:
    parts = [_yaml(path)["nlu"][0] for folder in SENTENCES[1:] for path in (NLU_DATA / folder).glob("*.yml")]
    asked = [part for part in parts if part["intent"] in FACET_OF_INTENT]
    assert {part["intent"] for part in asked} == set(FACET_OF_INTENT)
    assert [part["intent"] for part in parts if ("metadata" in part) != (part in asked)] == []
    assert [part["intent"] for part in asked if part["metadata"] != {"brief": True}] == []


def test_every_intent_has_at_least_eight_held_out_sentences() -> None:
    held_out = _held_out()
    assert set(held_out) == _intents()
    assert {intent: len(found) for intent, found in held_out.items() if len(found) < 8} == {}


def test_no_held_out_sentence_is_in_training() -> None:
    trained = {search_key(text) for found in _sentences().values() for text in found}
    trained |= {search_key(text) for text, _ in training_data.several()}
    trained |= {search_key(text) for one in load().values() for text in training_data.asks_of(one)}
    kept_apart = [text for found in _held_out().values() for text in found]
    assert [text for text in kept_apart if search_key(text) and search_key(text) in trained] == []


def test_a_sentence_stands_under_one_intent_only() -> None:
    homes: dict[str, set[str]] = {}
    for intent, found in _sentences().items():
        for text in found:
            homes.setdefault(text.casefold(), set()).add(intent)
    assert {text: intents for text, intents in homes.items() if len(intents) > 1} == {}


def test_no_sentence_nearly_repeats_another_of_its_intent() -> None:
    copies = {intent: found for intent, texts in _sentences().items() if (found := near_copies(texts))}
    assert copies == {}


def test_likeness_does_not_see_diacritics_and_tells_short_answers_apart() -> None:
    assert near_copies(["làm căn cước ở đâu", "LAM CAN CUOC O DAU"]) == [("LAM CAN CUOC O DAU", "làm căn cước ở đâu")]
    assert near_copies(["có", "có ạ", "không", "không ạ"]) == []


def test_pictures_and_codes_are_cues_though_they_are_no_words() -> None:
    cues = Cues.ours()
    assert "has agrees" in cues.features([], "👍")
    assert "has refuses" in cues.features([], "❌")
    assert "has own_file" in cues.features([], "H36.10.22-250101-0007")
    assert "has agrees" not in cues.features([], "👎")


def test_a_hand_run_over_the_keyboard_looks_different_from_words() -> None:
    cues = Cues.ours()
    assert "keys 3" in cues.features(["asdfgh"], "asdfgh")
    assert "keys 0" in cues.features(["khai", "sinh"], "khai sinh")


def test_sentences_are_written_in_nfc() -> None:
    texts = [text for found in _sentences().values() for text in found]
    assert [text for text in texts if unicodedata.normalize("NFC", text) != text] == []


def test_rules_cover_every_intent_once_and_name_actions_of_the_domain() -> None:
    rules = [rule["steps"] for path in (NLU_DATA / "rules").glob("*.yml") for rule in _yaml(path)["rules"]]
    assert sorted(steps[0]["intent"] for steps in rules) == sorted(_intents())
    assert {steps[1]["action"] for steps in rules} <= set(_yaml(NLU_DATA / "domain" / "actions.yml")["actions"])


def test_every_action_of_the_domain_is_a_class_and_the_other_way_round() -> None:
    domain = set(_yaml(NLU_DATA / "domain" / "actions.yml")["actions"])
    assert {action.name for action in all_actions(NotingGuide())} == domain == set(ACTION_NAMES)


def test_no_intent_can_mean_paid_or_approved() -> None:
    forbidden = ("paid", "approve", "settle", "confirm")
    assert [intent for intent in _intents() if any(word in intent for word in forbidden)] == []


def test_intents_that_ask_about_a_procedure_exist() -> None:
    assert _intents() >= ASKING


def test_messages_with_several_facets_name_facets_that_exist() -> None:
    assert [facets for _, facets in training_data.several() if not set(facets) <= set(Facet)] == []


def test_cues_are_written_folded_and_none_stands_twice_in_a_group() -> None:
    groups = _yaml(NLU_DATA / "cues.yml")
    phrases = {group: found["phrases"].split(", ") for group, found in groups.items()}
    assert {
        group: found
        for group, found in phrases.items()
        if any(not one.isascii() or one != one.lower() for one in found)
    } == {}
    assert {group for group, found in phrases.items() if len(set(found)) < len(found)} == set()
    assert set(Cues.ours().find(["bao", "nhieu", "tien"])) == {"money"}


def test_generated_training_data_are_the_same_each_time() -> None:
    assert training_data.generated(None) == training_data.generated(None)
