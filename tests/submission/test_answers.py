"""Each kind of answer, as people write it, and each bad one with its reason."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.submission.answers import MOST_CHARS, PARSERS, parse
from bot.submission.asking import Asked, Person, Several, Wrong
from bot.submission.journey import Answer
from bot.wording import say, sentences
from knowledge.schema import Question
from tests.submission.journeys import TODAY, all_places, question, read

FILER = (
    {"value": "mother", "label": "Mẹ"},
    {"value": "father", "label": "Cha"},
    {"value": "relative", "label": "Ông bà hoặc người thân"},
    {"value": "other", "label": "Người khác được nhờ làm thay"},
)
MARRIED = (
    {"value": "married", "label": "Có đăng ký kết hôn"},
    {"value": "left_blank", "label": "Không, để trống phần về cha"},
)


def value(kind: str, text: str, **more: object) -> str:
    answer = read(kind, text, **more)
    assert isinstance(answer, Answer), f"{text!r} is {answer}"
    return answer.value


def reason(kind: str, text: str, **more: object) -> str:
    wrong = read(kind, text, **more)
    assert isinstance(wrong, Wrong), f"{text!r} is {wrong}"
    return wrong.key


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15/3/85", "1985-03-15"),
        ("15-3-1985", "1985-03-15"),
        ("15.3.1985", "1985-03-15"),
        ("15 3 1985", "1985-03-15"),
        ("1985-03-15", "1985-03-15"),
        ("15031985", "1985-03-15"),
        ("15 tháng 3 năm 1985", "1985-03-15"),
        ("15 thang 3 nam 85", "1985-03-15"),
        ("dạ bé sinh ngày 2 tháng 11 năm 2026 ạ", "2026-11-02"),
        ("hôm qua", "2026-11-24"),
        ("hom qua", "2026-11-24"),
        ("dạ hôm nay ạ", "2026-11-25"),
        ("2/11/26", "2026-11-02"),
    ],
)
def test_a_birth_day_is_read_as_people_write_it(text: str, day: str) -> None:
    assert value("date", text, id="birth_date") == day


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rằm tháng giêng", "date_lunar"),
        ("mùng 2 tháng 5 năm 1990", "date_lunar"),
        ("15/3/1985 âm lịch", "date_lunar"),
        ("2/11/27", "date_no_century"),
        ("31/2/2020", "date_impossible"),
        ("03/15/1985", "date_impossible"),
        ("00/01/2000", "date_impossible"),
        ("15/3", "date_no_year"),
        ("15 tháng 3", "date_no_year"),
        ("1985", "date_year_alone"),
        ("hồi đó", "date_unclear"),
        ("từ 01/12/2025 đến 28/02/2026", "date_unclear"),
        ("26/11/2026", "date_future"),
        ("ngày mai", "date_future"),
        ("1/1/1800", "date_too_old"),
    ],
)
def test_a_day_that_cannot_be_is_said_why(text: str, why: str) -> None:
    assert reason("date", text, id="birth_date") == why


def test_only_a_day_of_the_past_may_not_lie_ahead() -> None:
    assert value("date", "10/12/2027", id="return_date") == "2027-12-10"
    assert value("date", "mai", id="return_date") == "2026-11-26"
    assert reason("date", "10/12/2027", id="return_date", past=True) == "date_future"
    assert value("date", "10/12/2027", id="birth_date", past=False) == "2027-12-10"
    assert reason("date", "10/12/2090", id="return_date") == "date_too_far"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        ("nguyễn văn an ạ", "Nguyễn Văn An"),
        ("NGUYỄN VĂN AN", "Nguyễn Văn An"),
        ("nguyen van an", "Nguyen Van An"),
        ("dạ bé tên là Nguyễn Minh An ạ", "Nguyễn Minh An"),
        ("em tên: lê hoa", "Lê Hoa"),
        ("Ông Thị Lan", "Ông Thị Lan"),
        ("Y Bih Niê", "Y Bih Niê"),
        ("Trần Thị Á", "Trần Thị Á"),
        ("Jean-Pierre D’Arc", "Jean-Pierre D’Arc"),
    ],
)
def test_a_name_is_kept_and_what_is_around_it_dropped(text: str, name: str) -> None:
    assert value("person_name", text) == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("An", "name_full"),
        ("Nguyễn Văn 5", "name_letters"),
        ("Nguyễn Văn 😀", "name_letters"),
        ("김민수 이", "name_letters"),
        ("Иван Петров", "name_letters"),
        ("what do you want", "name_words"),
        ("đồng ý", "name_words"),
        ("không có", "name_words"),
        ("a " * 30, "name_long"),
        ("Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa Bb", "name_long"),
    ],
)
def test_what_is_no_name_is_said_why(text: str, why: str) -> None:
    assert reason("person_name", text) == why


@pytest.mark.parametrize("text", ["054195001234", "054 195 001 234", "054.195.001.234", "số là 054195001234 ạ"])
def test_a_citizen_id_is_twelve_digits(text: str) -> None:
    assert value("citizen_id", text) == "054195001234"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("12345678", "id_digits"),
        ("0541950012345", "id_digits"),
        ("123456789", "id_old"),
        ("099195001234", "id_province"),
        ("054399001234", "id_future"),
        ("không nhớ", "id_digits"),
    ],
)
def test_a_wrong_citizen_id_is_said_why(text: str, why: str) -> None:
    assert reason("citizen_id", text) == why


def test_a_citizen_id_agrees_with_the_birth_date_and_sex_told_before() -> None:
    born = Person(birth_date=dt.date(1995, 6, 12), sex="female", birth_date_step="mother_birth_date")
    assert value("citizen_id", "054195001234", person=born) == "054195001234"
    wrong = read("citizen_id", "054185001234", person=born)
    assert isinstance(wrong, Wrong)
    assert (wrong.key, wrong.values["year"], wrong.edit) == ("id_birth_year", 1985, "mother_birth_date")
    assert reason("citizen_id", "054095001234", person=born) == "id_is_male"
    assert reason("citizen_id", "054195001234", person=Person(sex="male")) == "id_is_female"


def test_an_id_of_someone_born_abroad_is_taken() -> None:
    assert value("citizen_id", "201095001234") == "201095001234"


@pytest.mark.parametrize("text", ["0912345678", "+84 912 345 678", "84912345678", "0912.345.678", "sđt 0912345678 nhé"])
def test_a_telephone_number_is_read_however_it_is_grouped(text: str) -> None:
    assert value("phone", text) == "0912345678"


@pytest.mark.parametrize(
    ("text", "why"), [("123", "phone_digits"), ("01234567890", "phone_old"), ("0123456789", "phone_digits")]
)
def test_a_wrong_telephone_number_is_said_why(text: str, why: str) -> None:
    assert reason("phone", text) == why


def test_a_landline_counts_as_a_telephone() -> None:
    assert value("phone", "0257 3823456") == "02573823456"


@pytest.mark.parametrize(
    ("text", "email"),
    [("A@B.com", "a@b.com"), ("mail của mình là be @gmail.com", None), ("be@gmail.com ạ", "be@gmail.com")]
    + [("abc@gmail", None), ("a..b@c.com", None), ("tran thi be @ gmail.com", None)],
)
def test_an_email_is_one_address(text: str, email: str | None) -> None:
    assert (value("email", text) if email else reason("email", text)) == (email or "email")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("50000000", 50_000_000),
        ("2.000.000 đồng", 2_000_000),
        ("2 triệu rưỡi", 2_500_000),
        ("2tr5", 2_500_000),
        ("2,5 triệu", 2_500_000),
        ("2 triệu 500", 2_500_000),
        ("500k", 500_000),
        ("năm trăm nghìn", 500_000),
        ("hai mươi triệu", 20_000_000),
        ("mười lăm triệu", 15_000_000),
        ("1 tỷ 2", 1_200_000_000),
        ("1 tỷ 200 triệu", 1_200_000_000),
        ("khoảng 50 triệu", 50_000_000),
        ("0", 0),
    ],
)
def test_money_is_read_as_people_say_it(text: str, amount: int) -> None:
    assert value("money", text) == str(amount)


@pytest.mark.parametrize(
    ("text", "why"),
    [("nhiều", "money_unclear"), ("-5", "number_negative"), ("2-3 triệu", "number_range"), ("9" * 30, "number_large")]
    + [("triệu", "money_unclear"), ("hai trăm rưỡi", "money_unclear")],
)
def test_a_wrong_amount_is_said_why(text: str, why: str) -> None:
    assert reason("money", text) == why


@pytest.mark.parametrize(
    ("text", "count"),
    [("2", "2"), ("2 bản", "2"), ("hai", "2"), ("hai bản", "2"), ("mười hai", "12"), ("120,5", "120.5")]
    + [("1.500", "1500"), ("٣", "3")],
)
def test_a_number_is_read_in_figures_or_words(text: str, count: str) -> None:
    assert value("number", text) == count


@pytest.mark.parametrize("text", ["nhiều lắm", "hai ba cái", "1 2", "1e5"])
def test_two_numbers_or_none_are_asked_back(text: str) -> None:
    assert reason("number", text) == "number_unclear"


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("78A-123.45", "78A-123.45"),
        ("78a12345", "78A-123.45"),
        ("78-B1 234.56", "78B1-234.56"),
        ("78A 1234", "78A-1234"),
    ],
)
def test_a_plate_is_written_in_one_way(text: str, plate: str) -> None:
    assert value("plate_number", text) == plate


def test_what_is_no_plate_is_told() -> None:
    assert reason("plate_number", "xe máy") == "plate"


@pytest.mark.parametrize(
    ("text", "code"),
    [("0100109106", "0100109106"), ("0100109106-001", "0100109106-001"), ("054195001234", "054195001234")],
)
def test_an_organisation_code_is_checked(text: str, code: str) -> None:
    assert value("organisation_code", text) == code


def test_an_organisation_code_with_a_slip_is_told() -> None:
    assert reason("organisation_code", "0100109107") == "organisation_check"
    assert reason("organisation_code", "123") == "organisation_digits"


@pytest.mark.parametrize("text", ["thửa 125, tờ bản đồ 18", "tờ 18 thửa 125", "to ban do so 18, thua dat so 125"])
def test_a_parcel_has_its_number_and_its_sheet(text: str) -> None:
    answer = read("land_parcel", text)
    assert answer == Answer("18/125", say("filing.parcel", parcel="125", sheet="18"))


@pytest.mark.parametrize(
    ("text", "why"),
    [("125/18", "parcel_which"), ("thửa 125", "parcel_sheet"), ("tờ 18", "parcel_number"), ("125", "parcel")],
)
def test_half_a_parcel_is_asked_back(text: str, why: str) -> None:
    assert reason("land_parcel", text) == why


@pytest.mark.parametrize(
    ("text", "is_yes"),
    [("ừ", True), ("dạ có", True), ("có rồi", True), ("dạ", True), ("ok", True), ("đúng rồi ạ", True)]
    + [("dạ em có rồi", True), ("ko", False), ("chưa", False), ("dạ chưa ạ", False), ("không có", False)]
    + [("k", False), ("hông", False)],
)  # fmt: skip
def test_yes_and_no_are_understood(text: str, is_yes: bool) -> None:
    assert read("yes_no", text) == (Answer("yes", say("filing.yes")) if is_yes else Answer("no", say("filing.no")))


@pytest.mark.parametrize("text", ["có không", "để xem đã", "em đang tính thêm vài bữa nữa rồi báo"])
def test_neither_yes_nor_no_is_asked_back(text: str) -> None:
    assert reason("yes_no", text) == "yes_no"


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("Mẹ", "mother"), ("me", "mother"), ("má", "mother"), ("bố", "father"), ("ba", "father"), ("2", "father")]
    + [("số 3", "relative"), ("ông bà", "relative"), ("bà ngoại", "relative"), ("dạ em là mẹ của bé", "mother")],
)
def test_a_choice_is_made_by_number_or_by_its_words(text: str, chosen: str) -> None:
    assert value("choice", text, choices=FILER) == chosen


@pytest.mark.parametrize("text", ["5", "0", "người", "hàng xóm"])
def test_what_is_no_choice_or_several_is_asked_back(text: str) -> None:
    assert reason("choice", text, choices=FILER) == "choice"


@pytest.mark.parametrize(("text", "chosen"), [("có", "married"), ("ko", "left_blank"), ("không", "left_blank")])
def test_a_yes_among_choices_is_the_one_that_says_so(text: str, chosen: str) -> None:
    assert value("choice", text, choices=MARRIED) == chosen


def test_an_address_tells_the_ward_of_today() -> None:
    today = read("address", "45 Nguyễn Huệ, phường Tuy Hòa, tỉnh Đắk Lắk")
    assert today == Answer("daklak.phuongtuyhoa", "45 Nguyễn Huệ, phường Tuy Hòa, tỉnh Đắk Lắk")
    old = read("address", "45 Nguyễn Huệ, phường 7, Tuy Hòa, Phú Yên")
    assert old.value == "daklak.phuongtuyhoa"
    assert "phường 7" in old.shown and "nay là Phường Tuy Hòa" in old.shown


def test_a_ward_of_several_is_asked_back_and_never_guessed() -> None:
    several = read("address", "Hòa An, Phú Yên")
    assert isinstance(several, Several) and len(several.wards) == 2
    chosen = read("address", "Hòa An, Phú Yên", ward=several.wards[1])
    assert chosen.value == several.wards[1].key


@pytest.mark.parametrize(
    ("text", "why"), [("phường 1", "address_many"), ("nhà tôi", "address"), ("Hà Nội", "address_ward")]
)
def test_an_address_without_a_ward_is_asked_back(text: str, why: str) -> None:
    assert reason("address", text) == why


@pytest.mark.parametrize("kind", sorted(PARSERS))
@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀🎉", "\u200b\u200d", "x" * 100_000, "...", "\x00\x07", "<b>alert(1)</b>", "{0} {name}", "٠" * 12],
)  # fmt: skip
def test_no_message_breaks_any_kind(kind: str, text: str) -> None:
    choices = FILER if kind == "choice" else ()
    parsed = parse(text, Asked(question("x", kind, choices=choices), TODAY, all_places()))
    if isinstance(parsed, Wrong):
        assert say(f"filing.wrong.{parsed.key}", **parsed.values)
    if not text.strip() or len(text) > MOST_CHARS:
        assert isinstance(parsed, Wrong)


def test_every_kind_of_the_schema_can_be_read() -> None:
    from typing import get_args

    kinds = set(get_args(Question.model_fields["kind"].annotation))
    assert kinds == set(PARSERS) | {"file"}


def test_every_reason_is_a_sentence_that_someone_gives() -> None:
    from pathlib import Path

    code = "\n".join(path.read_text("utf-8") for path in Path("bot/submission").glob("*.py"))
    keys = {key.removeprefix("filing.wrong.") for key in sentences() if key.startswith("filing.wrong.")}
    unused = {key for key in keys if f'"{key}"' not in code and key not in ("id_is_male", "id_is_female", "no_file")}
    assert not unused
