"""Links between channels: who may link, how often a code works, and what is shared from then on."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.reply import Reply
from bot.linking.codes import new_code, read_bare, shown
from bot.linking.links import MOST_CHANNELS, Linked, Links, Offer, Refusal
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.submission.journey import Answer
from tests.clock import Clock
from tests.submission.journeys import curated
from tests.talk import answered
from tests.uploads import JPEG, upload

BIRTH = "1.001193"
TOLD = Reply(text="told")


@pytest.fixture
def links(store: Store) -> Links:
    return Links(store)


async def on(store: Store, channel: str, address: str | None = None) -> str:
    return (await store.start_conversation(channel, address))[0].id


async def link(links: Links, there: str, here: str) -> Linked:
    linked = await links.use(await links.issue(there), here, TOLD)
    assert isinstance(linked, Linked), linked
    return linked


def test_a_code_is_read_however_it_is_written() -> None:
    code = new_code()
    assert read_bare(shown(code).lower()) == read_bare(f" {code[:4]} {code[4:]} ") == code
    for other in ("", "12345678", "GIAYKHAI", "0912345678", "a" * 5_000, shown(code) + "2"):
        assert read_bare(other) is None, other[:20]


async def test_a_code_links_once(store: Store, links: Links) -> None:
    web, telegram, other = await on(store, "web"), await on(store, "telegram", "an"), await on(store, "telegram", "bo")
    code = await links.issue(web)
    assert await links.look_at(code, telegram) == Offer(web, "web")
    assert await links.use(code, telegram, TOLD) == Linked(web, "web")
    assert await links.use(code, other, TOLD) is Refusal.unknown
    assert await links.use(code, telegram, TOLD) is Refusal.unknown
    assert {row.id for row in await links.group(web)} == {web, telegram}
    assert [row.id for row in await links.group(other)] == [other]


async def test_a_forged_an_expired_and_a_replaced_code_are_refused_alike(
    store: Store, links: Links, clock: Clock
) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    replaced = await links.issue(web)
    expired = await links.issue(web)
    assert await links.use(replaced, telegram, TOLD) is Refusal.unknown
    assert await links.use(new_code(), telegram, TOLD) is Refusal.unknown
    clock.advance(minutes=11)
    assert await links.use(expired, telegram, TOLD) is Refusal.unknown
    void = await links.issue(web)
    await links.void(void)
    assert await links.use(void, telegram, TOLD) is Refusal.unknown


async def test_its_own_code_and_a_second_link_are_told_apart(store: Store, links: Links) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    code = await links.issue(web)
    assert await links.use(code, web, TOLD) is Refusal.own
    assert isinstance(await links.use(code, telegram, TOLD), Linked)
    assert await links.use(await links.issue(web), telegram, TOLD) is Refusal.already


async def test_of_two_at_once_one_links(store: Store, links: Links) -> None:
    web = await on(store, "web")
    others = [await on(store, "telegram", name) for name in ("an", "bo", "chi", "du")]
    code = await links.issue(web)
    results = await asyncio.gather(*(links.use(code, one, TOLD) for one in others))
    assert sum(isinstance(result, Linked) for result in results) == 1
    assert len(await links.group(web)) == 2


async def test_two_that_link_each_other_at_once_end_up_linked(store: Store, links: Links) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    codes = await links.issue(web), await links.issue(telegram)
    await asyncio.gather(links.use(codes[0], telegram, TOLD), links.use(codes[1], web, TOLD), return_exceptions=True)
    assert {row.id for row in await links.group(web)} == {web, telegram}


async def test_groups_become_one_up_to_a_bound(store: Store, links: Links) -> None:
    all_of_them = [await on(store, "telegram", str(number)) for number in range(MOST_CHANNELS + 1)]
    first, second, *rest, last = all_of_them
    await link(links, first, second)
    await link(links, rest[0], rest[1])
    await link(links, second, rest[1])
    for one in rest[2:]:
        await link(links, first, one)
    assert len(await links.group(rest[0])) == MOST_CHANNELS
    assert await links.use(await links.issue(first), last, TOLD) is Refusal.too_many


async def test_whose_code_it_was_is_told_in_the_same_step(store: Store, links: Links) -> None:
    telegram, web = await on(store, "telegram", "an"), await on(store, "web")
    linked = await link(links, telegram, web)
    assert linked.rings == ("telegram",)
    assert (await store.history(telegram))[-1]["replies"][0]["text"].startswith("told")


async def test_a_draft_begun_on_one_goes_on_on_the_other(store: Store, links: Links) -> None:
    web, telegram, stranger = await on(store, "web"), await on(store, "telegram", "an"), await on(store, "web")
    dossiers = Dossiers(store, draft_days=30)
    draft = await dossiers.begin(web, curated()[BIRTH])
    assert await dossiers.find(telegram, draft.id) is None
    await link(links, web, telegram)
    assert (await dossiers.find(telegram, draft.tag)).id == draft.id
    assert (await dossiers.begin(telegram, curated()[BIRTH])).id == draft.id, "no second draft of the same thing"
    assert [one.id for one in await dossiers.drafts(telegram)] == [draft.id]
    await dossiers.save(await dossiers.find(telegram, draft.id), {"filer": Answer("mother", "Mẹ")}, b"1")
    assert (await dossiers.find(web, draft.id)).answers["filer"].value == "mother"
    for outside in (stranger,):
        assert await dossiers.find(outside, draft.id) is None and await dossiers.drafts(outside) == []


async def test_the_memory_goes_where_the_citizen_goes(store: Store, links: Links, clock: Clock) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    await answered(store, telegram, "hỏi khai sinh", "đáp", message_id="1", context={"procedure": BIRTH})
    assert (await store.memory(web)).context == {}
    await link(links, telegram, web)
    assert (await store.memory(web)).context["procedure"] == BIRTH
    clock.advance(minutes=1)
    await answered(store, web, "hỏi kết hôn", "đáp", message_id="2", context={"procedure": "1.000894"})
    assert (await store.memory(telegram)).context["procedure"] == "1.000894"


async def test_a_notice_goes_where_the_citizen_answered_last_and_can_be_reached(
    store: Store, links: Links, clock: Clock
) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    await link(links, telegram, web)
    clock.advance(minutes=1)
    await answered(store, web, "chào", "chào bạn", message_id="1")
    assert await store.where_to_tell(telegram) == web
    clock.advance(hours=2)
    assert await store.where_to_tell(telegram) == await store.where_to_tell(web) == telegram, "the page was left"
    await store.close_conversation("telegram", "an")
    assert await store.where_to_tell(telegram) == web
    assert await store.where_to_tell(await on(store, "web")) not in (web, telegram)


async def test_unlinked_each_stands_alone_again(store: Store, links: Links) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    draft = await Dossiers(store, 30).begin(web, curated()[BIRTH])
    await link(links, web, telegram)
    assert await links.leave(telegram) and not await links.leave(telegram) and not await links.leave(web)
    assert await Dossiers(store, 30).find(telegram, draft.id) is None
    assert await Dossiers(store, 30).find(web, draft.id)


async def test_erasing_one_leaves_the_other_and_unlinks(store: Store, links: Links) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    dossiers = Dossiers(store, 30)
    here, there = await dossiers.begin(web, curated()[BIRTH]), await dossiers.begin(telegram, curated()["1.000894"])
    await link(links, web, telegram)
    await store.erase(web)
    assert await dossiers.find(web, here.id) is None and await dossiers.find(web, there.id) is None
    assert await dossiers.find(telegram, there.id)
    assert [row.id for row in await links.group(telegram)] == [telegram]
    assert (await store.memory(web)).context == {}


async def test_a_code_of_an_erased_conversation_links_nothing(store: Store, links: Links) -> None:
    web, telegram = await on(store, "web"), await on(store, "telegram", "an")
    code = await links.issue(web)
    await store.erase(web, is_final=True)
    assert await links.use(code, telegram, TOLD) is Refusal.unknown


async def test_a_file_sent_elsewhere_belongs_to_its_dossier_and_stays_with_it(store: Store, links: Links) -> None:
    web, telegram, stranger = await on(store, "web"), await on(store, "telegram", "an"), await on(store, "web")
    dossiers, files = Dossiers(store, draft_days=30), Attachments(store, store.settings)
    draft = await dossiers.begin(web, curated()[BIRTH])
    await link(links, web, telegram)
    sent, other, strange = [await files.accept(one, "a.jpg", upload(JPEG)) for one in (telegram, telegram, stranger)]
    assert await files.all_belong(web, [sent.id, other.id]) and not await files.all_belong(web, [strange.id])
    question = next(one.id for one in curated()[BIRTH].questions if one.kind == "file")
    named = Answer(f"{sent.id},{strange.id}", "2 tệp")
    await dossiers.save(await dossiers.find(telegram, draft.id), {question: named}, b"1")
    await store.erase(telegram)
    assert await files.find(web, sent.id) and await files.find(web, other.id) is None
    assert (await files.find(stranger, strange.id)).conversation_id == stranger, "a name alone moves nobody's file"
