"""What tells a fraud is seen in the words of those who try it; a plain message is not called safe."""

from __future__ import annotations

import pytest

from bot.genuine.signs import asks_whether_genuine, examine, host_of, pasted
from bot.genuine.telling import of_text

OWN = "motcua.example.vn"


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Công an xã đây, anh đọc mã OTP vừa gửi về máy để cập nhật VNeID", {"code"}),
        ("Chi dien luc: chuyen khoan 500k vao so tai khoan 123 neu khong se bi cat dien trong 24h", {"money", "hurry"}),
        ("Bạn liên quan đến vụ án rửa tiền, tuyệt đối bí mật, không nói với ai", {"threat", "secret"}),
        ("Tải ứng dụng dịch vụ công tại đây rồi quét mặt", {"app"}),
        ("Chúc mừng bạn trúng thưởng, gửi ảnh căn cước để nhận quà", {"prize", "papers"}),
        ("Mời bạn đến nhận kết quả hồ sơ vào chiều thứ tư", set()),
    ],
)
def test_signs_are_seen_with_and_without_diacritics(text: str, signs: set[str]) -> None:
    assert set(examine(text).signs) == signs


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("https://dichvucong.gov.vn/p/home", "official"),
        ("HTTPS://DichVuCong.GOV.VN", "official"),
        ("http://dichvucong.gov.vn.vneid-capnhat.com/x", "borrowed"),
        ("https://dichvucong.gov.vn@evil.top/login", "strange"),
        ("dichvucong-gov.com", "borrowed"),
        ("vneid.top/capnhat", "borrowed"),
        ("xgov.vn", "borrowed"),
        ("bit.ly/3abc", "shortened"),
        ("http://103.12.9.4/apk", "strange"),
        ("https://motcua.example.vn/kiem-tra", "ours"),
        ("https://motcua.example.vn.evil.com/", "borrowed"),
        ("shop.example.com", "strange"),
    ],
)
def test_a_link_is_judged_by_the_host_it_leads_to(link: str, kind: str) -> None:
    assert [one.kind for one in examine(f"bấm vào {link} nhé", OWN).links] == [kind]


def test_what_is_no_address_is_not_called_one() -> None:
    assert examine("phí 3.500.000 đồng, v.v. xem ngày 25.11.2026. Cảm ơn").links == ()
    assert host_of("http://[::1") is None and host_of("...") is None and host_of("") is None


def test_numbers_are_seen_and_those_from_abroad_named() -> None:
    found = examine("gọi 0912 345 678 hoặc +44 20 7946 0958 ngay")
    assert found.phones == ("0912345678", "442079460958") and found.is_foreign
    assert not examine("gọi +84 912 345 678").is_foreign


def test_only_a_question_about_something_received_is_one() -> None:
    for text in (
        "Tin này có thật không ạ?",
        "so nay co phai lua dao ko 0912345678",
        "link này có an toàn không vneid.top",
    ):
        assert asks_whether_genuine(text), text
    for text in ("làm khai sinh có thật sự cần giấy chứng sinh không", "", "đăng ký tạm trú", "x" * 90_000):
        assert not asks_whether_genuine(text), text[:40]


def test_the_question_alone_has_nothing_pasted() -> None:
    assert pasted("Tin này có thật không ạ?") == "" == pasted("dạ số này có phải lừa đảo không ad")
    for text in ("số này có phải lừa đảo không 0912345678", "tin này có thật không: bạn bị phạt nguội hãy nộp tiền"):
        assert pasted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mời bạn đến nhận kết quả",
        "https://dichvucong.gov.vn",
        "1800 1096",
        "a" * 4_000,
        "🙂",
        "mã otp bit.ly/x +44123456789",
    ],
)
def test_no_answer_ever_says_that_it_is_safe_and_each_says_what_to_do(text: str) -> None:
    told = of_text(examine(text, OWN), "1800 1096").lower()
    for word in ("an toàn", "yên tâm", "tin được", "là thật."):
        assert word not in told.replace("không có nghĩa tin này là thật.", ""), word
    assert "đừng bấm link" in told and "156" in told and "1800 1096" in told
