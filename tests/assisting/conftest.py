"""A citizen with a chat, and a helper of the ward, on the database of the test."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from bot.assisting import codes
from bot.assisting.asking import Asking
from bot.assisting.consents import Consents
from bot.assisting.session import Session
from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply
from bot.dialogue import distinctions
from bot.dialogue.guide import Guide
from bot.dialogue.turn import Turns
from bot.events import Events
from bot.flows import Gateway
from bot.handoff.people import Helper
from bot.store import Store
from bot.stories.assisting import Assisting, Sheet
from bot.submission.dossier import Dossier
from bot.submission.dossiers import Dossiers
from bot.switches import Switches
from knowledge.catalogue import Catalogue
from knowledge.library import Library, Snapshot
from tests.clock import Clock
from tests.handoff.world import HOA, World
from tests.submission.filer import DAYS, filing_on
from tests.submission.journeys import TODAY, all_places, curated
from tests.submission.test_turns import BIRTH, FakeDialogue, NoLife

_numbers = itertools.count(1)


@dataclass
class Room:
    """The gateway with helper mode, without Rasa and without pages."""

    store: Store
    clock: Clock
    world: World
    helper: Helper = field(init=False)
    session_id: str = ""

    def __post_init__(self) -> None:
        guide, filing = Guide("1800 1096"), filing_on(self.store)
        library = Library(self.store.settings.data_dir, Snapshot("test", Catalogue(curated().values()), searcher=None))
        turns = Turns(
            dialogue=FakeDialogue(guide),
            guide=guide,
            filing=filing,
            life=NoLife(),
            library=library,
            switches=Switches(self.store),
            distinctions=distinctions.load(),
            places=all_places(),
            today=lambda: TODAY,
            hotline="1800 1096",
        )
        self.dossiers = Dossiers(self.store, DAYS)
        self.gateway = Gateway(self.store, turns, Events(), "1800 1096")
        services = SimpleNamespace(
            store=self.store, dossiers=self.dossiers, gateway=self.gateway, library=library, switches=turns._switches
        )
        self.consents = Consents(self.store)
        self.assisting = Assisting(services, filing, self.consents, self.world.directory.helper)
        asking = Asking(self.consents, self.assisting.describe)

        async def first(heard, context):
            outcome = await asking.take(heard)
            return (outcome, context) if outcome else None

        turns.ask_first(first)

    # ---- the citizen

    async def hears(self, text: str | None = None, payload: str | None = None, sender: str = "an") -> Outcome:
        conversation = await self.store.conversation_for("telegram", sender)
        inbound = Inbound("telegram", sender, f"m{next(_numbers)}", text=text, payload=payload)
        return await self.gateway.on_message(conversation, inbound, deliver=True)

    async def told(self, sender: str = "an") -> list[Reply]:
        conversation = await self.store.conversation_for("telegram", sender)
        lines = await self.store.history(conversation.id, limit=500)
        return [Reply.model_validate(reply) for line in lines for reply in line.get("replies", ())]

    # ---- the helper

    async def session(self) -> Session:
        return await self.consents.find(self.session_id)

    async def code(self, procedure: str = BIRTH) -> str:
        self.session_id, code = await self.consents.begin(self.helper.id, procedure)
        return code

    async def agreed(self, procedure: str = BIRTH) -> Room:
        """A consent that holds, and the dossier begun."""
        asked = await self.hears(f"giúp {await self.code(procedure)}")
        number = number_in(await self.hears(payload=asked.replies[0].buttons[0].payload))
        await self.consents.prove(self.session_id, codes.read_number(number))
        await self.assisting.begin(await self.session(), self.helper)
        return self

    async def types(self, text: str | None = None, payload: str | None = None, **more: str) -> Sheet:
        message_id = more.pop("message_id", str(next(_numbers)))
        question_id = more.pop("question_id", None)
        await self.assisting.answer(await self.session(), message_id, text, payload, question_id)
        return await self.sheet()

    async def sheet(self) -> Sheet:
        return await self.assisting.sheet(await self.session())

    async def all_told(self) -> Sheet:
        """Every question answered by its example, what may be left out left out."""
        sheet = await self.sheet()
        while not sheet.is_ready:
            presses = [one.payload for one in sheet.buttons]
            skip = next((one for one in presses if one.startswith(("j:skip", "a:"))), None)
            step = (await self.dossier()).path.waiting
            sheet = await (self.types(payload=skip) if skip else self.types(step.question.example))
        return sheet

    async def dossier(self) -> Dossier:
        return await self.dossiers.open_by_id((await self.session()).dossier_id)


def number_in(outcome: Outcome) -> str:
    return re.search(r"\d{3} \d{3}", outcome.replies[0].text)[0]


@pytest.fixture
def database_url() -> str:
    """SQLite; what differs between databases is walked once in test_databases.py."""
    return ""


@pytest.fixture
async def room(store: Store, clock: Clock) -> Room:
    made = Room(store, clock, await World(store, clock).peopled())
    made.helper = await made.world.helper(HOA)
    return made
