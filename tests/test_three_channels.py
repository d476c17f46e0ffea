"""One conversation on the web, in Telegram and in Zalo gives one and the same dossier, also when channels change."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
import sqlalchemy as sa

from bot.settings import Settings
from bot.store import open_store
from bot.tables import conversations
from tests.browser.filer import photo_of_a_paper
from tests.gateway import Citizen, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PATIENCE_SECONDS = 60
PHOTO = "<photo>"
# What the citizen does, and what is then said. Questions before, between and after; a changed answer; a photo.
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
    ("1", "7.000"),
    ("cảm ơn nhé", ""),
    ("hồ sơ của tôi tới đâu rồi", "Đăng ký tạm trú"),
    ("gặp người hỗ trợ", "Phường Tuy Hòa"),  # at night the desk of the ward, by day its team besides
]
ANSWERS = {"person_name": "Phạm Quốc Việt", "person_birth_date": "2004-08-20", "stay_months": "12"}


class Voice(Protocol):
    channel: str

    def does(self, what: str, expects: str) -> str:
        """Says it, presses it or sends the photo; what is answered, once the answer holds `expects`."""
        ...

    def presses(self, title: str) -> str: ...


class Web(Citizen):
    channel = "web"

    def does(self, what: str, expects: str) -> str:
        if what != PHOTO:
            self.says(what)
        else:
            files = {"file": ("giay.jpg", photo_of_a_paper(), "image/jpeg")}
            kept = self.http.post(f"/api/v1/conversations/{self.id}/attachments", files=files, headers=self.auth)
            answer = self.post({"message_id": uuid.uuid4().hex, "attachment_ids": [kept.json()["attachment_id"]]})
            assert answer.status_code == 200, answer.text
            self.last = answer.json()
        assert expects in self.text, f"{what}: {self.text}"
        return self.text

    def presses(self, title: str) -> str:
        buttons = [one for reply in self.last["replies"] for one in reply.get("buttons", ())]
        Citizen.presses(self, next(one["payload"] for one in buttons if one["title"] == title))
        return self.text


class Messenger:
    """A citizen at the telephone of one of the pretended messengers."""

    def __init__(self, http: httpx.Client, channel: str, who: str) -> None:
        self.http, self.channel, self.chat, self.heard = http, channel, f"/sandbox/{channel}/chat/{who}", 0

    def does(self, what: str, expects: str) -> str:
        self.heard = max((line["number"] for line in self._lines()), default=0)
        if what == PHOTO:
            files = {"file": ("giay.jpg", photo_of_a_paper(), "image/jpeg")}
            assert self.http.post(f"{self.chat}/attachments", files=files).status_code == 204
        else:
            self._acts("say", what)
        return self._hears(what, expects)

    def presses(self, title: str) -> str:
        buttons = [button for line in self._lines() for button in line["buttons"]]
        payload = next(button["payload"] for button in reversed(buttons) if button["title"] == title)
        self.heard = max(line["number"] for line in self._lines())
        self._acts("press", payload)
        return self._hears(title, "")

    def _acts(self, kind: str, text: str) -> None:
        assert self.http.post(self.chat, json={"kind": kind, "text": text}).status_code == 204

    def _lines(self) -> list[dict[str, Any]]:
        return self.http.get(self.chat).json()

    def _hears(self, what: str, expects: str) -> str:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            said = "\n".join(line["text"] for line in self._lines() if line["is_ours"] and line["number"] > self.heard)
            if said and expects in said:
                return said
            time.sleep(0.05)
        raise AssertionError(f"{self.channel}: {what!r} was answered with {said!r}, not {expects!r}")


@pytest.fixture(scope="module")
def demo(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    folder = shutil.copytree(prepared_dir, tmp_path_factory.mktemp("three") / "data")
    with (
        serving(folder, env="demo", quiet_hours="00:00-00:00") as base,
        httpx.Client(base_url=base, timeout=60) as http,
    ):
        yield http, folder


def dossiers(data_dir: Path, channel: str, number: int = -1) -> dict[str, Any]:
    """The answers of the dossier that the channel's newest conversation has filed."""

    async def read() -> dict[str, Any]:
        store = await open_store(Settings(_env_file=None, env="demo", data_dir=data_dir))
        try:
            query = sa.select(conversations.c.id).where(conversations.c.channel == channel)
            query = query.order_by(conversations.c.created_at)
            ids = await store.database.read(lambda connection: list(connection.execute(query).scalars()))
            kept = [one for each in ids for one in (await store.export(each))["dossiers"]]
            return kept[number]
        finally:
            await store.close()

    return asyncio.run(read())


def told(dossier: dict[str, Any]) -> dict[str, Any]:
    """Its answers without the names of files, which are drawn by lot."""
    return {key: value for key, value in dossier["answers"].items() if key != "home_papers"}


def test_the_same_turns_give_the_same_dossier_on_every_channel(demo: tuple[httpx.Client, Path]) -> None:
    http, folder = demo
    voices: list[Voice] = [
        Web(http).start(),
        Messenger(http, "telegram", "700000001"),
        Messenger(http, "zalo", "700000002"),
    ]
    for voice in voices:
        for what, expects in TURNS:
            voice.does(what, expects)
    filed = [dossiers(folder, voice.channel) for voice in voices]
    assert told(filed[0]) == told(filed[1]) == told(filed[2])
    assert all(one["reference"] and one["status"] != "draft" and one["answers"]["home_papers"] for one in filed)
    for key, value in ANSWERS.items():
        assert value in str(told(filed[0])[key])


def test_a_citizen_who_changes_the_channel_three_times_files_one_dossier(demo: tuple[httpx.Client, Path]) -> None:
    http, folder = demo
    web, telegram = Web(http).start(), Messenger(http, "telegram", "700000003")
    zalo = Messenger(http, "zalo", "700000004")
    web.does("chào bạn", "Chào bạn")
    for other in (telegram, zalo):
        code = re.search(r"liên kết ([A-Z0-9-]{8,9})", web.does("liên kết", "Mã liên kết")).group(1)
        other.does(f"liên kết {code}", "Chính bạn vừa lấy mã")
        other.presses("Đúng, mình vừa lấy")
    at = {0: web, 8: telegram, 13: zalo, 18: web}
    voice: Voice = web
    for number, (what, expects) in enumerate(TURNS[:-2]):
        voice = at.get(number, voice)
        voice.does(what, expects)
    filed = dossiers(folder, "web")
    assert filed["reference"] and filed["answers"]["stay_months"] and "14 Lê Lợi" in str(filed["answers"])
