"""What is said to an understood message: find the procedure, ask back, go on with the last one, or say no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.channels.reply import Button, Outcome, Reply, Turn
from bot.dialogue import calculations, facts, follow_up
from bot.dialogue.asker import Asker
from bot.dialogue.context import Context
from bot.dialogue.distinctions import Distinctions
from bot.dialogue.options import choices, distinct, option_number
from bot.dialogue.plain import clip
from bot.dialogue.sections import portal_url
from bot.dialogue.understanding import Understanding
from bot.wording import say
from knowledge.catalogue import Catalogue
from knowledge.importers.catalogue_jsonl import PORTAL
from knowledge.places import Places, Ward
from knowledge.schema import Facet, OnlineLevel
from knowledge.search import Decision, Found, Hit, Searcher

MOST_OPTIONS = 4
NEAREST = 3
SURE = 0.85  # below this chance of being right, an answer comes with the procedures it may be taken for
OTHERS = 3
OWN_SUBJECT = 0.4  # a continuation whose own words are this clear has changed the subject
LIKELY, MUCH_LESS = 0.55, 0.45
PLAINLY_ASKED = 0.6  # a message that may be about no procedure at all is asked back, however well one fits
MOST_WORDS_OF_A_PLACE = 16  # a longer message names a place in passing, and asks something
Answered = tuple[Outcome, Context]


@dataclass(frozen=True)
class Knowledge:
    """One state of what is known; a turn holds one from start to end."""

    catalogue: Catalogue
    searcher: Searcher
    distinctions: Distinctions
    places: Places
    procedures_off: Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """One turn's surroundings: the conversation so far, the day, what is known."""

    context: Context
    asker: Asker
    knowledge: Knowledge


class Guide:
    """Answers what Rasa's actions and the buttons ask for; holds no state of its own."""

    def __init__(self, hotline: str) -> None:
        self._hotline = hotline

    # ---- a question about a procedure

    def answer(self, understanding: Understanding, asked: Asked) -> Answered:
        """The facets asked of the procedure meant; asks back or says so when that is not clear."""
        if calculated := self._calculated(understanding.text, asked):
            return calculated
        facets = understanding.facets or (Facet.overview,)
        current = asked.context.procedure
        own = follow_up.own_words(understanding.text)
        if not own:
            return self._go_on(current, facets, asked)
        found = asked.knowledge.searcher.search(understanding.text)
        if current and follow_up.points_back(understanding.text):
            found = self._in_context(understanding.text, current, found, asked)
        return self._decide(found, facets, asked)

    def _calculated(self, text: str, asked: Asked) -> Answered | None:
        """A question that is a sum: so many pages to certify, the registration fee of a vehicle."""
        province = asked.knowledge.places.read(text).province or asked.asker.province
        outcome = calculations.calculate(text, replace(asked.asker, province=province), asked.knowledge.catalogue)
        if outcome is None:
            return None
        code = outcome.turn.procedure_code
        return outcome, asked.context.talking_of(code, (Facet.cost,)) if code else asked.context

    def _go_on(self, current: str | None, facets: tuple[Facet, ...], asked: Asked) -> Answered:
        """A message without words of its own goes on with what is talked about, or with what we asked back."""
        if asked.context.options and asked.context.asked_facets:
            return self._ask_back(list(asked.context.options), facets, asked)
        return self.about(current, facets, asked) if current else self._ask_what(asked)

    def _in_context(self, text: str, current: str, found: Found, asked: Asked) -> Found:
        """'thế còn người trên 14 tuổi?': the same search with the procedure's name put before the words."""
        procedure = asked.knowledge.catalogue.get(current)
        if procedure is None or found.confidence >= OWN_SUBJECT:
            return found
        return asked.knowledge.searcher.search(f"{procedure.spoken_name} {text}")

    def _decide(self, found: Found, facets: tuple[Facet, ...], asked: Asked) -> Answered:
        hits = distinct([hit for hit in found.hits if hit.code in asked.knowledge.catalogue])
        codes = [hit.code for hit in hits]
        if found.decision is Decision.none or not hits:
            return self._not_found(codes, facets, asked)
        if found.decision is Decision.ambiguous and not _stands_out(found, hits):
            offered = {hit.code for hit in found.choices}
            return self._ask_back([code for code in codes if code in offered] or codes[:2], facets, asked)
        answered = self.about(codes[0], facets, asked, confidence=found.confidence)
        return answered if found.confidence >= SURE else self._with_others(answered, codes[1 : 1 + OTHERS], asked)

    def _with_others(self, answered: Answered, codes: list[str], asked: Asked) -> Answered:
        """A likely answer, and under it the procedures that it may be taken for."""
        outcome, context = answered
        procedures = [asked.knowledge.catalogue[code] for code in codes]
        others = Reply(text=say("clarify.others"), buttons=tuple(choices(procedures)))
        remembered = context.model_copy(update={"options": tuple(codes)})
        return outcome.model_copy(update={"replies": (*outcome.replies, others)}), remembered

    def about(self, code: str, facets: tuple[Facet, ...], asked: Asked, confidence: float | None = None) -> Answered:
        """The facets of one procedure, which becomes the one talked about."""
        procedure = asked.knowledge.catalogue.get(code)
        if procedure is None:
            return self._say("not_found", "not_found.gone", asked.context)
        reason = asked.knowledge.procedures_off.get(code)
        outcome = facts.answer(procedure, facets, asked.asker, confidence, reason)
        return outcome, asked.context.talking_of(code, tuple(map(Facet, outcome.turn.facets)))

    def choose(self, code: str, asked: Asked) -> Answered:
        """A candidate was picked: answer what was asked before we asked back, or begin what was to be filed."""
        if asked.context.asked_facets == TO_FILE:
            return self.start(code, asked)
        return self.about(code, asked.context.asked_facets or asked.context.facets or (Facet.overview,), asked)

    def choose_option(self, understanding: Understanding, asked: Asked) -> Answered:
        """'cái đầu tiên', 'số 2' of the options offered last."""
        options = asked.context.options
        place = option_number(understanding.text, len(options))
        if place is None:
            return (
                self.answer(understanding, asked)
                if follow_up.own_words(understanding.text)
                else self._which_option(asked)
            )
        return self.choose(options[place], asked)

    def _which_option(self, asked: Asked) -> Answered:
        if not asked.context.options:
            return self._ask_what(asked)
        outcome = self._options("clarify", say("choose.which"), asked.context.options, asked)
        return outcome, asked.context

    def _ask_back(self, codes: list[str], facets: tuple[Facet, ...], asked: Asked) -> Answered:
        if len(codes) == 1:
            return self.about(codes[0], facets, asked)
        difference = asked.knowledge.distinctions.between(codes)
        question = difference.ask if difference else say("clarify.ask")
        outcome = self._options("clarify", question, codes, asked, difference.labels if difference else None)
        return outcome, asked.context.offering(tuple(codes), facets)

    def _options(
        self,
        kind: str,
        text: str,
        codes: list[str] | tuple[str, ...],
        asked: Asked,
        labels: Mapping[str, str] | None = None,
    ) -> Outcome:
        procedures = [asked.knowledge.catalogue[code] for code in codes if code in asked.knowledge.catalogue]
        buttons = choices(procedures, labels)
        buttons.append(Button(title=say("button.none_of_these"), payload="n:"))
        listed = "\n".join(f"{number}. {button.title}" for number, button in enumerate(buttons[:-1], 1))
        turn = Turn(kind=kind, sources=tuple(facts.source_link(procedure) for procedure in procedures))
        return Outcome(replies=(Reply(text=f"{text}\n{listed}", buttons=(*buttons, facts.helper_button())),), turn=turn)

    def _not_found(self, codes: list[str], facets: tuple[Facet, ...], asked: Asked) -> Answered:
        context = asked.context.offering(tuple(codes[:NEAREST]), facets, missed=True)
        if context.misses >= 2:
            return self._say("not_found", "not_found.again", context, hotline=self._hotline)
        if not codes:
            return self._say("not_found", "not_found.text", context)
        return self._options("not_found", say("not_found.near"), codes[:NEAREST], asked), context

    def none_of_these(self, asked: Asked) -> Answered:
        """None of the options offered: another wording, or a person."""
        context = asked.context.offering((), asked.context.asked_facets, missed=True)
        return self._say("not_found", "not_found.again" if context.misses >= 2 else "not_found.text", context)

    def was_wrong(self, asked: Asked) -> Answered:
        """The citizen says that we answered something else than was asked: said twice, a person is offered."""
        told = asked.context
        if told.procedure is None and not told.options:
            return self.small_talk("deny", asked)
        count = told.complaints + 1
        context = told.offering((), told.facets, missed=True).mistaken(count)
        return self._say("not_found", "not_found.again" if count >= 2 else "not_found.wrong", context)

    def _ask_what(self, asked: Asked) -> Answered:
        return self._say("clarify", "not_found.nothing", asked.context)

    # ---- acts

    def start_submission(self, understanding: Understanding, asked: Asked) -> Answered:
        """Where to file online, and the papers to have ready."""
        if follow_up.own_words(understanding.text):
            found = asked.knowledge.searcher.search(understanding.text)
            if found.decision is Decision.ambiguous:
                return self._ask_back([hit.code for hit in found.choices], TO_FILE, asked)
            if found.decision is Decision.match:
                return self.start(found.hits[0].code, asked)
        if asked.context.procedure:
            return self.start(asked.context.procedure, asked)
        return self._say("journey", "journey.which", asked.context)

    def start(self, code: str, asked: Asked) -> Answered:
        """The way to file this procedure: the portal's page, or the desk."""
        procedure = asked.knowledge.catalogue.get(code)
        if procedure is None:
            return self._say("not_found", "not_found.gone", asked.context)
        outcome, context = self.about(code, (Facet.documents,), asked)
        key = "journey.not_online" if procedure.online_level == OnlineLevel.none else "journey.at_portal"
        lead = Reply(text=say(key, what=procedure.spoken_name, url=portal_url(procedure), code=code))
        turn = outcome.turn.model_copy(update={"kind": "journey"})
        return Outcome(replies=(lead, *outcome.replies), turn=turn), context

    def status(self, understanding: Understanding, asked: Asked) -> Answered:
        codes = understanding.entities.get("dossier_code", ())
        if codes:
            return self._say(
                "status", "status.with_code", asked.context, code=codes[0], url=PORTAL, hotline=self._hotline
            )
        return self._say("status", "status.text", asked.context, url=PORTAL, hotline=self._hotline)

    def pay(self, understanding: Understanding, asked: Asked) -> Answered:
        return self._say("payment", "payment.text", asked.context, url=PORTAL)

    def handoff(self, asked: Asked) -> Answered:
        ward = asked.context.ward
        key = "handoff.with_ward" if ward else "handoff.text"
        return self._say("handoff", key, asked.context, hotline=self._hotline, **({"ward": ward} if ward else {}))

    def petition(self, asked: Asked) -> Answered:
        return self._say("petition", "petition.text", asked.context, url=PORTAL)

    def give_place(self, understanding: Understanding, asked: Asked) -> Answered:
        """The citizen tells where they live: remembered when clear, asked back when several wards bear the name."""
        if len(understanding.text.split()) > MOST_WORDS_OF_A_PLACE:
            return self.answer(understanding, asked)
        reading = asked.knowledge.places.read(understanding.text)
        if len(reading.wards) == 1:
            return self._note_ward(reading.wards[0], asked.context)
        if len(reading.wards) > 1:
            return self._ask_ward(reading.wards, asked.context)
        if reading.province:
            context = asked.context.model_copy(update={"province": reading.province})
            return self._say("small_talk", "place.which_ward", context, province=reading.province)
        return self.answer(understanding, asked)

    def choose_ward(self, key: str, asked: Asked) -> Answered:
        """A ward was picked from those that bear the name."""
        ward = asked.knowledge.places.ward(key)
        return self._note_ward(ward, asked.context) if ward else self._ask_what(asked)

    def _note_ward(self, ward: Ward, context: Context) -> Answered:
        return self._say(
            "small_talk", "small_talk.place_noted", context.living_in(ward.name, ward.province), place=str(ward)
        )

    def _ask_ward(self, wards: tuple[Ward, ...], context: Context) -> Answered:
        if len(wards) > MOST_OPTIONS:
            return self._say("clarify", "place.too_many_wards", context)
        buttons = tuple(Button(title=clip(str(ward), 78), payload=f"w:{ward.key}") for ward in wards)
        return Outcome(replies=(Reply(text=say("place.which"), buttons=buttons),), turn=Turn(kind="clarify")), context

    # ---- everything that is not about a procedure

    def small_talk(self, intent: str, asked: Asked) -> Answered:
        return self._say("small_talk", f"small_talk.{intent}", asked.context)

    def decline(self, intent: str, asked: Asked) -> Answered:
        return self._say("declined", f"declined.{intent}", asked.context)

    def warn(self, asked: Asked) -> Answered:
        return self._say("safety", "safety", asked.context)

    def emergency(self, asked: Asked) -> Answered:
        return self._say("emergency", "emergency", asked.context)

    def unclear(self, asked: Asked) -> Answered:
        return self._say("small_talk", "small_talk.gibberish", asked.context)

    def _say(self, kind: str, key: str, context: Context, **values: object) -> Answered:
        buttons = () if kind in ("handoff", "emergency") else (facts.helper_button(),) if kind in _OFFERS_HELPER else ()
        return Outcome(replies=(Reply(text=say(key, **values), buttons=buttons),), turn=Turn(kind=kind)), context


TO_FILE = (Facet.online, Facet.documents)  # kept while we ask back which procedure is to be filed

_OFFERS_HELPER = frozenset({"not_found", "safety", "status", "payment", "declined"})


def _stands_out(found: Found, hits: list[Hit]) -> bool:
    """Whether the first is so much likelier than the next that answering helps more than asking."""
    if found.in_scope < PLAINLY_ASKED:
        return False
    return hits[0].score >= LIKELY and (len(hits) == 1 or hits[1].score <= MUCH_LESS * hits[0].score)
