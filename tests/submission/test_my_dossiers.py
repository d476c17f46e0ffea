""" "Hồ sơ của tôi": drafts, dossiers under way and finished ones of one citizen, and of nobody else."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from fastapi import FastAPI

from bot.sandbox.one_stop_records import Records
from bot.store import Store
from bot.submission import proof_routes
from bot.submission.dossiers import Dossiers
from bot.submission.my_dossiers import Listed, MyDossiers
from bot.submission.proof import Proofs
from knowledge.working_days import VIETNAM
from tests.clock import Clock
from tests.submission.filer import DAYS, Filer
from tests.submission.one_stop.conftest import agency, exchange, records, world  # noqa: F401 — fixtures
from tests.submission.one_stop.world import World
from tests.submission.test_after_filing import after, asked_for, filed, filer, papers, told  # noqa: F401


@pytest.fixture
def mine(world: World, store: Store) -> MyDossiers:  # noqa: F811
    dossiers = Dossiers(store, DAYS)
    return MyDossiers(store, dossiers, world.following, world.queue, world.teller, Proofs(store.keys))


async def only(mine: MyDossiers, filer: Filer) -> Listed:  # noqa: F811
    (one,) = await mine.of(filer.conversation_id)
    return one


async def test_a_draft_shows_how_far_it_is_and_goes_on_with_a_tap(mine: MyDossiers, filer: Filer) -> None:  # noqa: F811
    assert await mine.of(filer.conversation_id) == []
    await filer.starts("1.001193")
    assert await mine.of(filer.conversation_id) == []  # nothing was told yet
    await filer.answers("mẹ", "Nguyễn Minh An")
    draft = await only(mine, filer)
    assert (draft.status, draft.answered, draft.total) == ("draft", 2, 11)
    assert "2/11 câu" in draft.text and draft.expires_on
    await filer.presses(draft.actions[0].payload)
    assert filer.asked == "child_birth_date"


async def test_a_dossier_under_way_shows_the_days_that_are_left(
    mine: MyDossiers,
    filed: Filer,  # noqa: F811
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    assert (await only(mine, filed)).status == "submitted"
    code = records.latest()[0].code
    promised = datetime(2026, 12, 1, 17, tzinfo=VIETNAM).isoformat()
    records.move(code, 2, "Hạnh", "", accepted_at=records.now_text(), promised_at=promised)
    clock.advance(minutes=20)
    await told(filed, world)
    one = await only(mine, filed)
    assert (one.status, one.code, one.working_days_left) == ("accepted", code, 5)
    assert one.promised_on.isoformat() == "2026-12-01" and not one.is_late
    clock.now = datetime(2026, 12, 3, 9, tzinfo=VIETNAM)
    late = await only(mine, filed)
    assert late.is_late and late.working_days_left is None and "xin lỗi" in late.text
    assert late.actions[0].title == "Hỏi vì sao chậm"


async def test_what_is_wanted_stands_there_with_its_button(
    mine: MyDossiers,
    filed: Filer,  # noqa: F811
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
) -> None:
    await asked_for(filed, world, records, clock)
    one = await only(mine, filed)
    assert one.status == "supplement_requested" and "Ảnh giấy chứng sinh bị mờ" in one.text
    assert one.actions[0].title == "Gửi bổ sung"


async def test_a_result_can_be_opened_by_its_owner_and_checked_by_anybody(
    mine: MyDossiers,
    filed: Filer,  # noqa: F811
    world: World,  # noqa: F811
    records: Records,  # noqa: F811
    clock: Clock,
    store: Store,
) -> None:
    code = records.latest()[0].code
    records.add_result(code, "Giấy khai sinh", "application/pdf", b"%PDF-1.7")
    records.move(code, 9, "Hạnh", "", finished_at=records.now_text())
    clock.advance(minutes=20)
    await told(filed, world)
    one = await only(mine, filed)
    assert one.status == "completed" and one.results[0].name == "Giấy khai sinh"
    async with door(world, store) as anybody:
        page = await anybody.get(one.proof_url)
        assert page.status_code == 200 and "Kết quả này có thật" in page.text and code in page.text
        for private in ("Trần Thị Hoa", "054195001234", "Nguyễn Minh An", "/results/1"):
            assert private not in page.text
        picture = await anybody.get(f"{one.proof_url}/qr.png")
        assert picture.content.startswith(b"\x89PNG")
        assert (await anybody.get(f"{one.proof_url[:-1]}x")).status_code == 404
        await store.erase(filed.conversation_id)
        assert (await anybody.get(one.proof_url)).status_code == 404


async def test_a_stranger_sees_nothing_of_it(mine: MyDossiers, filed: Filer, store: Store) -> None:  # noqa: F811
    stranger, _ = await store.start_conversation("web")
    assert await mine.of(stranger.id) == []
    assert len(await mine.of(filed.conversation_id)) == 1


def door(world: World, store: Store) -> httpx.AsyncClient:  # noqa: F811
    """The public pages alone, without the rest of the gateway."""
    from types import SimpleNamespace

    from bot import problems
    from bot.channels.routes import services

    app = FastAPI()
    problems.install(app)
    app.include_router(proof_routes.create_router(Proofs(store.keys), world.following, None, "1800 1096"))
    limiter = SimpleNamespace(wait_seconds=lambda key: 0)
    app.dependency_overrides[services] = lambda: SimpleNamespace(store=store, limiter=limiter)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://anybody")
