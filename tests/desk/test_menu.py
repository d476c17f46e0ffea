"""The desk's menu: a line for everybody's pages, and one word that opens, without a script, for those of a province."""

from __future__ import annotations

import re

import pytest

from bot.desk.pages import render
from bot.handoff.people import Role
from tests.desk.rooms import somebody


def menu(role: Role, here: str = "figures.html") -> str:
    page = render(here, me=somebody(role), form_token="form", note="", teams=[], days=30)
    return re.search(r"<nav.*?</nav>", page, re.DOTALL)[0]


def behind_the_word(found: str) -> list[str]:
    inside = re.search(r"<details.*?</details>", found, re.DOTALL)
    return re.findall(r'href="([^"]+)"', inside[0]) if inside else []


def test_what_a_province_runs_stands_behind_one_word_which_says_where_one_is() -> None:
    found = menu(Role.province_admin)
    behind = behind_the_word(found)
    assert behind == [f"/desk/{one}" for one in ("so-lieu", "cau-hoi", "tien", "thong-bao", "thu-hong")]
    assert len(re.findall("<a ", found)) == len(behind) + 5
    assert "Quản trị: Số liệu" in found and 'href="/desk/so-lieu" aria-current="page"' in found


@pytest.mark.parametrize("role", [Role.team_lead, Role.ward_officer])
def test_a_single_page_stands_in_the_line_itself(role: Role) -> None:
    found = menu(role)
    assert behind_the_word(found) == [] and "/desk/so-lieu" in found and "/desk/tien" not in found


def test_a_helper_sees_no_page_that_would_be_refused() -> None:
    found = menu(Role.helper)
    assert behind_the_word(found) == [] and "/desk/so-lieu" not in found and "/desk/phan-anh" not in found
