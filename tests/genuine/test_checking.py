"""A notice of ours proves itself, wherever it is asked about; a copied code below other words does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot import problems
from bot.channels.reply import Reply
from bot.events import Events
from bot.flows import Gateway
from bot.genuine.checking import TRIES_PER_MINUTE, Checked, Checking
from bot.genuine.codes import NoticeCodes, read_code
from bot.genuine.marking import is_code, new_code
from bot.genuine.routes import PATH, router
from bot.ratelimit import RateLimiter
from bot.store import Store
from bot.underway import Heard
from tests.submission.journeys import TODAY

NOTICE = "Hồ sơ MC-261124-ABCDEF đã được tiếp nhận. Ngày hẹn trả: 30/11/2026. Điện thoại 0912345678."


@pytest.fixture
def checking(store: Store) -> Checking:
    return Checking(NoticeCodes(store), "motcua.example.vn", "1800 1096")


@pytest.fixture
async def citizen(store: Store) -> str:
    return (await store.start_conversation("telegram", "an"))[0].id


@pytest.fixture
async def notice(store: Store, citizen: str) -> str:
    """A notice as its citizen received it."""
    await Gateway(store, None, Events(), "1800").notify(citizen, Reply(text=NOTICE))
    return (await store.history(citizen))[-1]["replies"][0]["text"]


async def asks(checking: Checking, text: str | None = None, waits: bool = False, **more: object) -> Checked | None:
    return await checking.take(Heard(str(more.pop("who", "someone")), b"1", TODAY, "web", text=text, **more), waits)


def told(checked: Checked | None) -> str:
    return checked.outcome.replies[0].text


def test_a_code_is_read_in_any_spelling_and_words_are_no_code() -> None:
    assert read_code("mã kt-abcd-2345 nhé") == read_code("KTABCD2345") == read_code("KT ABCD 2345") == "ABCD2345"
    assert read_code("KT-ABCD-EFGH") is read_code("MC-ABCD-2345") is read_code("") is read_code("XKT-ABCD-2345") is None
    assert all(is_code(new_code()) for _ in range(200))


async def test_every_notice_carries_its_own_code_and_it_is_found(
    checking: Checking, notice: str, store: Store, citizen: str
) -> None:
    assert notice.startswith(NOTICE) and read_code(notice)
    await Gateway(store, None, Events(), "1800").notify(citizen, Reply(text=NOTICE))
    assert read_code((await store.history(citizen))[-1]["replies"][0]["text"]) != read_code(notice)
    answer = told(await asks(checking, f"KT-{read_code(notice)}"))
    assert "do mình gửi lúc 15:00 ngày 24/11/2026 qua Telegram" in answer and "đã được tiếp nhận" in answer
    assert "0912345678" not in answer and "Bạn so từng chữ" in answer


async def test_the_whole_notice_pasted_is_compared_and_other_words_above_the_code_are_caught(
    checking: Checking, notice: str
) -> None:
    assert "Bạn so từng chữ" in told(await asks(checking, f"tin này có thật không ạ\n{notice}"))
    code = re.search(r"KT-\S+", notice)[0]
    forgeries = (
        f"Hồ sơ của bạn bị lỗi, nộp 500.000 đồng vào số tài khoản 123 để được giải quyết trong hôm nay nhé bạn. {code}",
        notice.replace("Ngày hẹn", "Bấm https://vneid.top để xem. Ngày hẹn"),
        f"xem tại vneid.top {code}",
        f"gọi 0987654321 {code}",
        f"chuyển khoản ngay {code}",
    )
    for forgery in forgeries:
        assert "mượn mã để lừa" in told(await asks(checking, forgery, who=forgery)), forgery


async def test_a_code_nobody_gave_is_not_ours(checking: Checking, notice: str) -> None:
    assert "không gửi tin nào mang mã này" in told(await asks(checking, "KT-ABCD-2345"))


async def test_an_erased_notice_is_still_known_but_not_its_words(
    checking: Checking, notice: str, store: Store, citizen: str
) -> None:
    await store.erase(citizen)
    answer = told(await asks(checking, notice))
    assert "đã được xóa" in answer and "tiếp nhận" not in answer


async def test_guessing_codes_is_slowed_down(checking: Checking) -> None:
    for _ in range(TRIES_PER_MINUTE):
        await asks(checking, "KT-ABCD-2345")
    assert "Đợi một phút" in told(await asks(checking, "KT-ABCD-2346"))
    assert "không gửi tin nào" in told(await asks(checking, "KT-ABCD-2346", who="another"))


async def test_the_question_alone_asks_for_the_message_and_the_next_one_is_looked_at(checking: Checking) -> None:
    first = await asks(checking, "tin này có thật không?")
    assert first.waits and "chép tin nhắn" in told(first)
    second = await asks(checking, "Mời anh chị nộp tiền điện qua ví điện tử", waits=True)
    assert not second.waits and "đáng ngờ" in told(second)
    assert (await asks(checking, payload="gn:")).waits
    assert await asks(checking, payload="gn:x") is None and await asks(checking, "khai sinh cần gì") is None


async def test_a_pasted_fraud_gets_its_signs_and_what_to_do(checking: Checking) -> None:
    answer = told(await asks(checking, "link này có an toàn không: cập nhật tại http://vneid-capnhat.top, đọc mã OTP"))
    for part in ("mã OTP", "vneid-capnhat.top mượn tên", "đừng bấm link", "113", "1800 1096"):
        assert part in answer, part


@pytest.fixture
def page(checking: Checking, store: Store) -> Iterator[TestClient]:
    app = FastAPI()
    problems.install(app)
    app.state.services = SimpleNamespace(settings=store.settings, checking=checking, limiter=RateLimiter(1_000))
    app.include_router(router)
    with TestClient(app) as client:
        yield client


def test_the_public_page_asks_answers_and_lets_nothing_in(page: TestClient) -> None:
    empty = page.get(PATH)
    assert empty.status_code == 200 and "Tin này có thật không" in empty.text
    assert "no-store" in empty.headers["cache-control"] and "script" not in empty.text
    pasted = page.post(PATH, data={"tin": "<script>alert(1)</script> đọc mã OTP tại vneid.top"})
    assert "<script>" not in pasted.text and "vneid.top mượn tên" in pasted.text
    assert "Bạn chưa dán gì cả" in page.post(PATH, data={"tin": "  "}).text
    assert page.post(PATH, data={"tin": "đ" * 50_000}).status_code == 200
    assert page.post(PATH).status_code == 200
