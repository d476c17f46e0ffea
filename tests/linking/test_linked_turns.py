"""One citizen on two channels: the same journey goes on, and what is erased is really erased."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome
from bot.dialogue import distinctions
from bot.dialogue.guide import Guide
from bot.dialogue.turn import Turns
from bot.events import Events
from bot.flows import Gateway
from bot.store import Store
from bot.stories.beside import connect_beside
from bot.submission.dossiers import Dossiers
from bot.switches import Switches
from knowledge.catalogue import Catalogue
from knowledge.library import Library, Snapshot
from tests.submission.filer import DAYS, filing_on
from tests.submission.journeys import TODAY, all_places, curated
from tests.submission.test_turns import BIRTH, FakeDialogue, NoLife

_numbers = itertools.count(1)


class Channels:
    """The gateway with its room of links, and two channels of one citizen."""

    def __init__(self, store: Store) -> None:

        guide, events = Guide("1800 1096"), Events()
        library = Library(store.settings.data_dir, Snapshot("test", Catalogue(curated().values()), searcher=None))
        turns = Turns(
            dialogue=FakeDialogue(guide),
            guide=guide,
            filing=filing_on(store),
            life=NoLife(),
            library=library,
            switches=Switches(store),
            distinctions=distinctions.load(),
            places=all_places(),
            today=lambda: TODAY,
            hotline="1800 1096",
        )
        self.store, self.outcome = store, None
        self.gateway = Gateway(store, turns, events, "1800 1096")
        connect_beside(SimpleNamespace(store=store, events=events, settings=store.settings), turns)

    async def hears(self, channel: str, text: str | None = None, payload: str | None = None) -> Outcome:
        conversation = await self.store.conversation_for(channel, "an")
        inbound = Inbound(channel, "an", f"m{next(_numbers)}", text=text, payload=payload)
        self.outcome = await self.gateway.on_message(conversation, inbound, deliver=True)
        return self.outcome

    async def link(self, there: str, here: str) -> None:
        issued = (await self.hears(there, "liên kết")).replies[0].text
        code = issued.split("Mã liên kết của bạn: ")[1].split("\n")[0]
        await self.hears(here, f"liên kết {code}")
        await self.hears(here, payload=self.outcome.replies[0].buttons[0].payload)

    @property
    def asked(self) -> str | None:
        return self.outcome.turn.question.id if self.outcome.turn.question else None

    async def id(self, channel: str) -> str:
        return (await self.store.conversation_for(channel, "an")).id


@pytest.fixture
def channels(store: Store) -> Channels:
    return Channels(store)


async def test_a_journey_goes_back_and_forth_between_channels(channels: Channels, store: Store) -> None:
    await channels.hears("telegram", payload=f"s:{BIRTH}")
    first = channels.asked
    await channels.link("telegram", "zalo")
    assert channels.asked == first, "the question that waits is asked again where the citizen is now"
    await channels.hears("zalo", "mẹ")
    second = channels.asked
    assert second not in (None, first)
    await channels.hears("telegram", "làm tiếp")
    assert channels.asked == second
    [draft] = await Dossiers(store, DAYS).drafts(await channels.id("zalo"))
    assert "filer" in draft.answers and draft.conversation_id == await channels.id("telegram")


@pytest.mark.parametrize("channel", ["telegram", "zalo"])
async def test_who_leaves_in_the_middle_of_a_journey_finds_the_question_again(channels: Channels, channel: str) -> None:
    await channels.hears(channel, payload=f"s:{BIRTH}")
    await channels.hears(channel, "mẹ")
    waiting, before = channels.asked, await channels.id(channel)
    assert waiting is not None
    await channels.store.close_conversation(channel, "an")
    await channels.hears(channel, "/start")
    await channels.hears(channel, "làm tiếp")
    assert channels.asked == waiting and await channels.id(channel) == before
    [draft] = await Dossiers(channels.store, DAYS).drafts(before)
    assert "filer" in draft.answers


async def test_forget_me_in_a_channel_of_its_own_erases_every_word(channels: Channels, store: Store) -> None:
    await channels.hears("telegram", payload=f"s:{BIRTH}")
    await channels.hears("telegram", "mẹ")
    await channels.hears("telegram", "xóa dữ liệu")
    lines = await store.history(await channels.id("telegram"))
    assert [line["direction"] for line in lines] == ["out"] and "đã xóa" in lines[0]["replies"][0]["text"]
    assert await Dossiers(store, DAYS).drafts(await channels.id("telegram")) == []
    assert (await store.memory(await channels.id("telegram"))).context == {}


@pytest.mark.parametrize(("what", "is_left"), [("lk:all", False), ("lk:here", True), ("lk:keep", True)])
async def test_forget_me_in_linked_channels_reaches_as_far_as_was_chosen(
    channels: Channels, store: Store, what: str, is_left: bool
) -> None:
    await channels.hears("telegram", payload=f"s:{BIRTH}")
    await channels.link("telegram", "zalo")
    await channels.hears("zalo", "xóa dữ liệu")
    assert len(await Dossiers(store, DAYS).drafts(await channels.id("telegram"))) == 1, "asked first"
    await channels.hears("zalo", payload=what)
    assert bool(await Dossiers(store, DAYS).drafts(await channels.id("telegram"))) == is_left
    assert len(await store.linked(await channels.id("zalo"))) == (what == "lk:keep")
    assert bool((await store.memory(await channels.id("telegram"))).context) == is_left
