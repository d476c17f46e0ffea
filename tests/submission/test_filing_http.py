"""Four dossiers over HTTP with the trained models: a question in between, a changed answer, a restart, the end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.gateway import Citizen, serving
from tests.uploads import JPEG

pytestmark = pytest.mark.slow

BIRTH, RESIDENCE, COPIES, BUSINESS = "1.001193", "1.004222", "2.000815", "1.001612"
FOUR = (BIRTH, RESIDENCE, COPIES, BUSINESS)
CHANGES = {  # the question changed in the end, and what is answered then
    BIRTH: ("child_name", "Nguyễn Bảo An"),
    RESIDENCE: ("new_address", "26 Trần Phú, phường Tuy Hòa, tỉnh Đắk Lắk"),
    COPIES: ("paper_pages", "5"),
    BUSINESS: ("shop_name", "Tạp hóa Hồng Phúc"),
}


class Filer(Citizen):
    """Answers with the examples that come with the questions, as any client could."""

    @property
    def question(self) -> dict | None:
        return self.last["turn"]["question"]

    def attach(self) -> str:
        files = {"file": ("giay.jpg", JPEG, "image/jpeg")}
        path = f"/api/v1/conversations/{self.id}/attachments"
        made = self.http.post(path, files=files, headers=self.auth)
        assert made.status_code == 201, made.text
        return made.json()["attachment_id"]

    def sends_example(self) -> None:
        asked = self.question
        if asked["kind"] == "file":
            self._turn({"attachment_ids": [self.attach()]})
        else:
            self.says(asked["example"])
        assert self.kind == "journey" and self.question != asked, self.text

    def walks(self, most: int = 60) -> None:
        for _ in range(most):
            if self.question is None:
                return
            self.sends_example()

    def button(self, title: str) -> str:
        buttons = [one for reply in self.last["replies"] for one in reply.get("buttons", ())]
        return next(one["payload"] for one in buttons if one["title"] == title)


@pytest.fixture(scope="module")
def filed(prepared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Filer]]:
    """Each journey begun and half answered; then another process takes over and walks on to the review."""
    url = f"sqlite:///{tmp_path_factory.mktemp('filing') / 'db.sqlite3'}"
    filers: dict[str, Filer] = {}
    with serving(prepared_dir, database_url=url) as base, httpx.Client(base_url=base, timeout=30) as http:
        for code in FOUR:
            filers[code] = Filer(http).start()
            filers[code].presses(f"s:{code}")
            assert filers[code].kind == "journey" and filers[code].question
            filers[code].walks(most=3)
    with serving(prepared_dir, database_url=url) as base, httpx.Client(base_url=base, timeout=30) as http:
        for filer in filers.values():
            filer.http = http
        yield filers


@pytest.mark.parametrize("code", FOUR)
def test_a_dossier_is_filed_to_the_end(filed: dict[str, Filer], code: str) -> None:
    filer = filed[code]
    filer.says("lệ phí bao nhiêu vậy?")
    assert filer.kind == "answer" and filer.last["turn"]["facet"] == "cost" and filer.code == code
    assert filer.question, "the question still waits"
    filer.walks()
    assert "Bạn đã xem lại hết chưa?" in filer.text

    changed, answer = CHANGES[code]
    number = next(
        line.split(".")[0] for line in filer.text.splitlines() if " → " in line and _asks(filer, line, changed, code)
    )
    filer.presses(filer.button(f"Sửa câu {number}"))
    assert filer.question["id"] == changed
    filer.says(answer)
    assert filer.question is None and answer in filer.text

    filer.presses(filer.button("Đồng ý"))
    assert filer.kind == "journey"
    link = next(reply["file_url"] for reply in filer.last["replies"] if "file_url" in reply)
    page = filer.http.get(link)
    assert page.status_code == 200 and answer in page.text
    assert (
        page.headers["cache-control"] == "no-store" and "script-src 'nonce-" in page.headers["content-security-policy"]
    )
    filer.presses(filer.button("Tôi đã nộp xong"))
    assert "nộp xong hồ sơ" in filer.text


def _asks(filer: Filer, line: str, question: str, code: str) -> bool:
    procedure = filer.http.get(f"/api/v1/procedures/{code}").json()
    prompt = next(one["prompt"] for one in procedure["questions"] if one["id"] == question)
    return prompt in line


def test_a_link_that_is_forged_or_whose_dossier_is_gone_opens_nothing(filed: dict[str, Filer]) -> None:
    filer = Filer(filed[BIRTH].http).start()
    filer.presses(f"s:{COPIES}")
    filer.walks()
    filer.presses(filer.button("Đồng ý"))
    link = next(reply["file_url"] for reply in filer.last["replies"] if "file_url" in reply)
    assert filer.http.get(link).status_code == 200
    assert filer.http.get(link[:-2]).status_code == 404
    assert filer.http.delete(f"/api/v1/conversations/{filer.id}", headers=filer.auth).status_code == 204
    assert filer.http.get(link).status_code == 404


def test_words_start_a_journey_and_names_are_answers(filed: dict[str, Filer]) -> None:
    filer = Filer(filed[BIRTH].http).start()
    filer.says("tôi muốn nộp hồ sơ đăng ký tạm trú qua mạng")
    assert filer.kind == "journey", filer.text
    if filer.question is None:
        pytest.skip("another procedure than one with a journey was understood")
    filer.says("Nguyễn Văn An")
    assert filer.kind == "journey" and filer.question["id"] == "person_birth_date"


def test_an_answer_that_names_an_older_question_is_told_so(filed: dict[str, Filer]) -> None:
    filer = Filer(filed[BIRTH].http).start()
    filer.presses(f"s:{RESIDENCE}")
    filer.walks(most=1)
    body = {"message_id": uuid.uuid4().hex, "text": "Lê Thị Mây", "question_id": "person_name"}
    answer = filer.post(body).json()
    assert answer["turn"]["question"]["id"] == "person_birth_date"
    assert "đã trả lời rồi" in answer["replies"][0]["text"]


def test_a_code_goes_on_in_another_conversation(filed: dict[str, Filer]) -> None:
    filer = Filer(filed[BIRTH].http).start()
    filer.presses(f"s:{RESIDENCE}")
    filer.walks(most=1)
    filer.says("tạm dừng")
    code = "MC-" + filer.text.split("MC-")[1][:9]
    other = Filer(filed[BIRTH].http).start()
    other.says(code)
    assert other.question["id"] == "person_birth_date" and other.code == RESIDENCE
