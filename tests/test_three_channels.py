"""One conversation on the web, in Telegram and in Zalo: one dossier, paid once, helped by a person, rated alike."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import sqlalchemy as sa

from bot.app import create_app
from bot.handoff.tables import cases
from bot.payment.tables import payments
from bot.settings import Settings
from bot.store import open_store
from bot.stories.demo_desk import PASSWORD_FILE
from bot.tables import conversations
from tests.desk.people import Helper, a_browser, message_id
from tests.serving import free_port, served
from tests.voices import PATIENCE_SECONDS, PHOTO, Messenger, Voice, Web

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LAN = "0900000001"
PAYS, TELLS, TAKES, WRITES, CLOSES = "<pays>", "<tells>", "<helper takes>", "<helper writes>", "<helper closes>"
PRESSES = "press:"
# What the citizen does, and what is then said. Questions before, between and after; a changed answer; a photo; the
# fee, paid at a platform that tells of it; a person who comes, writes and goes; a rating in a number and in words.
TURNS = [
    ("chào bạn", "Chào bạn"),
    ("ở trọ xa nhà thì đăng ký tạm trú cần giấy tờ gì", "tạm trú"),
    ("còn lệ phí thì sao?", "7.000 đồng"),
    ("mấy ngày thì xong", "3 ngày làm việc"),
    ("nộp ở đâu", "Công an xã"),
    ("nộp hồ sơ đăng ký tạm trú online", "Câu 1"),
    ("Phạm Quốc Việt", "Câu 2"),
    ("20/8/2004", "Câu 3"),
    ("lệ phí bao nhiêu vậy?", "Câu 3"),
    ("066204001122", "Câu 4"),
    ("0905123456", "Câu 5"),
    ("12/3 Lê Lợi, phường Tuy Hòa, tỉnh Đắk Lắk", "Câu 6"),
    ("quay lại", "Câu 5"),
    ("14 Lê Lợi, phường Tuy Hòa, tỉnh Đắk Lắk", "Câu 6"),
    ("Nguyễn Thị Lan", "Câu 7"),
    ("24", "Câu 8"),
    ("không", "Câu 9"),
    (PHOTO, "Đây là các câu trả lời"),
    ("sửa câu 7", "Câu 7"),
    ("12", "Đây là các câu trả lời"),
    ("đồng ý", "Bạn thuộc trường hợp nào"),
    ("1", "/payments/"),
    ("cảm ơn nhé", ""),
    ("tôi trả tiền rồi mà chưa thấy", "còn phải nộp 7.000 đồng"),
    (PAYS, "Đã nhận 7.000 đồng"),
    ("tôi trả tiền rồi mà chưa thấy", "đã nhận 7.000 đồng"),
    ("hồ sơ của tôi tới đâu rồi", "Đăng ký tạm trú"),
    ("gặp người hỗ trợ", "Phường Tuy Hòa"),
    (TAKES, "Từ lúc này người thật trả lời bạn"),
    (TELLS, "Em muốn biết khi nào có kết quả"),
    (WRITES, "Ba ngày làm việc nữa có kết quả, bạn nhé."),
    (CLOSES, "Bạn thấy được giúp tốt không?"),
    (PRESSES + "5 ★ Rất tốt", "Bạn muốn nhắn thêm một lời"),
    ("Chị nhiệt tình lắm", "Mình đã ghi lại lời của bạn"),
]
ANSWERS = {"person_name": "Phạm Quốc Việt", "person_birth_date": "2004-08-20", "stay_months": "12"}
BY_OTHERS = (TAKES, WRITES, CLOSES)


@dataclass
class World:
    """A demonstration, its data, and the helper at the desk."""

    http: httpx.Client
    settings: Settings
    lan: Helper

    def lives(self, voice: Voice, what: str, expects: str) -> None:
        """One line of the script."""
        if what.startswith(PRESSES):
            voice.presses(what.removeprefix(PRESSES), expects)
        elif what == TELLS:
            voice.tells(expects)
            self._reads(self._case(voice), expects)
        elif what == PAYS or what in BY_OTHERS:
            voice.listens()
            self._pays(voice) if what == PAYS else self._helps(voice, what, expects)
            voice.hears(expects)
        else:
            voice.does(what, expects)

    def _pays(self, voice: Voice) -> None:
        """The citizen follows the link and pays; that it is paid is told by the platform's notice alone."""
        page, _, token = voice.paying_address().partition("?")
        begun = self.http.post(f"{page}/start?{token}", data={"provider": "momo"})
        assert begun.status_code == 303, begun.text
        paid = self.http.post(urlsplit(begun.headers["location"]).path + "/pay")
        assert paid.status_code == 303, paid.text

    def _helps(self, voice: Voice, what: str, words: str) -> None:
        path = self._case(voice)
        if what == WRITES:
            assert self.lan.sends(f"{path}/tin", message_id=message_id(), text=words).is_success
        else:
            done = (
                self.lan.post(f"{path}/nhan") if what == TAKES else self.lan.post(f"{path}/ket-thuc", ending="solved")
            )
            assert done.status_code == 303, done.text

    def _reads(self, path: str, words: str) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while words not in self.lan.http.get(path).text:
            assert time.monotonic() < until, f"the helper does not read {words!r}"
            time.sleep(0.1)

    def _case(self, voice: Voice) -> str:
        return f"/desk/cases/{self.what_became_of(voice)['case'].id}"

    def what_became_of(self, voice: Voice) -> dict[str, Any]:
        """The channel's newest dossier, payment and case."""
        return asyncio.run(_read(self.settings, voice.channel))


async def _read(settings: Settings, channel: str) -> dict[str, Any]:
    store = await open_store(settings)
    try:
        ours = sa.select(conversations.c.id).where(conversations.c.channel == channel)
        ids = await store.database.read(lambda c: list(c.execute(ours.order_by(conversations.c.created_at)).scalars()))
        filed = [one for each in ids for one in (await store.export(each))["dossiers"]]
        reference = filed[-1]["reference"] if filed else None
        paid = sa.select(payments).where(payments.c.dossier_reference == reference)
        helped = sa.select(cases).where(cases.c.conversation_id.in_(ids)).order_by(cases.c.opened_at.desc())
        found = await store.database.read(lambda c: (c.execute(paid).all(), c.execute(helped).first()))
        return {"dossier": filed[-1] if filed else None, "payments": found[0], "case": found[1]}
    finally:
        await store.close()


def end(became: dict[str, Any]) -> dict[str, Any]:
    """The same in every channel: without codes, moments and the names of files, which are drawn by lot."""
    dossier, case = became["dossier"], became["case"]
    return {
        "answers": {key: value for key, value in dossier["answers"].items() if key != "home_papers"},
        "payments": [(one.amount_vnd, one.status, one.provider) for one in became["payments"]],
        "case": (case.status, case.reason, case.close_reason, case.rating, case.rating_word is not None),
    }


@pytest.fixture(scope="module")
def world(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("three")
    for part in ("models", "index"):  # not the database, in which other tests may have teams of their own
        shutil.copytree(prepared_dir / part, folder / part)
    port = free_port()
    settings = Settings(
        _env_file=None,
        env="demo",
        data_dir=folder,
        public_url=f"http://127.0.0.1:{port}",
        quiet_hours="00:00-00:00",
        rate_limit_per_minute=100_000,
    )
    with served(create_app(settings), 2, port) as base, httpx.Client(base_url=base, timeout=60) as http:
        lan = a_browser(base)
        assert lan.signs_in(LAN, (folder / PASSWORD_FILE).read_text("utf-8").strip()).status_code == 303
        yield World(http, settings, lan)
        lan.http.close()


def test_the_same_turns_come_to_the_same_end_on_every_channel(world: World) -> None:
    http = world.http
    voices: list[Voice] = [
        Web(http).start(),
        Messenger(http, "telegram", "700000001"),
        Messenger(http, "zalo", "700000002"),
    ]

    def live(voice: Voice) -> dict[str, Any]:
        for what, expects in TURNS:
            world.lives(voice, what, expects)
        return world.what_became_of(voice)

    with ThreadPoolExecutor(len(voices)) as at_once:
        became = list(at_once.map(live, voices))
    assert end(became[0]) == end(became[1]) == end(became[2])
    assert end(became[0])["payments"] == [(7_000, "paid", "momo")]
    status, _, *closed = end(became[0])["case"]
    assert [status, *closed] == ["closed", "solved", 5, True]
    for one in became:
        dossier = one["dossier"]
        assert dossier["reference"] and dossier["status"] != "draft" and dossier["answers"]["home_papers"]
    for key, value in ANSWERS.items():
        assert value in str(end(became[0])["answers"][key])


def test_a_citizen_who_changes_the_channel_three_times_files_pays_and_is_helped_once(world: World) -> None:
    web, telegram = Web(world.http).start(), Messenger(world.http, "telegram", "700000003")
    zalo = Messenger(world.http, "zalo", "700000004")
    web.does("chào bạn", "Chào bạn")
    for other in (telegram, zalo):
        code = re.search(r"liên kết ([A-Z0-9-]{8,9})", web.does("liên kết", "Mã liên kết")).group(1)
        other.does(f"liên kết {code}", "Chính bạn vừa lấy mã")
        other.presses("Đúng, mình vừa lấy")
    at = {0: web, 8: telegram, 13: zalo, 18: web}
    voice: Voice = web
    for number, (what, expects) in enumerate(TURNS):
        voice = at.get(number, voice)
        world.lives(voice, what, expects)
    became = world.what_became_of(web)
    assert became["dossier"]["reference"] and "14 Lê Lợi" in str(became["dossier"]["answers"])
    assert end(became)["payments"] == [(7_000, "paid", "momo")]
    assert (became["case"].close_reason, became["case"].rating) == ("solved", 5)
