"""The desk's doors: who comes in, what they see, and that a citizen and a helper hear each other."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.desk.people import (
    DUA,
    LEAD,
    SEN,
    TRAM,
    Helper,
    People,
    a_browser,
    another,
    called,
    message_id,
    people,  # noqa: F401 — fixtures
    sen,  # noqa: F401
)
from tests.gateway import Citizen

pytestmark = pytest.mark.slow


def taken(citizen: Citizen, helper: Helper) -> str:
    """A case of this citizen that this helper has taken; its address."""
    before = set(helper.cases())
    called(citizen)
    (path,) = set(helper.cases()) - before
    assert helper.post(f"{path}/nhan").status_code == 303
    return path


def last_replies(citizen: Citizen) -> list[dict]:
    lines = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    return [reply for line in lines[-1:] for reply in line["replies"]]


# ---- coming in


def test_nobody_comes_in_without_signing_in(gateway: str, people: People) -> None:  # noqa: F811
    stranger = a_browser(gateway)
    for path in ("/desk", "/desk/tien", "/desk/cases/abc", "/desk/so-lieu"):
        answer = stranger.http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/vao"), path
    stranger.http.cookies.set("motcua_desk", "a" * 32 + ".1.9999999999.saltsalt.forged", path="/desk")
    assert stranger.http.get("/desk").status_code == 303
    assert stranger.http.get("/desk/tim?q=a", headers={"Accept": "application/json"}).status_code == 401


def test_a_wrong_password_tells_nothing_and_too_many_lock_the_account(gateway: str, people: People) -> None:  # noqa: F811
    somebody = a_browser(gateway)
    unknown = somebody.signs_in("0933999999", "sai mật khẩu")
    wrong = [somebody.signs_in(TRAM, "sai mật khẩu") for _ in range(5)]
    assert unknown.status_code == wrong[0].status_code == 401
    assert "0933999999" in unknown.text and "Số điện thoại, mật khẩu hoặc mã chưa đúng" in unknown.text
    assert "khóa 15 phút" in wrong[-1].text
    assert somebody.signs_in(TRAM).status_code == 401  # the right one does not help now


def test_a_form_of_another_page_is_refused_and_noted(sen: Helper, people: People) -> None:  # noqa: F811
    sen.form_token, token = "guessed", sen.form_token
    assert sen.post("/desk/truc", is_away="true").status_code == 403
    assert people.audit()[0].act == "form"
    sen.form_token = token
    assert sen.post("/desk/truc", is_away="false").status_code == 303


def test_signing_out_ends_every_session(gateway: str, sen: Helper) -> None:  # noqa: F811
    other = a_browser(gateway)
    other.signs_in(SEN)
    assert sen.post("/desk/ra").status_code == 303
    assert other.http.get("/desk").status_code == 303


def test_the_desk_lets_nothing_from_elsewhere_in(sen: Helper) -> None:  # noqa: F811
    answer = sen.http.get("/desk")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script>|<style>|https?://", answer.text)


# ---- areas


def test_a_helper_of_another_ward_is_refused_and_noted(
    gateway: str,
    sen: Helper,  # noqa: F811
    people: People,  # noqa: F811
    citizen: Citizen,
) -> None:
    path, stranger = taken(citizen, sen), a_browser(gateway)
    stranger.signs_in(DUA)
    assert stranger.cases() == []
    assert stranger.http.get(path).status_code == 403
    assert stranger.post(f"{path}/nhan").status_code == 403
    entry = people.audit()[0]
    assert (entry.act, entry.outcome, entry.subject) == ("case", "denied", path.split("/")[-1])
    for page in ("/desk/so-lieu", "/desk/tien", "/desk/thu-hong"):
        assert stranger.http.get(page).status_code == 403


def test_a_colleague_sees_that_a_case_is_taken_but_not_what_is_said(
    gateway: str,
    sen: Helper,  # noqa: F811
    citizen: Citizen,
) -> None:
    path, lead = taken(citizen, sen), a_browser(gateway)
    lead.signs_in(LEAD)
    assert 'id="lines"' in lead.http.get(path).text  # who answers for the team may read
    assert lead.http.get("/desk/so-lieu").status_code == 200
    citizen.says("Số em là 0912345678")
    assert "0912345678" not in sen.http.get(path).text
    assert "0912345678" in sen.http.get(f"{path}?so=1").text
    assert lead.sends(f"{path}/tin", message_id=message_id(), text="Chào").status_code == 409


def test_an_address_of_no_case_is_not_there(sen: Helper) -> None:  # noqa: F811
    assert sen.http.get("/desk/cases/00000000000000000000000000000000").status_code == 404


# ---- talking


def test_of_many_desks_that_take_a_case_at_once_one_gets_it(gateway: str, sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    lead = a_browser(gateway)
    lead.signs_in(LEAD)
    before = set(sen.cases())
    called(citizen)
    (path,) = set(sen.cases()) - before
    with ThreadPoolExecutor(8) as pool:
        where = [one.headers["location"] for one in pool.map(lambda desk: desk.post(f"{path}/nhan"), [sen, lead] * 4)]
    assert 0 < sum(one.endswith("?tin=taken") for one in where) < 8
    told = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    assert sum("người thật trả lời bạn" in str(line) for line in told) == 1


def test_a_person_has_the_word_and_the_assistant_is_silent_until_the_end(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    said = citizen.says("làm giấy khai sinh cho con cần gì")
    assert (said["replies"], said["turn"]["kind"]) == ([], "handoff")
    body = {"message_id": message_id(), "text": "Bạn mang giấy chứng sinh nhé"}
    first, again = sen.sends(f"{path}/tin", **body), sen.sends(f"{path}/tin", **body)
    assert first.json() == again.json()
    (reply,) = last_replies(citizen)
    assert (reply["text"], reply["from_person"]) == ("Bạn mang giấy chứng sinh nhé", "Chị Sen (Tổ Sa Đéc)")
    assert sen.post(f"{path}/ket-thuc", ending="solved").status_code == 303
    rating = next(button["payload"] for button in last_replies(citizen)[0]["buttons"] if button["payload"][-1] == "5")
    citizen.presses(rating)
    citizen.says("rất tốt")
    assert citizen.says("làm giấy khai sinh cho con cần gì")["turn"]["procedure_code"] == "1.001193"
    assert "rất tốt" in sen.http.get("/desk/da-xong").text


def test_a_procedure_is_put_in_with_its_card_under_the_helpers_name(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    put = sen.sends(f"{path}/thu-tuc", message_id=message_id(), code="1.001193", facet="documents")
    assert put.status_code == 200
    (reply,) = last_replies(citizen)
    assert reply["card"] and reply["from_person"].startswith("Chị Sen")
    unknown = sen.sends(f"{path}/thu-tuc", message_id=message_id(), code="9.999999", facet="documents")
    assert unknown.status_code == 422


def test_an_answer_to_the_last_words_is_offered_but_not_sent(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    citizen.says("làm giấy khai sinh cho con cần giấy tờ gì")
    offered = {draft["code"]: draft for draft in sen.http.get(f"{path}/goi-y").json()}
    assert "chứng sinh" in offered["1.001193"]["text"]
    assert last_replies(citizen) == []


def test_words_that_are_none_or_too_many_are_refused(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    assert sen.sends(f"{path}/tin", message_id=message_id(), text="  ").status_code == 422
    long = sen.sends(f"{path}/tin", message_id=message_id(), text="a" * 50_000)
    assert "4000" in long.json()["detail"]
    assert sen.sends(f"{path}/tin", message_id=message_id(), text="a" * 400_000).status_code == 413


def test_the_citizen_decides_whether_their_dossier_is_seen(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    citizen.presses("s:1.001193")
    path = taken(citizen, sen)
    answers = "người dân đã đồng ý cho xem"
    citizen.presses(next(payload for payload in citizen.payloads if payload.startswith("a:")))
    sen.post(f"{path}/xin-phep")
    (asked,) = last_replies(citizen)
    assert answers not in sen.http.get(path).text
    yes, no = (button["payload"] for button in asked["buttons"])
    citizen.presses(no)
    assert answers not in sen.http.get(path).text
    sen.post(f"{path}/xin-phep")
    citizen.presses(yes)
    assert answers in sen.http.get(path).text


def test_a_citizen_may_ask_again_end_it_or_leave_a_number(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    called(citizen)
    assert "đang chờ người nhận" in citizen.says("gặp người hỗ trợ")["replies"][0]["text"]
    waiting = next(payload for payload in citizen.payloads if payload.startswith("k:c:"))
    citizen.presses(waiting)
    citizen.says("chiều nay")
    assert "chưa thấy số điện thoại" in citizen.text
    citizen.says("0912 345 678, sau 5 giờ chiều")
    assert "đã ghi lại" in citizen.text
    tag = waiting.split(":")[-1]
    citizen.presses(f"k:w:{tag}")
    assert "đã đóng" in citizen.text
    citizen.presses(f"k:w:{tag}")  # a second tap
    assert "đã xong rồi" in citizen.text


def test_a_button_of_another_conversations_case_does_nothing(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    stranger = another(citizen)
    stranger.presses(f"k:e:{path.split('/')[-1][:8]}")
    assert "đã xong rồi" in stranger.text
    assert sen.sends(f"{path}/tin", message_id=message_id(), text="vẫn đây").status_code == 200


def test_where_nobody_helps_the_desk_and_the_hotline_are_told(citizen: Citizen, people: People) -> None:  # noqa: F811
    citizen.says("gặp người hỗ trợ")
    citizen.says("phường Mỹ Tho, Đồng Tháp")
    assert "1800 1096" in citizen.text and "Phường Mỹ Tho" in citizen.text


def test_forgetting_everything_ends_the_case(sen: Helper, citizen: Citizen) -> None:  # noqa: F811
    path = taken(citizen, sen)
    assert citizen.http.delete(citizen.path.removesuffix("/messages"), headers=citizen.auth).status_code == 204
    assert path not in sen.cases()
    assert sen.sends(f"{path}/tin", message_id=message_id(), text="còn đó không?").status_code == 409
