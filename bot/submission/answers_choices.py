"""One of several, and yes or no: by number, by its words, with or without diacritics."""

from __future__ import annotations

import re

from bot.submission.asking import Asked, Parsed, Wrong
from bot.submission.journey import Answer
from bot.submission.words import words
from bot.wording import say
from knowledge.schema import Choice
from knowledge.text import search_key, search_words

MOST_YES_NO_WORDS = 6
YES, NO = "yes", "no"


def choice(text: str, asked: Asked) -> Parsed:
    """The choice meant, when it is only one; otherwise all are shown again."""
    choices = asked.question.choices
    numbered = re.fullmatch(r"(?:so|cau|cai|thu)? ?(\d{1,2})", search_key(text))
    if numbered and not any(numbered[1] == search_key(one.label) for one in choices):
        place = int(numbered[1]) - 1
        return answer_of(choices[place]) if 0 <= place < len(choices) else Wrong("choice")
    for narrows in (_is_label, _is_synonym, _is_part_of_label, _holds_label):
        meant = [one for one in choices if narrows(search_words(text), one)]
        if len(meant) == 1:
            return answer_of(meant[0])
    return Wrong("choice")


def answer_of(one: Choice) -> Answer:
    return Answer(one.value, one.label)


def yes_no(text: str, asked: Asked) -> Parsed:
    """'ừ', 'dạ có', 'ko', 'chưa'. A no among the words wins: 'không có' is no, 'có không' is asked back."""
    spoken = search_words(text)
    if len(spoken) > MOST_YES_NO_WORDS:
        return Wrong("yes_no")
    kept = [word for word in spoken if word not in words().around]
    says_no, says_yes = _says(words().no, spoken), _says(words().yes, kept or spoken)
    if says_no and says_yes and spoken.index(_first(words().no, spoken)) > 0:
        return Wrong("yes_no") if spoken[-1] in words().no else yes_no_answer(NO)
    if says_no or says_yes:
        return yes_no_answer(NO if says_no else YES)
    return Wrong("yes_no")


def yes_no_answer(value: str) -> Answer:
    return Answer(value, say("filing.yes") if value == YES else say("filing.no"))


def _says(meaning: frozenset[str], spoken: list[str]) -> bool:
    return not meaning.isdisjoint(spoken) or " ".join(spoken) in meaning


def _first(meaning: frozenset[str], spoken: list[str]) -> str:
    return next(word for word in spoken if word in meaning)


def _is_label(spoken: list[str], one: Choice) -> bool:
    return " ".join(spoken) == search_key(one.label)


def _is_synonym(spoken: list[str], one: Choice) -> bool:
    kept = " ".join(word for word in spoken if word not in words().around)
    return not words().synonyms.get(one.value, frozenset()).isdisjoint((" ".join(spoken), kept))


def _is_part_of_label(spoken: list[str], one: Choice) -> bool:
    """Every word of the answer stands in the label: 'người thân' of 'Ông bà hoặc người thân'."""
    return bool(spoken) and set(spoken) <= set(search_words(one.label))


def _holds_label(spoken: list[str], one: Choice) -> bool:
    """The label stands in the answer: 'dạ em là mẹ của bé'."""
    return f" {search_key(one.label)} " in f" {' '.join(spoken)} "
