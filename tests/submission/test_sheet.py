"""The sheet to copy from opens to its link only, for its time only, and shows what was answered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.privacy import KeyRing, new_key
from bot.store import Store
from bot.submission.sheet import LIFE, make_token, read_token, render
from tests.clock import Clock
from tests.submission.filer import Filer, filing_on
from tests.submission.journeys import procedure, question


@pytest.fixture
async def filer(store: Store) -> Filer:
    filer = Filer(filing_on(store), (await store.start_conversation("web"))[0].id)
    await filer.starts(procedure(question("name", "person_name"), question("note"), question("more", optional=True)))
    return await filer.answers("Nguyễn Văn An", "<script>alert(1)</script>", "bỏ qua")


async def test_a_link_opens_its_dossier_until_its_time_is_over(filer: Filer, store: Store, clock: Clock) -> None:
    dossier = await filer.dossier()
    token = make_token(store.keys, dossier, clock())
    assert read_token(store.keys, token, clock()).dossier_id == dossier.id
    assert read_token(store.keys, token, clock() + LIFE - timedelta(seconds=1)) is not None
    assert read_token(store.keys, token, clock() + LIFE) is None


async def test_a_forged_or_cut_off_link_opens_nothing(filer: Filer, store: Store, clock: Clock) -> None:
    token = make_token(store.keys, await filer.dossier(), clock())
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        assert read_token(store.keys, f"{token[:place]}{other}{token[place + 1 :]}", clock()) is None
        assert read_token(store.keys, token[:place], clock()) is None
    for junk in ("", "é", "=" * 8, "A" * 55, token + "A", token + "A" * 40):
        assert read_token(store.keys, junk, clock()) is None


async def test_a_link_of_another_key_opens_nothing_and_one_of_an_older_key_does(
    filer: Filer, store: Store, clock
) -> None:
    token = make_token(store.keys, await filer.dossier(), clock())
    fresh = KeyRing.parse(new_key())
    assert read_token(fresh, token, clock()) is None
    assert read_token(KeyRing((*fresh.keys, *store.keys.keys)), token, clock()) is not None


async def test_what_was_answered_is_shown_and_what_was_left_out_is_not(filer: Filer) -> None:
    page = render(await filer.dossier(), "https://dichvucong.gov.vn", "n0nce", "10:00 26/11/2026")
    assert "Nguyễn Văn An" in page and "10:00 26/11/2026" in page
    assert "more?" not in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
