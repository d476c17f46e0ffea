"""The rooms that stand beside the procedures, put together: links, petitions, what is genuine."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.dialogue import controls
from bot.dialogue.context import Context
from bot.dialogue.guide import Answered
from bot.dialogue.turn import Turns
from bot.genuine.checking import Checking, check_button
from bot.genuine.codes import NoticeCodes
from bot.linking.by_phone import ByPhone
from bot.linking.linking import Linking
from bot.linking.links import Links
from bot.linking.phones import Phones
from bot.petitions.petitions import Petitions
from bot.petitions.telling import start_button
from bot.petitions.writing import Writing, Written
from bot.services import Services
from bot.underway import Heard
from knowledge import places


def connect_beside(services: Services, turns: Turns) -> None:
    """From now on these rooms take the messages that are theirs."""
    store = services.store
    linking = Linking(Links(store), services.events.publish, store.ring, _is_erasure)
    by_phone = ByPhone(Phones(store), services.events.publish, store.ring)

    async def link(heard: Heard, context: Context) -> Answered | None:
        done = await linking.take(heard) or await by_phone.take(heard)
        if done is None:
            return None
        outcome, memory = done
        if outcome.erases:
            return outcome, Context()
        if memory is not None and context.underway is None:  # a journey begun here is not left for the other one
            context = Context.model_validate((await store.memory(memory)).context)
        return outcome, context

    turns.ask_first(link)
    _connect_checking(services, turns)
    _connect_petitions(services, turns)


def _connect_checking(services: Services, turns: Turns) -> None:
    own_host = urlsplit(services.settings.public_url).hostname or ""
    services.checking = Checking(NoticeCodes(services.store), own_host, services.settings.hotline)

    async def check(heard: Heard, context: Context) -> Answered | None:
        is_control = heard.text is not None and _is_control(heard.text)
        checked = await services.checking.take(heard, context.checks_next and not is_control)
        if checked is None:
            return None
        return checked.outcome, context.model_copy(update={"checks_next": checked.waits})

    async def offered(heard: Heard, answered: Answered) -> Answered | None:
        """Below a warning: the message that was received can be looked at."""
        outcome, context = answered
        *others, last = outcome.replies
        last = last.model_copy(update={"buttons": (*last.buttons, check_button())})
        return outcome.model_copy(update={"replies": (*others, last)}), context

    turns.ask_first(check)
    turns.hand_to("safety", offered)


def _connect_petitions(services: Services, turns: Turns) -> None:
    store = services.store
    services.petitions = Petitions(store, services.events.publish)
    writing = Writing(services.petitions, places.load(), store.clock, services.settings.hotline, _is_control)

    async def petition(heard: Heard, context: Context) -> Answered | None:
        written = await writing.take(heard, context.petition)
        return written and (written.outcome, _remembered(written, context))

    async def offered(heard: Heard, answered: Answered) -> Answered | None:
        """What is the matter is written down at once; who only asks hears that it can be written here."""
        outcome, context = answered
        written = await writing.begin_with(heard, context.petition)
        if written is not None:
            return written.outcome, _remembered(written, context)
        *others, last = outcome.replies
        last = last.model_copy(update={"buttons": (start_button(), *last.buttons)})
        return outcome.model_copy(update={"replies": (*others, last)}), context

    turns.ask_first(petition)
    turns.hand_to("petition", offered)


def _remembered(written: Written, context: Context) -> Context:
    """While a petition is written a dossier's question waits; it is asked again when the petition is done."""
    underway = context.underway
    if underway is not None and (written.petition or written.goes_on):
        underway = underway.model_copy(update={"is_paused": not written.goes_on})
    return context.model_copy(update={"petition": written.petition, "underway": underway})


def _is_control(text: str) -> bool:
    return controls.read_text(text) is not None


def _is_erasure(text: str) -> bool:
    return isinstance(controls.read_text(text), controls.EraseData)
