"""What helpers read in Telegram about their cases, in words and buttons."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from bot.channels.reply import Button, Reply
from bot.handoff.case import BY_HELPER, Case
from bot.handoff.people import Helper
from bot.handoff.sentences import moment
from bot.wording import say

PREFIX = "hc:"
# claim, focus, end, put back, hand on, consent, summary, list, pause
_PRESS = re.compile(r"hc:(?P<verb>[cfebokslp]):(?P<case>[0-9a-f]{32})?(?::(?P<value>[a-z0-9_]{1,20}))?", re.ASCII)
_CODE = re.compile(r"\bHT-([0-9A-F]{6})\b", re.ASCII)
ID_CHARS = 12  # of a colleague's id in a button
NEWS = ("opened", "reopened", "put_back", "raised", "late", "silent", "handed_on")


def read_press(payload: str | None) -> tuple[str, str, str] | None:
    """Verb, case and value; None for anything that is no button of ours."""
    found = _PRESS.fullmatch(payload) if payload else None
    return (found["verb"], found["case"] or "", found["value"] or "") if found else None


def code_in(text: str | None) -> str | None:
    """The case that a message of ours is about."""
    found = _CODE.search(text or "")
    return found[0] if found else None


def _button(key: str, verb: str, case: Case | None = None, value: str = "") -> Button:
    return Button(title=say(f"helper_chat.button.{key}"), payload=_payload(verb, case, value))


def _payload(verb: str, case: Case | None, value: str = "") -> str:
    return f"{PREFIX}{verb}:{case.id if case else ''}" + (f":{value}" if value else "")


# ---- a case waits


def waits(case: Case, kind: str, procedure: str, words: Sequence[str], desk_url: str) -> Reply:
    """For a group without the citizen's words: it may hold people who are no helpers."""
    lines = [
        say(f"helper_chat.news.{kind if kind in NEWS else 'opened'}", code=case.code),
        say("helper_chat.where", place=case.place, team=case.team.name if case.team else ""),
        say("helper_chat.why", reason=say(f"desk.reason.{case.reason}")),
        *([say("helper_chat.about", procedure=procedure)] if procedure else []),
        say("helper_chat.since", at=moment(case.waiting_since or case.opened_at)),
        *(say("helper_chat.words", words=one) for one in words),
        say("helper_chat.at_desk", url=f"{desk_url}/desk/cases/{case.id}"),
    ]
    return Reply(text="\n".join(lines), buttons=(_button("claim", "c", case),))


def somebody_has(case: Case, name: str) -> Reply:
    return Reply(text=say("helper_chat.news.claimed", code=case.code, helper=name))


def is_over(case: Case) -> Reply:
    ending = say(f"desk.ending.{case.close_reason}") if case.close_reason else ""
    return Reply(text=say("helper_chat.news.over", code=case.code, ending=ending))


def given_to_you(case: Case, desk_url: str) -> Reply:
    text = say("helper_chat.news.given", code=case.code, url=f"{desk_url}/desk/cases/{case.id}")
    return Reply(text=text, buttons=(_button("focus", "f", case),))


def left_you(case: Case) -> Reply:
    return Reply(text=say("helper_chat.news.left", code=case.code))


# ---- while somebody has it


def line(case: Case, who: str, text: str, files: int, desk_url: str, is_focus: bool) -> Reply:
    spoken = say(f"helper_chat.line.{who}", code=case.code, text=text or "…")
    if files:
        spoken += "\n" + say("helper_chat.files", count=files, url=f"{desk_url}/desk/cases/{case.id}")
    return Reply(text=spoken, buttons=() if is_focus else (_button("focus", "f", case),))


def consent_told(case: Case, kind: str, desk_url: str) -> Reply:
    return Reply(text=say(f"helper_chat.consent.{kind}", code=case.code, url=f"{desk_url}/desk/cases/{case.id}"))


def in_focus(case: Case) -> Reply:
    buttons = (
        _button("summary", "s", case),
        _button("consent", "k", case),
        _button("end", "e", case),
        _button("put_back", "b", case),
        _button("hand_on", "o", case),
        _button("list", "l"),
        _button("pause", "p"),
    )
    return Reply(text=say("helper_chat.in_focus", code=case.code), buttons=buttons)


def endings(case: Case) -> Reply:
    buttons = tuple(Button(title=say(f"desk.ending.{one}"), payload=_payload("e", case, str(one))) for one in BY_HELPER)
    return Reply(text=say("helper_chat.which_ending", code=case.code), buttons=buttons)


def colleagues(case: Case, people: Sequence[Helper]) -> Reply:
    buttons = tuple(
        Button(title=one.name[:80], payload=_payload("o", case, one.id[:ID_CHARS])) for one in people if one.name
    )
    key = "which_colleague" if buttons else "no_colleague"
    return Reply(text=say(f"helper_chat.{key}", code=case.code), buttons=buttons)


def listed(mine: Sequence[Case], waiting: Sequence[Case], now: datetime) -> Reply:
    if not mine and not waiting:
        return Reply(text=say("helper_chat.list.nothing"))
    buttons = [
        *(Button(title=say("helper_chat.list.mine", code=one.code), payload=_payload("f", one)) for one in mine),
        *(Button(title=say("helper_chat.list.waiting", code=one.code), payload=_payload("c", one)) for one in waiting),
    ]
    key = "late" if any(one.is_overdue(now) for one in waiting) else "some"
    return Reply(text=say(f"helper_chat.list.{key}", mine=len(mine), waiting=len(waiting)), buttons=tuple(buttons[:50]))
