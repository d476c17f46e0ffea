"""The province of a record: told by its citizen, or by the address a dossier is filed for; unknown once erased."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from bot.store import Store
from bot.stories.areas import NOWHERE, Areas, is_of
from bot.submission.dossiers import Dossiers
from tests.broadcasts.test_broadcasts import says
from tests.clock import Clock
from tests.desk.rooms import somebody
from tests.paying import Office, a_record, an_office
from tests.submission.journeys import all_places, question

PROVINCE = "Tỉnh Đồng Tháp"


@pytest.fixture
async def office(store: Store, store_settings: Settings, clock: Clock):
    where = question("home", "address", "phường Sa Đéc, Đồng Tháp")
    record = a_record().model_copy(update={"questions": (question("name"), where)})
    async with an_office(store, store_settings, clock, record) as opened:
        yield opened


def areas_on(store: Store) -> Areas:
    return Areas(store, Dossiers(store, 30), all_places())


async def files(office: Office) -> str:
    await office.filer.starts(office.record)
    await office.filer.answers("Nguyễn Văn An", "phường Sa Đéc, Đồng Tháp", "đồng ý")
    return await office.dossier_reference()


async def test_a_dossier_belongs_where_its_address_is_and_its_citizen_too_until_they_say_otherwise(
    store: Store, office: Office
) -> None:
    areas, reference, conversation = areas_on(store), await files(office), office.filer.conversation_id
    assert await areas.of_dossiers({reference, "", "MC-000000-AAAAAA"}) == {
        reference: PROVINCE,
        "": NOWHERE,
        "MC-000000-AAAAAA": NOWHERE,
    }
    assert await areas.told([conversation]) == {conversation: NOWHERE}
    assert await areas.of_conversations([conversation]) == {conversation: PROVINCE}
    await says(store, conversation, {"ward": "Phường Tuy Hòa", "province": "Tỉnh Đắk Lắk"})
    assert await areas.of_conversations([conversation]) == {conversation: "Tỉnh Đắk Lắk"}
    assert await areas.of_dossiers([reference]) == {reference: PROVINCE}


async def test_of_an_erased_dossier_no_province_is_known(store: Store, office: Office) -> None:
    reference = await files(office)
    await store.erase(office.filer.conversation_id)
    assert await areas_on(store).of_dossiers([reference]) == {reference: NOWHERE}
    assert is_of(somebody(), NOWHERE) and not is_of(somebody(), PROVINCE)
