"""Drafts are kept sealed, changed only by who read the last change, moved by a code, and end."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.conversation import Conversation
from bot.privacy import KeyRing, new_key
from bot.store import Store, UnknownConversation, open_store
from bot.submission.attachments import Attachments
from bot.submission.dossier import Dossier, Status, new_code, read_code
from bot.submission.dossiers import Changed, Dossiers, DraftInTheWay
from bot.tables import dossiers as table
from bot.tables import frozen_procedures
from tests.clock import Clock
from tests.submission.journeys import curated, told
from tests.uploads import JPEG, upload

BIRTH, STAY = "1.001193", "1.004194"
DAYS = 30


@pytest.fixture
def dossiers(store: Store) -> Dossiers:
    return Dossiers(store, DAYS)


@pytest.fixture
async def conversation(store: Store) -> Conversation:
    return (await store.start_conversation("web"))[0]


@pytest.fixture
async def draft(dossiers: Dossiers, conversation: Conversation) -> Dossier:
    return await dossiers.begin(conversation.id, curated()[BIRTH])


async def count(store: Store, what: sa.Table) -> int:
    select = sa.select(sa.func.count()).select_from(what)
    return await store.database.read(lambda connection: connection.execute(select).scalar_one())


async def test_a_draft_is_begun_once_per_conversation_and_procedure(
    dossiers: Dossiers, draft: Dossier, conversation: Conversation, store: Store
) -> None:
    again = await asyncio.gather(*(dossiers.begin(conversation.id, curated()[BIRTH]) for _ in range(5)))
    assert {one.id for one in again} == {draft.id}
    other = await dossiers.begin(conversation.id, curated()[STAY])
    assert other.id != draft.id
    assert await count(store, table) == 2


async def test_many_may_begin_at_once(dossiers: Dossiers, conversation: Conversation) -> None:
    begun = await asyncio.gather(*(dossiers.begin(conversation.id, curated()[BIRTH]) for _ in range(6)))
    assert len({one.id for one in begun}) == 1


async def test_no_dossier_is_begun_for_a_conversation_that_is_not_there(dossiers: Dossiers) -> None:
    with pytest.raises(UnknownConversation):
        await dossiers.begin("0" * 32, curated()[BIRTH])


async def test_answers_come_back_after_a_restart(
    dossiers: Dossiers, draft: Dossier, store_settings, clock: Clock
) -> None:
    await dossiers.save(draft, told(filer="mother", child_name="Nguyễn Minh An"), b"m1")
    again = await open_store(store_settings, clock)
    found = await Dossiers(again, DAYS).find(draft.conversation_id, draft.id)
    assert found.answers == told(filer="mother", child_name="Nguyễn Minh An")
    assert (found.version, found.last_change, found.path.waiting.id) == (2, b"m1", "child_birth_date")
    await again.close()


async def test_answers_are_sealed_for_their_own_row(dossiers: Dossiers, draft: Dossier, store: Store) -> None:
    await dossiers.save(draft, told(child_name="Nguyễn Minh An"), b"m1")
    row = await store.database.read(lambda connection: connection.execute(sa.select(table)).one())
    assert not any(b"Minh An" in value for value in row if isinstance(value, bytes))


async def test_what_a_save_returns_is_what_a_reader_finds(dossiers: Dossiers, draft: Dossier) -> None:
    saved = await dossiers.save(draft, told(filer="mother"), b"m1")
    assert saved == await dossiers.find(draft.conversation_id, draft.id)
    agreed = await dossiers.consent(saved, b"m2")
    assert agreed == await dossiers.find(draft.conversation_id, draft.id)


async def test_of_two_who_read_the_same_only_one_writes(dossiers: Dossiers, draft: Dossier) -> None:
    await dossiers.save(draft, told(filer="mother"), b"m1")
    with pytest.raises(Changed):
        await dossiers.save(draft, told(filer="father"), b"m2")
    found = await dossiers.find(draft.conversation_id, draft.id)
    assert found.answers == told(filer="mother")


async def test_many_at_once_never_lose_or_mix_answers(dossiers: Dossiers, draft: Dossier) -> None:
    async def write(name: str) -> None:
        while True:
            read = await dossiers.find(draft.conversation_id, draft.id)
            try:
                await dossiers.save(read, {**read.answers, **told(**{name: name})}, name.encode())
                return
            except Changed:
                continue

    await asyncio.gather(*(write(f"q{number}") for number in range(12)))
    found = await dossiers.find(draft.conversation_id, draft.id)
    assert sorted(found.answers) == sorted(f"q{number}" for number in range(12))
    assert found.version == 13


async def test_the_procedure_stays_as_it_was_read(
    dossiers: Dossiers, draft: Dossier, store: Store, conversation: Conversation
) -> None:
    changed = curated()[BIRTH].model_copy(update={"questions": curated()[BIRTH].questions[2:4]})
    assert (await dossiers.begin(conversation.id, changed)).procedure.questions == curated()[BIRTH].questions
    other = (await store.start_conversation("web"))[0]
    assert len((await dossiers.begin(other.id, changed)).procedure.questions) == 2
    fresh = await Dossiers(store, DAYS).find(conversation.id, draft.id)
    assert fresh.procedure == curated()[BIRTH]


async def test_dossiers_of_one_reading_share_it(dossiers: Dossiers, store: Store) -> None:
    for _ in range(3):
        conversation = (await store.start_conversation("web"))[0]
        await dossiers.begin(conversation.id, curated()[BIRTH])
    assert await count(store, frozen_procedures) == 1


async def test_no_dossier_is_found_from_another_conversation(dossiers: Dossiers, draft: Dossier, store: Store) -> None:
    stranger = (await store.start_conversation("web"))[0]
    assert await dossiers.find(stranger.id, draft.id) is None
    assert await dossiers.find(draft.conversation_id, draft.tag) == draft
    for forged in ("", "%", "_" * 8, "x' OR 1=1", "é"):
        assert await dossiers.find(stranger.id, forged) is None


async def test_a_code_continues_the_draft_elsewhere_once(dossiers: Dossiers, draft: Dossier, store: Store) -> None:
    saved = await dossiers.save(draft, told(filer="mother"), b"m1")
    code = await dossiers.issue_code(saved)
    elsewhere = await store.conversation_for("telegram", "42")
    moved = await dossiers.continue_here(code, elsewhere.id)
    assert (moved.id, moved.conversation_id, moved.answers) == (draft.id, elsewhere.id, told(filer="mother"))
    assert await dossiers.find(draft.conversation_id, draft.id) is None
    assert await dossiers.continue_here(code, draft.conversation_id) is None
    with pytest.raises(Changed):
        await dossiers.save(saved, told(filer="father"), b"m2")


async def test_a_newer_code_voids_the_one_before(dossiers: Dossiers, draft: Dossier, store: Store) -> None:
    first, second = await dossiers.issue_code(draft), await dossiers.issue_code(draft)
    elsewhere = await store.conversation_for("telegram", "42")
    assert await dossiers.continue_here(first, elsewhere.id) is None
    assert (await dossiers.continue_here(second, elsewhere.id)).id == draft.id


async def test_two_who_use_a_code_at_once_do_not_both_get_the_draft(
    dossiers: Dossiers, draft: Dossier, store: Store
) -> None:
    code = await dossiers.issue_code(draft)
    places = [await store.conversation_for("telegram", str(number)) for number in range(4)]
    got = await asyncio.gather(*(dossiers.continue_here(code, place.id) for place in places))
    assert len([one for one in got if one]) == 1


async def test_a_draft_of_the_same_procedure_is_never_overwritten_by_a_code(
    dossiers: Dossiers, draft: Dossier, store: Store
) -> None:
    code = await dossiers.issue_code(draft)
    elsewhere = await store.conversation_for("telegram", "42")
    await dossiers.begin(elsewhere.id, curated()[BIRTH])
    with pytest.raises(DraftInTheWay):
        await dossiers.continue_here(code, elsewhere.id)
    assert (await dossiers.find(draft.conversation_id, draft.id)).id == draft.id


async def test_files_go_with_the_draft(dossiers: Dossiers, draft: Dossier, store: Store, store_settings) -> None:
    attachments = Attachments(store, store_settings)
    file = await attachments.accept(draft.conversation_id, "a.jpg", upload(JPEG))
    other = await attachments.accept(draft.conversation_id, "b.jpg", upload(JPEG))
    saved = await dossiers.save(draft, told(birth_paper=file.id), b"m1")
    elsewhere = await store.conversation_for("telegram", "42")
    await dossiers.continue_here(await dossiers.issue_code(saved), elsewhere.id)
    assert await attachments.all_belong(elsewhere.id, [file.id])
    assert await attachments.all_belong(draft.conversation_id, [other.id])


@pytest.mark.parametrize(
    "text", ["MC-7K3F-9QFW", "mc 7k3f 9qfw", "mã MC-7K3F-9QFW", "MC7K3F9QFW", "làm tiếp MC-7K3F-9QFW"]
)  # fmt: skip
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    assert read_code(text) == "MC-7K3F-9QFW"


@pytest.mark.parametrize(
    "text", ["", "MC", "MC-7K3F", "MC-7K3F-9QFWX", "MC-IIII-0000", "mcdonald rồi", "xin chào", "M" * 5000]
)
def test_what_is_no_code_is_left_to_others(text: str) -> None:
    assert read_code(text) is None


def test_every_code_we_give_is_read_as_one() -> None:
    for _ in range(300):
        code = new_code()
        assert read_code(code) == read_code(code.lower().replace("-", " ")) == code


async def test_a_draft_expires_and_is_swept(
    dossiers: Dossiers, draft: Dossier, store: Store, clock: Clock, conversation: Conversation
) -> None:
    clock.advance(days=DAYS - 1)
    saved = await dossiers.save(draft, told(filer="mother"), b"m1")  # an answer gives it its whole time again
    clock.advance(days=DAYS - 1)
    assert await dossiers.find(conversation.id, draft.id) == saved
    clock.advance(days=2)
    assert await dossiers.find(conversation.id, draft.id) is None
    assert (await dossiers.begin(conversation.id, curated()[BIRTH])).answers == {}
    clock.advance(days=DAYS + 1)
    await store.sweep(clock(), retention_days=180)
    assert await count(store, table) == 0
    assert await count(store, frozen_procedures) == 0


async def test_a_code_dies_with_its_draft(dossiers: Dossiers, draft: Dossier, store: Store, clock: Clock) -> None:
    code = await dossiers.issue_code(draft)
    clock.advance(days=DAYS + 1)
    elsewhere = await store.conversation_for("telegram", "42")
    assert await dossiers.continue_here(code, elsewhere.id) is None


async def test_a_draft_about_to_expire_is_told_once(dossiers: Dossiers, draft: Dossier, clock: Clock) -> None:
    saved = await dossiers.save(draft, told(filer="mother"), b"m1")
    assert await dossiers.expiring(timedelta(days=3)) == []
    clock.advance(days=DAYS - 2)
    [soon] = await dossiers.expiring(timedelta(days=3))
    assert soon.id == saved.id
    await dossiers.warned(soon)
    assert await dossiers.expiring(timedelta(days=3)) == []


async def test_a_submitted_dossier_has_a_reference_and_stands(
    dossiers: Dossiers, draft: Dossier, store: Store, clock: Clock
) -> None:
    saved = await dossiers.save(draft, told(filer="mother"), b"m1")
    sent = await dossiers.submit(await dossiers.consent(saved, b"m2"), b"m3")
    assert sent.status is Status.submitted and sent.status.national_code == 1
    assert sent.reference.startswith("MC-261124-")
    with pytest.raises(Changed):
        await dossiers.save(sent, told(filer="father"), b"m4")
    clock.advance(days=100)
    await store.sweep(clock(), retention_days=180)
    assert (await dossiers.open_by_id(sent.id)).reference == sent.reference


async def test_a_changed_answer_takes_the_consent_back(dossiers: Dossiers, draft: Dossier) -> None:
    agreed = await dossiers.consent(draft, b"m1")
    assert agreed.consented_at
    assert (await dossiers.save(agreed, told(filer="father"), b"m2")).consented_at is None


async def test_erasing_the_conversation_erases_its_dossiers(
    dossiers: Dossiers, draft: Dossier, store: Store, conversation: Conversation
) -> None:
    await dossiers.save(draft, told(child_name="Nguyễn Minh An"), b"m1")
    await store.erase(conversation.id)
    assert await count(store, table) == 0


async def test_an_export_holds_the_answers(
    dossiers: Dossiers, draft: Dossier, store: Store, conversation: Conversation
) -> None:
    await dossiers.save(draft, told(child_name="Nguyễn Minh An"), b"m1")
    [kept] = (await store.export(conversation.id))["dossiers"]
    assert kept["answers"]["child_name"] == ["Nguyễn Minh An", "Nguyễn Minh An"]


async def test_answers_can_be_read_after_the_keys_were_changed(draft: Dossier, dossiers, store: Store) -> None:
    await dossiers.save(draft, told(child_name="Nguyễn Minh An"), b"m1")
    fresh = KeyRing.parse(new_key())
    store.keys = KeyRing((*fresh.keys, *store.keys.keys))
    await store.reseal()
    store.keys = fresh
    found = await Dossiers(store, DAYS).find(draft.conversation_id, draft.id)
    assert found.answers == told(child_name="Nguyễn Minh An")


def test_the_national_codes_are_the_exchange_s_own() -> None:
    assert Status.draft.national_code is None
    assert [status.national_code for status in list(Status)[1:]] == list(range(1, 11))
    assert Status.supplement_requested.national_code == 5
