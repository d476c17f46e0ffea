"""The HTTP contract of the README, over a real server with the trained models."""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path

import httpx
import pytest

from tests.gateway import Citizen
from tests.uploads import JPEG

pytestmark = pytest.mark.slow
ZERO_WIDTH = "\u200b\u200d\u2060\ufeff"


def test_a_birth_asked_as_people_type_it_gets_the_papers_with_source_decision_and_day(citizen: Citizen) -> None:
    for text in ("vợ em mới sinh, làm giấy khai sinh cho bé cần gì", "lam khai sinh can giay to gi"):
        citizen.says(text)
        assert (citizen.kind, citizen.code) == ("answer", "1.001193"), text
        assert "chứng sinh" in citizen.text.lower()
        assert "Nguồn:" in citizen.text and "Kiểm tra ngày" in citizen.text
        assert citizen.last["turn"]["sources"][0]["checked_on"]
        assert {"f:cost:1.001193", "f:time_limit:1.001193", "f:place:1.001193", "f:online:1.001193", "h:"} <= set(
            citizen.payloads
        )
        assert citizen.last["replies"][0]["card"]["kind"] == "checklist"


def test_a_follow_up_keeps_the_procedure(citizen: Citizen) -> None:
    citizen.says("làm giấy khai sinh cho con cần gì")
    citizen.says("còn lệ phí thì sao?")
    assert (citizen.kind, citizen.code, citizen.last["turn"]["facet"]) == ("answer", "1.001193", "cost")
    citizen.says("nộp ở đâu")
    assert (citizen.code, citizen.last["turn"]["facet"]) == ("1.001193", "place")


def test_a_button_asks_the_facet_of_its_procedure(citizen: Citizen) -> None:
    citizen.presses("f:cost:2.000815")
    assert (citizen.kind, citizen.code, citizen.last["turn"]["facet"]) == ("answer", "2.000815", "cost")
    assert "2.000 đồng" in citizen.text


def test_a_question_that_fits_nothing_says_so_and_offers_a_next_step(citizen: Citizen) -> None:
    citizen.says("xin giấy phép phóng vệ tinh lên sao Hỏa cần giấy tờ gì")
    assert citizen.kind in ("not_found", "declined", "clarify")
    assert citizen.code is None
    assert citizen.payloads


def test_the_same_message_again_returns_the_same_reply_and_does_nothing(citizen: Citizen) -> None:
    body = {"message_id": "m-1", "text": "đăng ký tạm trú cần gì"}
    first, second = citizen.post(body), citizen.post(body)
    assert first.json() == second.json()
    history = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    assert [entry["direction"] for entry in history] == ["in", "out"]


def test_two_messages_at_once_are_answered_in_order(citizen: Citizen) -> None:
    texts = [f"sao y giấy tờ hết bao nhiêu tiền {number}" for number in range(6)]
    threads = [
        threading.Thread(target=citizen.post, args=({"message_id": uuid.uuid4().hex, "text": text},)) for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    asked = [entry["seq"] for entry in history if entry["direction"] == "in"]
    answered = [entry["reply_to"] for entry in history if entry["direction"] == "out"]
    assert sorted(answered) == asked == answered


def test_a_client_that_goes_away_is_answered_all_the_same(citizen: Citizen) -> None:
    with pytest.raises(httpx.TimeoutException):
        citizen.post({"message_id": "gone", "text": "làm căn cước cần gì"}, timeout=httpx.Timeout(5, read=0.000001))
    later = citizen.post({"message_id": "gone", "text": "làm căn cước cần gì"})
    assert later.status_code == 200 and later.json()["replies"]
    history = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    assert len([entry for entry in history if entry["direction"] == "in"]) == 1


def test_the_history_goes_on_after_a_number(citizen: Citizen) -> None:
    citizen.says("xin chào")
    first = citizen.http.get(citizen.path, headers=citizen.auth).json()["messages"]
    citizen.says("cảm ơn nhé")
    later = citizen.http.get(citizen.path, params={"after": first[-1]["seq"]}, headers=citizen.auth).json()["messages"]
    assert [entry.get("text") for entry in later if entry["direction"] == "in"] == ["cảm ơn nhé"]


def test_open_pages_are_told_what_is_new(citizen: Citizen) -> None:
    lines: list[str] = []
    path = f"/api/v1/conversations/{citizen.id}/events"
    with citizen.http.stream("GET", path, headers=citizen.auth, timeout=30) as stream:
        threading.Timer(
            0.3,
            lambda: Citizen(httpx.Client(base_url=citizen.http.base_url), citizen.id, citizen.token).says("xin chào"),
        ).start()
        for line in stream.iter_lines():
            lines.append(line)
            if line.startswith("data:") and '"out"' in line:
                break
    assert any(line.startswith("id: ") for line in lines) and "event: message" in lines


@pytest.mark.parametrize("token", [None, "x", "é"])
def test_a_conversation_opens_only_to_its_token(citizen: Citizen, token: str | None) -> None:
    headers = {"Authorization": f"Bearer {token}".encode()} if token is not None else {}
    answer = citizen.http.post(citizen.path, json={"message_id": "1", "text": "chào"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_conversation_looks_like_a_wrong_token(http: httpx.Client, citizen: Citizen) -> None:
    answer = http.post(
        "/api/v1/conversations/nobody/messages", json={"message_id": "1", "text": "x"}, headers=citizen.auth
    )
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message_id": "1"}, 422),
        ({"text": "chào"}, 422),
        ({"message_id": "", "text": "chào"}, 422),
        ({"message_id": "1", "text": 5}, 422),
        ({"message_id": "1", "text": "chào", "extra": 1}, 422),
        ({"message_id": "1", "text": "a" * 100_000}, 422),
        ({"message_id": "1", "text": "a" * 300_000}, 413),
        ({"message_id": "1", "payload": "f:" + "x" * 100}, 422),
        ({"message_id": "1", "text": "tệp đây", "attachment_ids": ["khong-co"]}, 422),
        ([], 422),
    ],
)
def test_a_bad_message_is_refused_with_a_problem(citizen: Citizen, body, status: int) -> None:
    answer = citizen.post(body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"null", b'"text"'])
def test_a_body_that_is_no_message_is_refused(citizen: Citizen, content: bytes) -> None:
    headers = {**citizen.auth, "Content-Type": "application/json"}
    assert citizen.http.post(citizen.path, content=content, headers=headers).status_code in (400, 422)


@pytest.mark.parametrize("text", ["", "   ", ZERO_WIDTH, "😀😀😀", "?!…", "\u202e\u202d"])
def test_a_message_without_words_gets_a_friendly_hint(citizen: Citizen, text: str) -> None:
    citizen.says(text)
    assert citizen.kind in ("small_talk", "declined", "clarify")
    assert citizen.code is None


def test_decomposed_letters_are_the_same_words(citizen: Citizen) -> None:
    import unicodedata

    citizen.says(unicodedata.normalize("NFD", "làm giấy khai sinh cho con cần gì"))
    assert citizen.code == "1.001193"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE messages; --",
        "{{7*7}} ${7*7} {conversation_id}",
        "/restart",
        "/action_answer",
        '/ask_cost{"x":1}',
    ],
)
def test_injections_are_answered_as_words_and_obeyed_never(citizen: Citizen, text: str) -> None:
    citizen.says(text)
    assert citizen.code is None
    assert "49" not in citizen.text and "<script>" not in citizen.text


def test_a_payload_that_no_button_carries_is_answered_politely(citizen: Citizen) -> None:
    for payload in ("p:9.999999", "f:nonsense:1.001193", "x:1", "p:", "f:cost:"):
        citizen.presses(payload)
        assert citizen.code is None


def test_asking_for_a_code_or_a_password_warns(citizen: Citizen) -> None:
    citizen.says("có người xưng công an bảo tôi đọc mã OTP, có nên đọc không")
    assert citizen.kind == "safety" and "OTP" in citizen.text


def test_danger_is_answered_with_the_numbers_to_call(citizen: Citizen) -> None:
    citizen.says("cháy nhà rồi cứu với")
    assert citizen.kind == "emergency" and "114" in citizen.text


def test_everything_is_forgotten_on_request(citizen: Citizen) -> None:
    citizen.says("tôi tên Nguyễn Văn An, làm tạm trú cần gì")
    assert citizen.http.delete(f"/api/v1/conversations/{citizen.id}", headers=citizen.auth).status_code == 204
    history = citizen.http.get(citizen.path, headers=citizen.auth)
    assert history.status_code in (200, 401)
    if history.status_code == 200:
        assert history.json()["messages"] == []


def test_a_file_is_taken_by_its_content_and_bound_to_its_conversation(citizen: Citizen) -> None:
    path = f"/api/v1/conversations/{citizen.id}/attachments"
    taken = citizen.http.post(path, files={"file": ("a.png", JPEG)}, headers=citizen.auth)
    assert taken.status_code == 201
    refused = citizen.http.post(path, files={"file": ("a.png", b"MZ\x90 program")}, headers=citizen.auth)
    assert refused.status_code in (415, 422)
    stranger = Citizen(citizen.http).start()
    stolen = stranger.post({"message_id": "1", "attachment_ids": [taken.json()["attachment_id"]]})
    assert stolen.status_code == 422


def test_search_answers_in_the_shape_of_the_contract(http: httpx.Client) -> None:
    found = http.get(
        "/api/v1/procedures/search", params={"q": "lam giay khai sinh het bao nhieu tien", "limit": 3}
    ).json()
    assert set(found) == {"query", "decision", "results"}
    assert found["decision"] in ("match", "ambiguous", "none")
    assert set(found["results"][0]) == {"code", "name", "score", "facet", "source_url", "checked_on"}
    assert found["results"][0]["code"] == "1.001193"
    assert found["results"][0]["facet"] == "cost"


def test_a_procedure_is_read_by_its_code_and_an_unknown_one_is_not_found(http: httpx.Client) -> None:
    assert http.get("/api/v1/procedures/1.001193").json()["name"]
    missing = http.get("/api/v1/procedures/9.999999")
    assert missing.status_code == 404 and "9.999999" in missing.json()["detail"]


def test_health_metrics_and_pages_answer(http: httpx.Client) -> None:
    assert http.get("/health/live").status_code == 200
    assert http.get("/health/ready").json()["status"] == "ready"
    assert "motcua_turns_total" in http.get("/metrics").text
    assert http.get("/").status_code == 200 and "motcua-widget.js" in http.get("/").text
    assert http.get("/docs").status_code == 200
    assert http.get("/widget/motcua-widget.js").status_code == 200


WHO_MAY_CALL = {
    "open_to_all": {
        ("GET", "/api/v1/procedures/search"),
        ("GET", "/api/v1/procedures/{code}"),
        ("POST", "/api/v1/conversations"),
    },
    "holder": {
        ("POST", "/api/v1/conversations/{conversation_id}/messages"),
        ("GET", "/api/v1/conversations/{conversation_id}/messages"),
        ("DELETE", "/api/v1/conversations/{conversation_id}"),
        ("POST", "/api/v1/conversations/{conversation_id}/attachments"),
        ("GET", "/api/v1/conversations/{conversation_id}/events"),
    },
}


def test_every_route_of_the_interface_declares_who_may_call_it() -> None:
    from fastapi.routing import APIRoute

    from bot.channels import routes

    for route in routes.router.routes:
        assert isinstance(route, APIRoute)
        called = {dependency.call.__name__ for dependency in route.dependant.dependencies}
        who = "holder" if "holder" in called else "open_to_all" if "open_to_all" in called else None
        assert who, f"{route.path} declares nobody"
        assert {(method, route.path) for method in route.methods} <= WHO_MAY_CALL[who]


def test_a_channel_switched_off_tells_the_reason_whichever_door_a_message_came_by(
    prepared_dir: Path, tmp_path: Path
) -> None:
    import asyncio
    import shutil

    from bot.sandbox.telegram import TelegramSandbox, create_sandbox
    from bot.settings import Settings
    from bot.switches import set_switch
    from tests.gateway import serving
    from tests.serving import served

    data_dir = shutil.copytree(prepared_dir, tmp_path / "data")
    given = {"env": "test", "data_dir": data_dir}
    asyncio.run(set_switch(Settings(_env_file=None, **given), "channel:telegram", "đang bảo trì"))
    state = TelegramSandbox("123:ABC")
    with (
        served(create_sandbox(state)) as api,
        serving(data_dir, telegram_bot_token="123:ABC", telegram_api_base=api, telegram_mode="polling") as base,
        httpx.Client(base_url=base, timeout=30) as web,
    ):
        state.says(7, "làm giấy khai sinh cho con cần gì")
        for _ in range(100):
            if state.texts_to(7):
                break
            time.sleep(0.1)
        assert "đang bảo trì" in state.texts_to(7)[0]
        assert Citizen(web).start().says("làm giấy khai sinh cho con cần gì")["turn"]["kind"] == "answer"
        assert "motcua_outbox_waiting 0.0" in web.get("/metrics").text
