"""Codes, numbers, places and names in a message."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.dialogue.entities import Recogniser

LOOKUPS = Path(__file__).parents[2] / "nlu_data" / "lookups"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    shapes: dict[str, list[str]] = {}
    names: dict[str, list[str]] = {"procedure": ["đăng ký kết hôn", "giấy độc thân"]}
    for path in LOOKUPS.glob("*.yml"):
        for part in yaml.safe_load(path.read_text("utf-8"))["nlu"]:
            kind = shapes if "regex" in part else names
            name = part.get("regex") or part.get("lookup")
            kind.setdefault(name, []).extend(line.removeprefix("- ") for line in part["examples"].splitlines())
    return Recogniser.build(shapes, names)


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("tra giúp 000.00.04.H51-200221-0001 với", "dossier_code", "000.00.04.H51-200221-0001"),
        ("ma h36.00.123-260115-0001", "dossier_code", "h36.00.123-260115-0001"),
        ("số căn cước 040090123456 của tôi", "citizen_id", "040090123456"),
        ("gọi 0912 345 678 nhé", "phone", "0912 345 678"),
        ("sdt +84912345678", "phone", "+84912345678"),
        ("đã nộp 50.000đ", "money", "50.000đ"),
        ("hết 2 triệu à", "money", "2 triệu"),
        ("hẹn ngày 15/3/2026", "date", "15/3/2026"),
        ("tôi ở phường Thành Vinh", "place", "phường Thành Vinh"),
        ("em o nghe an a", "place", "nghe an"),
        ("muon dang ky ket hon", "procedure", "dang ky ket hon"),
    ],
)
def test_what_is_looked_for_is_found_where_it_stands(
    recogniser: Recogniser, text: str, entity: str, value: str
) -> None:
    spans = [span for span in recogniser.find(text) if span.entity == entity]
    assert [span.value for span in spans] == [value]
    assert text[spans[0].start : spans[0].end] == value


@pytest.mark.parametrize("text", ["", "   ", "làm căn cước", "1.001193", "12345", "🙂", "ngày mai"])
def test_nothing_is_found_in_a_message_without_any(recogniser: Recogniser, text: str) -> None:
    assert recogniser.find(text) == []


def test_a_dossier_code_is_not_also_a_date_or_a_number(recogniser: Recogniser) -> None:
    assert [span.entity for span in recogniser.find("H36.00.123-260115-0001")] == ["dossier_code"]
