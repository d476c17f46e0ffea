"""Helper mode over HTTP: who may open it, what is refused with a status and a line in the audit."""

from __future__ import annotations

import re

import pytest

from tests.desk.people import (
    DUA,
    LEAD,
    Helper,
    People,
    a_browser,
    people,  # noqa: F401 — fixtures
    sen,  # noqa: F401
)
from tests.gateway import Citizen

pytestmark = pytest.mark.slow
BIRTH = "1.001193"


def opened(helper: Helper) -> tuple[str, str]:
    """The session's address, and the code on the helper's screen."""
    page = helper.post("/desk/lam-giup", code=BIRTH).text
    return re.search(r"/desk/lam-giup/\w{32}", page)[0], re.search(r"<strong>(\d{3} \d{3})</strong>", page)[1]


def agreed(helper: Helper, citizen: Citizen) -> str:
    path, code = opened(helper)
    citizen.says(f"giúp {code}")
    citizen.presses(citizen.payloads[0])
    number = re.search(r"\d{3} \d{3}", citizen.text)[0]
    assert helper.post(f"{path}/so", number=number).status_code == 303
    return path


def answers(helper: Helper, path: str, **said: str) -> int:
    return helper.post(f"{path}/tra-loi", message_id=str(said), **said).status_code


def ended(helper: Helper, path: str) -> None:
    helper.post(f"{path}/thoi")


def test_from_the_search_to_the_citizens_own_press(sen: Helper, people: People, citizen: Citizen) -> None:  # noqa: F811
    page = sen.http.get("/desk/lam-giup", params={"q": "khai sinh"})
    assert BIRTH in page.text and "mật khẩu VNeID" in page.text
    path = agreed(sen, citizen)
    page = sen.http.get(path).text
    assert "Câu 1" in page and "j:send" not in page and "j:pause" not in page
    tag = re.search(r'value="a:([0-9a-f]{8}):', page)[1]
    for verb in ("send", "done", "drop", "pause", "code"):
        assert answers(sen, path, payload=f"j:{verb}:{tag}") == 403
        entry = people.audit()[0]
        assert (entry.act, entry.outcome, entry.subject) == ("assist_answer", "denied", path.split("/")[-1])
    assert answers(sen, path, payload=re.search(r'value="(a:[^"]+)"', page)[1]) == 303
    assert "Đã trả lời 1 câu" in sen.http.get(path).text
    assert people.audit()[0].act == "assist"
    assert citizen.says("làm tiếp")["turn"]["question"]
    citizen.says("thôi không cho làm giúp nữa")
    assert "Bà con không cho làm giúp nữa" in sen.http.get(path).text
    assert answers(sen, path, text="Nguyễn Văn An") == 303
    assert "Nguyễn Văn An" not in sen.http.get(path).text


def test_nobody_else_opens_it_by_its_address(
    gateway: str,
    sen: Helper,  # noqa: F811
    people: People,  # noqa: F811
    citizen: Citizen,
) -> None:
    path = agreed(sen, citizen)
    for phone in (DUA, LEAD):  # of another ward; responsible for the team
        stranger = a_browser(gateway)
        stranger.signs_in(phone)
        assert stranger.http.get(path).status_code == 403
        assert (people.audit()[0].act, people.audit()[0].outcome) == ("assist", "denied")
        for door in ("so", "tra-loi", "gui-xem", "thoi", "ma", "zalo", "duong-dan"):
            assert stranger.post(f"{path}/{door}", message_id="m", number="1").status_code == 403
        assert stranger.http.get(f"{path}/tinh-trang").status_code == 403
    assert a_browser(gateway).http.get(path).headers["location"] == "/desk/vao"
    ended(sen, path)


def test_a_code_is_in_no_address_and_a_wrong_number_is_told(
    sen: Helper,  # noqa: F811
    citizen: Citizen,
) -> None:
    path, code = opened(sen)
    assert code not in sen.http.get(path).text and "Lấy mã mới" in sen.http.get(path).text
    citizen.says(f"giúp {code}")
    assert sen.http.get(f"{path}/tinh-trang").json() == {"now": "asked:0"}
    citizen.presses(citizen.payloads[0])
    number = re.search(r"\d{3} \d{3}", citizen.text)[0]
    wrong = f"{(int(number.replace(' ', '')) + 1) % 10**6:06}"
    assert "Còn thử được 2 lần" in sen.post(f"{path}/so", number=wrong).text
    sen.post(f"{path}/so", number="x")
    sen.post(f"{path}/so", number=wrong)
    assert "Nhập sai số nhiều lần" in sen.http.get(path).text
    assert sen.post(f"{path}/so", number=number).status_code == 303
    assert "Nhập sai số nhiều lần" in sen.http.get(path).text


def test_odd_addresses_and_bodies_break_nothing(sen: Helper) -> None:  # noqa: F811
    assert sen.http.get("/desk/lam-giup/" + "a" * 300).status_code == 404
    assert sen.http.get("/desk/lam-giup/%00").status_code == 404
    assert sen.post("/desk/lam-giup", code="0.000000").headers["location"].endswith("tin=cannot")
    assert "chưa làm được ở đây" in sen.http.get("/desk/lam-giup?tin=cannot").text
    assert sen.http.get("/desk/lam-giup?tin=ask&q=%20").status_code == 200
    path, _ = opened(sen)
    assert sen.post(f"{path}/tra-loi", message_id="m", text="x" * 5_000).status_code == 422
    assert answers(sen, path, text="An") == 303  # nobody has agreed
    ended(sen, path)


def test_without_templates_nothing_is_sent_to_telephones_and_nothing_says_so(
    sen: Helper,  # noqa: F811
    people: People,  # noqa: F811
) -> None:
    path, _ = opened(sen)
    assert "theo số điện thoại" not in sen.http.get(path).text + sen.http.get("/desk/lam-giup").text
    told = sen.post(f"{path}/zalo", number="0912345678").text
    assert "Tạm thời không gửi mã" in told and "0912345678" not in told
    assert (people.audit()[0].act, people.audit()[0].outcome) == ("assist_phone", "failed")
    assert sen.post(f"{path}/duong-dan").headers["location"].endswith("tin=page_failed")
    assert sen.post(f"{path}/zalo", number="9" * 200).status_code == 422
    ended(sen, path)


def test_a_forged_link_is_nobodys_page(http) -> None:
    for token in ("x" * 43, "x" * 500, "%00"):
        page = http.get(f"/helped/sheets/{token}")
        assert page.status_code == 404
    assert "đã hết hạn" in http.get(f"/helped/sheets/{'x' * 43}").text
    door = f"/helped/sheets/{'x' * 43}"
    assert http.post(door, json={"token": "m" * 43}).status_code == 404
    for body in ({}, {"token": "short"}, {"token": "m" * 43, "more": 1}, {"token": "m" * 42 + "\n"}):
        assert http.post(door, json=body).status_code == 422
