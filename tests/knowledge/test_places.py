from __future__ import annotations

import pytest

from knowledge import places
from knowledge.places import Places


@pytest.fixture(scope="module")
def known() -> Places:
    return places.load()


def names(reading) -> set[str]:
    return {str(ward) for ward in reading.wards}


def test_the_country_has_its_wards_of_today(known: Places) -> None:
    assert len(known) == 3_321 or 3_300 < len(known) <= 3_321


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("tôi ở phường Tuy Hòa, Đắk Lắk", "Phường Tuy Hòa, Tỉnh Đắk Lắk"),
        ("nha em o xa hoa xuan dong, thi xa dong hoa, phu yen", "Xã Hòa Xuân, Tỉnh Đắk Lắk"),
        ("p. Bến Nghé q.1 tphcm", "Phường Sài Gòn, Thành phố Hồ Chí Minh"),
        ("Phường An Bình, Cần Thơ", "Phường An Bình, Thành phố Cần Thơ"),
    ],
)
def test_a_place_of_before_or_of_today_is_the_ward_of_today(known: Places, told: str, meant: str) -> None:
    assert names(known.read(told)) == {meant}


@pytest.mark.parametrize("told", ["Thôn Phú Hòa, An Mỹ, Tuy An, Phú Yên", "thon Phu Hoa xa An My huyen Tuy An"])
def test_the_name_of_a_hamlet_is_not_taken_for_a_ward(known: Places, told: str) -> None:
    assert [ward.name for ward in known.read(told).wards] == ["Xã Tuy An Nam"]


def test_a_number_that_many_districts_had_is_not_guessed(known: Places) -> None:
    reading = known.read("phường 15, tp.hcm")
    assert len(reading.wards) > 3
    assert {ward.province for ward in reading.wards} == {"Thành phố Hồ Chí Minh"}


def test_a_district_settles_which_of_them_is_meant(known: Places) -> None:
    assert len(known.read("phường 15 quận 10 tphcm").wards) < len(known.read("phường 15 tphcm").wards)


def test_a_province_alone_is_a_province(known: Places) -> None:
    reading = known.read("em ở phú yên")
    assert reading.wards == () or all(ward.province == "Tỉnh Đắk Lắk" for ward in reading.wards)
    assert reading.province == "Tỉnh Đắk Lắk"


@pytest.mark.parametrize("text", ["", "làm khai sinh cần gì", "123", "😀", "phường"])
def test_a_text_without_a_place_has_none(known: Places, text: str) -> None:
    assert known.read(text).wards == ()


def test_a_ward_is_found_again_by_its_key(known: Places) -> None:
    (ward,) = known.read("phường Tuy Hòa").wards
    assert known.ward(ward.key) == ward
    assert ward.key.isascii() and len(ward.key) < 60
