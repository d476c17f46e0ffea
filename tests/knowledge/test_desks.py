"""An operator's list of one-stop desks: read strictly, replaced whole, seen by a running server."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge import places
from knowledge.desks import BadDesks, Desks, read_list, save

PLACES = places.load()
LIST = "Xã/phường;Tỉnh;Địa chỉ;Điện thoại;Giờ làm việc\nTuy Hòa;Đắk Lắk;{address};0257 3800 100;7:30–16:30\n"


def listed(text: str, encoding: str = "utf-8"):
    return read_list(text.encode(encoding), PLACES)


def test_a_list_saved_by_a_spreadsheet_is_read() -> None:
    found = listed(LIST.format(address='"5 Điện Biên Phủ; lầu 1"'), "utf-8-sig")
    assert not found.bad
    assert (found.desks[0].ward, found.desks[0].address) == ("Phường Tuy Hòa", "5 Điện Biên Phủ; lầu 1")


def test_a_ward_that_is_none_is_left_out_and_named() -> None:
    found = listed("ward,province\nTuy Hòa,Đắk Lắk\nXứ Sở Thần Tiên,Đắk Lắk\nTuy Hòa,Đắk Lắk\n")
    assert len(found.desks) == 1
    assert [line.partition(":")[0] for line in found.bad] == ["row 3", "row 4"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", "Xã;Tỉnh\n".encode("utf-16"), b"x" * 5_000_001])
def test_what_is_no_list_is_refused_as_a_whole(content: bytes) -> None:
    with pytest.raises(BadDesks):
        read_list(content, PLACES)


def test_a_new_list_is_seen_at_once(tmp_path: Path) -> None:
    desks = Desks(tmp_path)
    assert desks.of("Phường Tuy Hòa", "Tỉnh Đắk Lắk") is None
    save(listed(LIST.format(address="5 Điện Biên Phủ")).desks, tmp_path)
    ward = PLACES.read("Tuy Hòa, Đắk Lắk").wards[0]
    assert desks.of(ward.name, ward.province).address == "5 Điện Biên Phủ"
    (tmp_path / "desks.json").unlink()
    assert desks.of(ward.name, ward.province) is None


def test_without_a_list_every_ward_may_be_served_and_with_one_only_its_own(tmp_path: Path) -> None:
    desks = Desks(tmp_path)
    assert desks.serves("Phường Tuy Hòa", "Tỉnh Đắk Lắk")
    save(listed(LIST.format(address="5 Điện Biên Phủ")).desks, tmp_path)
    assert desks.serves("Phường Tuy Hòa", "Tỉnh Đắk Lắk")
    assert not desks.serves("Phường Hải Châu", "Thành phố Đà Nẵng")
