"""The door for uploads: what is taken, and for every bad file a status and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from bot import problems
from bot.channels import routes
from bot.channels.limits import BodyLimit
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.papers.limits import Limits
from bot.submission.papers.opening import Opening
from bot.submission.papers.refusals import RefusedFile
from bot.submission.papers.workshop import Workshop
from tests.submission.papers.pictures import jpeg, opened, page
from tests.submission.papers.test_pdf import plain

MOST_BYTES = 3_000_000


def bytes_of(size: int) -> bytes:
    return jpeg(page()).ljust(size, b"\0")


class InfectedScanner:
    async def check(self, content: bytes) -> None:
        if b"a virus" in content:
            raise RefusedFile("infected")
        if b"no scanner" in content:
            raise RefusedFile("unscanned")


class Door:
    def __init__(self, http: httpx.AsyncClient, files: Attachments, conversation_id: str, token: str) -> None:
        self.http, self.files, self.id = http, files, conversation_id
        self.auth = {"Authorization": f"Bearer {token}"}

    async def sends(self, content: bytes, name: str = "giay.jpg") -> httpx.Response:
        path = f"/api/v1/conversations/{self.id}/attachments"
        return await self.http.post(path, files={"file": (name, content, "image/jpeg")}, headers=self.auth)


@pytest.fixture
async def door(store: Store, settings: Settings) -> AsyncIterator[Door]:
    limited = settings.model_copy(update={"max_upload_bytes": MOST_BYTES})
    async with Workshop(places=1).running() as shop:
        files = Attachments(store, limited, Opening(shop, Limits(), InfectedScanner()).open)
        app = FastAPI()
        problems.install(app)
        app.add_middleware(BodyLimit, upload_bytes=MOST_BYTES + 64 * 1024)
        app.include_router(routes.router)
        app.state.services = SimpleNamespace(store=store, attachments=files, limiter=RateLimiter(1000))
        conversation, token = await store.start_conversation("web")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
            yield Door(http, files, conversation.id, token)


async def test_every_bad_file_is_refused_in_plain_words_and_the_next_good_one_is_taken(door: Door) -> None:
    for content, status, title, words in (
        (b"", 422, "file_empty", "trống"),
        (b"MZ a program", 415, "file_type", "ảnh (JPEG, PNG, HEIC) hoặc tệp PDF"),
        (b"<svg onload=alert(1)>", 415, "file_type", "chụp ảnh giấy này"),
        (jpeg(page())[:3000], 422, "broken", "hỏng"),
        (plain()[:300], 422, "broken", "chụp ảnh giấy này"),
        (jpeg(Image.new("RGB", (900, 700))), 422, "black", "đen hết"),
        (jpeg(page()) + b"a virus", 422, "infected", "mã độc"),
        (jpeg(page()) + b"no scanner", 503, "unscanned", "sau ít phút"),
        (bytes_of(MOST_BYTES + 1), 413, "file_too_large", "lớn quá 3 MB"),
        (bytes_of(MOST_BYTES * 2), 413, "too_large", "quá lớn"),
    ):
        answer = await door.sends(content)
        told = answer.json()
        assert (answer.status_code, told["title"]) == (status, title), told
        assert words in told["detail"] and ("Retry-After" in answer.headers) == (status == 503)
    taken = await door.sends(jpeg(page(), comment=b"at home"), "../tờ\u202e khai.exe")
    assert taken.status_code == 201 and set(taken.json()) == {"attachment_id"}
    kept = await door.files.find(door.id, taken.json()["attachment_id"])
    content = b"".join([piece async for piece in door.files.read(kept)])
    assert opened(content).format == "JPEG" and b"at home" not in content and kept.name == "tờ khai.jpg"
    assert len(list(door.files._folder.iterdir())) == 1, "nothing is left of what was refused"
