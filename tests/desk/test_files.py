"""A citizen's files at the desk: for whoever has the case, within what was said to them, and every opening noted."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import SimpleNamespace

import httpx
import pillow_heif
import pytest
from fastapi.dependencies.models import Dependant
from PIL import Image

from bot.channels.inbound import Inbound
from bot.desk import files_routes, preview, talk_routes
from bot.handoff.audit import Audit
from bot.handoff.case import Case, Ending
from bot.handoff.people import Helper
from bot.settings import Settings
from bot.store import Store
from bot.stories import helping
from bot.submission.dossier import Dossier
from bot.submission.journey import Answer
from tests.clock import Clock
from tests.desk.rooms import CaseRoom, Present, Seated, case_room
from tests.handoff.world import BA, HOA, LAN, PEOPLE, World, listed
from tests.submission.journeys import curated
from tests.uploads import JPEG, PDF, upload

ELSEWHERE = "0912000009"
REFUSED = "người dân đồng ý mới xem được"


def picture(kind: str, width: int = 1600, height: int = 1200) -> bytes:
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.register_heif_opener()
    Image.new("RGB", (width, height), "teal").save(out, kind)
    return out.getvalue()


@dataclass
class Room(Seated):
    world: World
    at: CaseRoom
    sent: int = 0

    def __post_init__(self) -> None:
        self.present = self.at.present
        self.http, self.files, self.dossiers = self.at.http, self.at.services.attachments, self.at.services.dossiers

    async def case(self, sender: str = "an") -> Case:
        """Taken by whoever is at the desk."""
        return await self.world.taking.claim((await self.world.opened(sender)).id, self.me)

    async def gives(self, conversation_id: str, content: bytes = JPEG, name: str = "so-ho-khau.jpg") -> str:
        self.world.clock.advance(seconds=1)
        file_id = (await self.files.accept(conversation_id, name, upload(content))).id
        self.sent += 1
        told = Inbound("telegram", "an", f"file{self.sent}", attachment_ids=(file_id,))
        await self.world.store.receive(conversation_id, told)
        self.world.clock.advance(seconds=1)
        return file_id

    async def opens(self, case: Case, file_id: str, small: bool = False) -> httpx.Response:
        return await self.http.get(f"/desk/cases/{case.id}/tep/{file_id}" + ("/nho" if small else ""))

    async def page(self, case: Case) -> str:
        answer = await self.http.get(f"/desk/cases/{case.id}")
        assert answer.status_code == 200
        return answer.text

    async def agrees(self, case: Case, dossier_id: str) -> None:
        await self.world.talking.ask_consent(case, self.me, dossier_id, "Đăng ký khai sinh")
        assert await self.world.talking.consent(case, agrees=True)

    async def dossier_with(self, conversation_id: str, file_id: str) -> Dossier:
        """One question, answered by this page."""
        birth = curated()["1.001193"]
        paper = next(one for one in birth.questions if one.kind == "file")
        only = birth.model_copy(update={"questions": (paper.model_copy(update={"when": None}),)})
        begun = await self.dossiers.begin(conversation_id, only)
        return await self.dossiers.save(begun, {paper.id: Answer(file_id, "1 trang")}, b"1")

    async def audited(self) -> list[tuple[str, str, str]]:
        entries = await Audit(self.world.store).newest()
        return [(one.act, one.outcome, one.subject) for one in entries if one.act in ("file", "preview")]


@pytest.fixture
async def room(store: Store, clock: Clock) -> AsyncIterator[Room]:
    clock.advance(hours=19)
    away = listed(ELSEWHERE, "Võ Xa", "Tổ 9", ward="Phường Phú Yên")
    world = await World(store, clock).peopled(*PEOPLE, away)
    async with case_room(world, files_routes, await world.helper(LAN), SimpleNamespace(catalogue={})) as room:
        yield Room(world, room)


# ---- what is shown


async def test_a_picture_stands_small_in_the_talk_and_opens_whole_and_both_are_noted(room: Room) -> None:
    case = await room.case()
    large = picture("JPEG")
    file_id = await room.gives(case.conversation_id, large)
    assert f'src="/desk/cases/{case.id}/tep/{file_id}/nho"' in await room.page(case)
    small, whole = await room.opens(case, file_id, small=True), await room.opens(case, file_id)
    assert (small.status_code, whole.status_code, whole.content) == (200, 200, large)
    assert max(Image.open(io.BytesIO(small.content)).size) == preview.SMALL_PX
    subject = f"{case.code}/{file_id}"
    assert await room.audited() == [("file", "done", subject), ("preview", "done", subject)]


async def test_a_pdf_is_a_named_link_without_a_small_picture(room: Room) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id, PDF, "Giấy 0912345678 “mới”\r\n.pdf")
    page = await room.page(case)
    assert f'href="/desk/cases/{case.id}/tep/{file_id}"' in page and "/nho" not in page
    assert "0912345678" not in page  # names are masked like words
    whole = await room.opens(case, file_id)
    assert whole.headers["content-type"] == "application/pdf"
    shown = whole.headers["content-disposition"]
    assert shown.startswith("inline; filename*=UTF-8''Gi") and shown.isascii() and '"' not in shown
    assert (await room.opens(case, file_id, small=True)).status_code == 404


async def test_no_file_is_kept_by_the_browser_or_may_run_anything(room: Room) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id, picture("PNG"))
    for small in (True, False):
        headers = (await room.opens(case, file_id, small)).headers
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'; sandbox" in headers["content-security-policy"]


async def test_an_iphones_picture_is_shown_as_one_that_every_browser_reads(room: Room) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id, picture("HEIF", 300, 200), "IMG.HEIC")
    for small in (True, False):
        answer = await room.opens(case, file_id, small)
        assert answer.headers["content-type"] == "image/jpeg"
        assert Image.open(io.BytesIO(answer.content)).format == "JPEG"


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff broken", picture("JPEG")[:200], picture("PNG")])
def test_what_is_no_picture_of_its_kind_is_told_so(content: bytes) -> None:
    with pytest.raises(preview.NoPicture):
        preview.shrunk(content, "image/jpeg", 400, 70)


def test_a_picture_too_large_to_decode_is_not_decoded() -> None:
    out = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(out, "PNG")
    with pytest.raises(preview.NoPicture):
        preview.shrunk(out.getvalue(), "image/png", 400, 70)


async def test_a_file_whose_bytes_are_gone_or_changed_is_not_half_shown(room: Room, store_settings: Settings) -> None:
    case = await room.case()
    gone, changed = await room.gives(case.conversation_id), await room.gives(case.conversation_id)
    (store_settings.attachments_dir / gone).unlink()
    (store_settings.attachments_dir / changed).write_bytes(b"\0\0\0\x40" + bytes(64))
    for file_id in (gone, changed):
        assert (await room.opens(case, file_id)).status_code == 404
        assert (await room.audited())[0][:2] == ("file", "failed")


async def test_a_new_file_is_drawn_in_the_open_page_for_whoever_has_the_case(room: Room) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id)

    async def connected() -> bool:
        return False

    async def first(helper: Helper) -> str:
        request = SimpleNamespace(is_disconnected=connected)
        parts, desk = room.at.services, room.at.desk
        stream = talk_routes._stream(request, Present(helper).signed_in(), case, desk, parts, 0, True)
        drawn = [await anext(stream) for _ in range(3)][-1]
        await stream.aclose()
        return drawn

    assert f"/tep/{file_id}/nho" in await first(room.me)
    told = await first(await room.world.helper(BA))  # reads, but has not the case
    assert "Đã gửi 1 tệp" in told and file_id not in told


# ---- consent


async def test_what_was_sent_before_the_case_needs_consent(room: Room) -> None:
    conversation = await room.world.store.conversation_for("telegram", "an")
    earlier = await room.gives(conversation.id, name="can-cuoc.jpg")
    case = await room.case()
    during = await room.gives(case.conversation_id)
    page = await room.page(case)
    assert REFUSED in page and f"/tep/{during}" in page
    assert "can-cuoc" not in page and earlier not in page
    assert (await room.opens(case, earlier)).status_code == 403
    assert (await room.opens(case, earlier, small=True)).status_code == 403
    assert (await room.audited())[0] == ("file", "denied", f"{case.code}/{earlier}")
    await room.agrees(case, "d" * 32)
    assert (await room.opens(case, earlier)).status_code == 200
    assert REFUSED not in await room.page(case)


async def test_a_dossiers_page_sent_during_the_talk_needs_consent_to_that_dossier(room: Room) -> None:
    case = await room.case()
    page_id = await room.gives(case.conversation_id)
    dossier = await room.dossier_with(case.conversation_id, page_id)
    assert (await room.opens(case, page_id)).status_code == 403
    await room.agrees(case, "e" * 32)  # to another one
    assert (await room.opens(case, page_id)).status_code == 403
    assert "Giấy tờ trong hồ sơ" not in await room.page(case)
    await room.agrees(case, dossier.id)
    page = await room.page(case)
    assert "Giấy tờ trong hồ sơ" in page and page.count(f"/tep/{page_id}/nho") == 2  # in the talk and in the dossier
    assert (await room.opens(case, page_id)).status_code == 200


async def test_a_reopened_case_does_not_hold_what_was_sent_in_between(room: Room) -> None:
    case = await room.case()
    first = await room.gives(case.conversation_id)
    closed = await room.world.taking.close(case, Ending.solved, room.me)
    between = await room.gives(case.conversation_id)
    case = await room.world.taking.claim((await room.world.taking.reopen(closed)).id, room.me)
    again = await room.gives(case.conversation_id)
    assert [(await room.opens(case, one)).status_code for one in (first, between, again)] == [200, 403, 200]


async def test_a_case_that_moved_holds_what_was_sent_in_the_new_channel_since(room: Room) -> None:
    case = await room.case()
    old = await room.gives(case.conversation_id)
    other = await room.world.store.conversation_for("zalo", "an")
    before = await room.gives(other.id)
    case = await room.world.taking.bring(case, other.id)
    since = await room.gives(other.id)
    assert [(await room.opens(case, one)).status_code for one in (old, before, since)] == [404, 403, 200]


# ---- refused


async def test_only_whoever_has_the_case_now_opens_its_files(room: Room) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id)
    holder = room.me
    for phone in (HOA, BA):  # a colleague, and one who may read all of the province
        room.me = await room.world.helper(phone)
        assert (await room.opens(case, file_id)).status_code == 403
        assert f"/tep/{file_id}" not in await room.page(case)
    room.me = await room.world.helper(ELSEWHERE)
    assert (await room.opens(case, file_id)).status_code == 403
    assert (await Audit(room.world.store).newest())[0].outcome == "denied"
    hoa = await room.world.helper(HOA)
    handed = await room.world.taking.hand_to_colleague(case, holder, hoa)
    room.me = holder
    assert (await room.opens(handed, file_id)).status_code == 403
    room.me = hoa
    assert (await room.opens(handed, file_id)).status_code == 200
    await room.world.taking.close(handed, Ending.solved, hoa)
    assert (await room.opens(handed, file_id)).status_code == 403
    assert (await room.audited())[0][1] == "denied"


async def test_handing_on_ends_the_consent_for_files_too(room: Room) -> None:
    conversation = await room.world.store.conversation_for("telegram", "an")
    earlier = await room.gives(conversation.id)
    case = await room.case()
    await room.agrees(case, "d" * 32)
    hoa = await room.world.helper(HOA)
    case = await room.world.taking.hand_to_colleague(await room.world.cases.find(case.id), room.me, hoa)
    room.me = hoa
    assert (await room.opens(case, earlier)).status_code == 403


async def test_another_cases_file_a_forged_id_and_one_never_sent_are_not_there(room: Room) -> None:
    case, other = await room.case(), await room.case("binh")
    of_other = await room.gives(other.conversation_id)
    never_said = (await room.files.accept(case.conversation_id, "a.jpg", upload(JPEG))).id
    await room.agrees(case, "d" * 32)
    for forged in (of_other, never_said, "0" * 32, "a" * 5_000, "%C3%A9", "a'--", "%00", "*"):
        answer = await room.opens(case, forged)
        assert answer.status_code == 404, forged
    denied = await room.audited()
    assert ("file", "denied", f"{case.code}/{of_other}") in denied and ("file", "denied", f"{case.code}/?") in denied
    assert {outcome for _, outcome, _ in denied} == {"denied"}


# ---- kept


async def test_the_sweep_leaves_files_alone_while_a_case_is_open(room: Room, store_settings: Settings) -> None:
    case = await room.case()
    file_id = await room.gives(case.conversation_id)
    room.world.clock.advance(days=200)
    await room.world.store.sweep(room.world.clock(), 180)
    assert (await room.opens(case, file_id)).status_code == 200
    await room.world.taking.close(case, Ending.solved, None)
    room.world.clock.advance(days=200)
    assert await room.world.store.sweep(room.world.clock(), 180) == 1
    assert list(store_settings.attachments_dir.iterdir()) == []


# ---- the doors themselves


def called_by(dependant: Dependant) -> set[str]:
    names = {dependant.call.__name__} if dependant.call else set()
    return names.union(*(called_by(one) for one in dependant.dependencies))


def test_every_door_asks_who_is_there_for_which_case_and_whether_the_file_may_be_seen() -> None:
    doors = [route for routes in helping.DOORS for route in routes.router.routes if "/tep/" in route.path]
    assert len(doors) == 2
    assert all({"signed_in", "case_in_area", "file_here"} <= called_by(door.dependant) for door in doors)
