"""A number that a citizen shared as their own: an answer where a question waits for one, else confirmed."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from bot.channels.inbound import Inbound
from bot.channels.telegram import CHANNEL as TELEGRAM
from bot.channels.telegram import Share
from bot.dialogue.context import Context
from bot.linking.by_phone import CONFIRMED, ENOUGH, OTHERS
from bot.linking.phones import Phones, plain
from bot.store import Store
from bot.submission.journey import ROUND_MARK
from knowledge.library import Library


class SharedPhones:
    """The doors' one place for it. What is confirmed is handed in as a button, so that no message holds the number."""

    def __init__(self, store: Store, library: Library) -> None:
        self._store, self._library, self._phones = store, library, Phones(store)

    async def is_asked_for(self, conversation_id: str) -> bool:
        """Whether a journey's question, or a petition, waits for a number: then it is the answer, as if typed."""
        context = Context.model_validate((await self._store.memory(conversation_id)).context)
        if context.petition is not None or context.escalating.asks == "callback":
            return True
        if not context.is_asked:
            return False
        procedure = self._library.snapshot.catalogue.get(context.underway.procedure)
        asked = (context.underway.question or "").partition(ROUND_MARK)[0]
        questions = procedure.questions if procedure else ()
        # What follows the procedure's own questions (where to send the paper) is known by its name only.
        return asked.endswith("phone") or any(one.kind == "phone" and one.id == asked for one in questions)

    async def payload(self, conversation_id: str, phone: str) -> str:
        """What to hand in once the number has been confirmed."""
        number = plain(phone)
        if number is None:
            return OTHERS
        return CONFIRMED if await self._phones.confirm(conversation_id, number) else ENOUGH


def telegram_share(shared: SharedPhones, store: Store) -> Share:
    async def share(inbound: Inbound, phone: str | None) -> Inbound:
        if phone is None:
            return dataclasses.replace(inbound, payload=OTHERS)
        if await store.earlier(inbound) is not None:
            return inbound  # a second copy: its first outcome is told again
        conversation = await store.conversation_for(TELEGRAM, inbound.sender)
        if await shared.is_asked_for(conversation.id):
            return dataclasses.replace(inbound, text=plain(phone) or phone)
        return dataclasses.replace(inbound, payload=await shared.payload(conversation.id, phone))

    return share


def zalo_on_shared(shared: SharedPhones) -> Callable[[str, dict[str, str]], Awaitable[str | None]]:
    async def on_shared(conversation_id: str, told: dict[str, str]) -> str | None:
        """The button to hand in; None: what was shared is heard as if it had been typed."""
        phone = told.get("phone")
        if phone is None or await shared.is_asked_for(conversation_id):
            return None
        return await shared.payload(conversation_id, phone)

    return on_shared
