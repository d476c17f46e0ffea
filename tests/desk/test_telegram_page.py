"""The page where a helper connects Telegram: a code of one's own, a group's only for those who answer for the team."""

from __future__ import annotations

import pytest

from tests.desk.people import LEAD, Helper, People, a_browser, people, sen  # noqa: F401 — fixtures

pytestmark = pytest.mark.slow


def test_where_telegram_is_off_the_page_says_so_and_gives_no_code(sen: Helper) -> None:  # noqa: F811
    assert "chưa bật Telegram" in sen.http.get("/desk/telegram").text
    assert sen.post("/desk/telegram/ma").status_code == 303


def test_a_helper_gets_no_code_for_the_group_and_the_lead_may(gateway: str, sen: Helper, people: People) -> None:  # noqa: F811
    assert sen.post("/desk/telegram/ma", for_group="true").status_code == 403
    assert sen.post("/desk/telegram/ngat", for_group="true").status_code == 403
    assert {(one.act, one.outcome) for one in people.audit()} >= {("chat_code", "denied")}
    lead = a_browser(gateway)
    lead.signs_in(LEAD)
    assert lead.post("/desk/telegram/ma", for_group="true").status_code == 303
    lead.http.close()


def test_nobody_comes_in_without_a_form_of_ours(sen: Helper) -> None:  # noqa: F811
    assert sen.http.post("/desk/telegram/ma").status_code == 403
