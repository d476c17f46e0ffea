"""What becomes of a Zalo event: verified and stored at the door, later handed in as a citizen's message."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from bot.channels import zalo_events, zalo_metrics
from bot.channels.inbound import Inbound
from bot.channels.reply import Reply
from bot.channels.zalo_events import Event, RemoteFile
from bot.channels.zalo_inbox import CHANNEL, KEPT, ZaloInbox
from bot.channels.zalo_numbers import last_buttons
from bot.channels.zalo_render import number_said, numbered
from bot.channels.zalo_signature import is_genuine
from bot.conversation import Conversation
from bot.store import Store
from bot.wording import say

log = logging.getLogger(__name__)

# Turns and webhooks share a processor, and Zalo waits two seconds only: few turns are taken at once (fetching files
# waits elsewhere), and one begins while no webhook is being stored.
TURNS_AT_ONCE = 4
MOST_PATIENCE_SECONDS = 0.5
GREETING = "/start"  # the control word that greets, and reminds of a question that waits


class FileTrouble(Exception):
    """A citizen's file cannot be kept; `reply` tells them why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("a file was not kept")
        self.reply = reply


@dataclass(frozen=True)
class Stories:
    """What the rest of the house does with what comes in."""

    on_message: Callable[[Conversation, Inbound], Awaitable[object]]
    keep_file: Callable[[str, RemoteFile], Awaitable[str]]  # conversation → attachment id; raises FileTrouble
    # Name, phone … that a citizen shared: the button to hand in for it; None: it is heard as if it had been typed.
    on_shared: Callable[[str, dict[str, str]], Awaitable[str | None]] | None = None
    # A message to a telephone number has arrived there: by the id that we gave it.
    on_arrived: Callable[[str], Awaitable[None]] | None = None


class ZaloDoor:
    """`judge` and `put` are the webhook's, quick; `take` is for the inbox, in order per citizen."""

    def __init__(self, store: Store, inbox: ZaloInbox, stories: Stories, app_id: str, secret: str) -> None:
        self._store, self._inbox, self._stories = store, inbox, stories
        self._app_id, self._secret = app_id, secret
        self._turns = asyncio.Semaphore(TURNS_AT_ONCE)
        self._storing = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()

    @property
    def is_open(self) -> bool:
        return bool(self._secret)  # a blank secret would verify what anybody signs

    def judge(self, body: bytes, signature: str | None) -> Event | None:
        """The event if it is genuine; None if there is no signature at all (the console's test). Raises NoEvent,
        Forged."""
        if signature is None:
            zalo_metrics.event("unknown", "unsigned")
            return None
        raw = zalo_events.read_json(body)
        if not is_genuine(signature, self._app_id, body, zalo_events.timestamp_of(raw), self._secret):
            raise Forged
        return zalo_events.read(raw)

    async def put(self, event: Event, body: bytes) -> bool:
        """Stores what has to be acted on; whether it was new. What is merely of interest is counted."""
        if event.tracking_id and self._stories.on_arrived:
            await self._stories.on_arrived(event.tracking_id)
        if event.name in zalo_events.ONLY_COUNTED or (event.is_echo and not event.admin_id):
            zalo_metrics.event(event.name, "counted")
            return False
        if self._is_stale(event):
            zalo_metrics.event(event.name, "too old")
            return False
        with self._busy():
            is_for_somebody = event.is_known and event.citizen is not None
            conversation = await self._store.conversation_for(CHANNEL, event.citizen) if is_for_somebody else None
            is_new = await self._inbox.put(event.key, conversation and conversation.id, body, event.is_interaction)
        zalo_metrics.event(event.name, "stored" if is_new else "repeated")
        return is_new

    @contextlib.contextmanager
    def _busy(self) -> Iterator[None]:
        self._storing += 1
        self._is_quiet.clear()
        try:
            yield
        finally:
            self._storing -= 1
            if not self._storing:
                self._is_quiet.set()

    async def _quiet(self, patience_seconds: float) -> None:
        """Returns when no event is being stored, or patience has ended."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._is_quiet.wait()

    def _is_stale(self, event: Event) -> bool:
        """Older than what we remember of earlier copies: it could be a replay. A clock that is wrong by hours, ours or
        theirs, must not lose what a citizen says."""
        if not event.timestamp.isdigit() or len(event.timestamp) > 15:
            return False
        skew = self._store.clock().timestamp() - int(event.timestamp) / 1000
        zalo_metrics.clock_skew(skew)
        return skew > KEPT.total_seconds()

    # ---- later, in order

    async def take(self, conversation_id: str, body: bytes, is_last_try: bool) -> None:
        """Acts on a stored event. Raises what the stories raise; then it is tried again."""
        conversation = await self._store.conversation(conversation_id)
        if conversation is None or not body:
            return
        event = zalo_events.read(zalo_events.read_json(body))
        if conversation.address is None and event.citizen:  # everything was erased since: it begins anew
            conversation = await self._store.conversation_for(CHANNEL, event.citizen)
        if event.name == "unfollow":
            await self._store.close_conversation(CHANNEL, event.citizen or "")
        elif event.is_echo:
            await self._note_operator(conversation, event)
        elif event.name == "follow":
            await self._hand_in(conversation, event, text=GREETING)
        elif event.name == "user_submit_info":
            await self._shared(conversation, event)
        else:
            await self._message(conversation, event, is_last_try)

    async def _message(self, conversation: Conversation, event: Event, is_last_try: bool) -> None:
        if event.place is not None and event.text is None:
            await self._say(conversation, say("zalo.which_ward"), event)
            return
        ids = await self._keep_files(conversation, event, is_last_try)
        if event.files and not ids and event.text is None:
            return  # the citizen has been told why
        await self._hand_in(conversation, event, text=event.text, payload=event.payload, attachment_ids=ids)

    async def _keep_files(self, conversation: Conversation, event: Event, is_last_try: bool) -> tuple[str, ...]:
        ids = []
        for file in event.files:
            try:
                ids.append(await self._stories.keep_file(conversation.id, file))
            except FileTrouble as trouble:
                await self._push(conversation, trouble.reply)
            except Exception:
                if not is_last_try:
                    raise
                log.exception("a citizen's file could not be fetched")
                await self._push(conversation, Reply(text=say("zalo.file_lost")))
        return tuple(ids)

    async def _hand_in(
        self,
        conversation: Conversation,
        event: Event,
        text: str | None = None,
        payload: str | None = None,
        attachment_ids: tuple[str, ...] = (),
    ) -> None:
        if text is not None and payload is None:
            payload = await self._numbered(conversation, text)
        inbound = Inbound(
            channel=CHANNEL,
            sender=conversation.address or "",
            message_id=event.message_id or f"{event.name}.{event.timestamp}",
            text=None if payload else text,
            payload=payload,
            attachment_ids=attachment_ids,
        )
        async with self._turns:
            await self._quiet(MOST_PATIENCE_SECONDS)
            await self._stories.on_message(conversation, inbound)

    async def _numbered(self, conversation: Conversation, text: str) -> str | None:
        """The button that "3" means, when what we said last with buttons was a numbered list."""
        number = number_said(text)
        return None if number is None else numbered(number, await last_buttons(self._store, conversation.id))

    async def _note_operator(self, conversation: Conversation, event: Event) -> None:
        """A person wrote in the account's own chat window: it stands in the history as a person's."""
        text = event.text or say("zalo.operator_sent_file")
        reply = Reply(text=text, from_person=say("zalo.operator"))
        if await self._store.first_time(CHANNEL, event.key):
            await self._store.push(conversation.id, reply, deliver=False)

    async def _shared(self, conversation: Conversation, event: Event) -> None:
        shared = self._stories.on_shared
        payload = await shared(conversation.id, event.shared) if shared else None
        if payload is not None:
            await self._hand_in(conversation, event, payload=payload)
            return
        places = [event.shared[name] for name in ("ward", "district", "province") if name in event.shared]
        text = ", ".join(places) or event.shared.get("phone")
        await self._hand_in(conversation, event, text=text)

    async def _say(self, conversation: Conversation, text: str, event: Event) -> None:
        if await self._store.first_time(CHANNEL, event.key):
            await self._push(conversation, Reply(text=text))

    async def _push(self, conversation: Conversation, reply: Reply) -> None:
        await self._store.push(conversation.id, reply)


class Forged(Exception):
    """The signature is not Zalo's."""
