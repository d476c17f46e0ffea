"""What a citizen is told about a case, in words and buttons."""

from __future__ import annotations

from datetime import datetime

from bot.channels.reply import Button, Reply
from bot.handoff.case import Case
from bot.handoff.clocks import Clocks, Tier
from bot.handoff.people import Helper, Team
from bot.handoff.routing import Route
from bot.wording import say
from knowledge.working_days import VIETNAM

STARS = (5, 4, 3, 2, 1)


def payload(verb: str, case: Case, value: str = "") -> str:
    return f"k:{verb}:{case.tag}" + (f":{value}" if value else "")


def _button(key: str, verb: str, case: Case, value: str = "") -> Button:
    return Button(title=say(f"handoff_case.button.{key}"), payload=payload(verb, case, value))


# ---- called, not yet there


def called(case: Case, route: Route, clocks: Clocks, place: str, hotline: str) -> tuple[Reply, ...]:
    """Who was told, whether somebody is there, when they answer; and what else can be done meanwhile."""
    text = f"{_who(route, clocks)} {say('handoff_case.reads_along')}"
    if route.is_open and route.present:
        return (Reply(text=text, buttons=(_button("not_needed", "w", case),)),)
    text = f"{text}\n{say('handoff_case.else', place=place, hotline=hotline)}"
    buttons = (_button("callback", "c", case), _button("not_needed", "w", case))
    return (Reply(text=text, buttons=buttons),)


def _who(route: Route, clocks: Clocks) -> str:
    minutes, team = clocks.tiers[route.team.tier].unclaimed_minutes, route.team.name
    if route.is_open and route.present:
        there = say("handoff_case.called.there", team=team, present=route.present, minutes=minutes)
        return f"{there} {say('handoff_case.called.ahead', ahead=route.ahead)}" if route.ahead else there
    if route.is_open:
        key = "nobody_yet" if route.team.tier.above else "nobody_yet_last"
        return say(f"handoff_case.called.{key}", team=team, minutes=minutes, above=_above(route.team.tier))
    when = when_open(route)
    key = "handoff_case.called.closed" if when else "handoff_case.called.never"
    return say(key, team=team, when=when)


def _above(tier: Tier) -> str:
    return say(f"handoff_case.tier.{tier.above or Tier.province}")


def when_open(route: Route) -> str | None:
    return moment(route.opens_at) if route.opens_at else None


def moment(at: datetime) -> str:
    return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def available(route: Route, clocks: Clocks) -> str:
    """Said beside an offer, so that it promises nothing: who would answer and when."""
    minutes = clocks.tiers[route.team.tier].unclaimed_minutes
    if route.is_open and route.present:
        return say("handoff_case.offer.there", team=route.team.name, minutes=minutes)
    if route.is_open:
        return say("handoff_case.offer.nobody_yet", team=route.team.name)
    when = when_open(route)
    return say("handoff_case.offer.closed", team=route.team.name, when=when) if when else offer_unknown()


def offer_unknown() -> str:
    return say("handoff_case.offer.unknown")


def again(case: Case, helper: Helper | None) -> Reply:
    """They ask for a person although one was called, or has the case."""
    if helper is not None:
        text = say("handoff_case.again.claimed", helper=helper.shown_name)
        return Reply(text=text, buttons=(_button("end", "e", case),))
    team = case.team.name if case.team else ""
    buttons = (_button("callback", "c", case), _button("not_needed", "w", case))
    return Reply(text=say("handoff_case.again.open", team=team), buttons=buttons)


def nobody(place: str, hotline: str) -> Reply:
    return Reply(text=say("handoff_case.nobody", place=place, hotline=hotline))


# ---- a person has it


def claimed(helper: Helper, case: Case) -> Reply:
    text = say("handoff_case.claimed", helper=helper.name, team=helper.team.name)
    return Reply(text=text, buttons=(_button("end", "e", case),))


def spoken(helper: Helper, text: str) -> Reply:
    return Reply(text=text, from_person=helper.shown_name)


def put_back() -> Reply:
    return Reply(text=say("handoff_case.put_back"))


def silent(case: Case, hotline: str) -> Reply:
    return Reply(text=say("handoff_case.silent", hotline=hotline), buttons=(_button("callback", "c", case),))


def goes_on_elsewhere() -> Reply:
    return Reply(text=say("helped_elsewhere.told_there"))


def handed_to_colleague(helper: Helper) -> Reply:
    return Reply(text=say("handoff_case.handed.colleague", helper=helper.shown_name))


def handed_to_team(team: Team) -> Reply:
    return Reply(text=say("handoff_case.handed.team", team=team.name))


def raised(team: Team) -> Reply:
    return Reply(text=say("handoff_case.raised", team=team.name))


def late(case: Case, hotline: str) -> Reply:
    return Reply(text=say("handoff_case.late", hotline=hotline), buttons=(_button("callback", "c", case),))


def asks_consent(helper: Helper, case: Case, what: str, minutes: int) -> Reply:
    text = say("handoff_case.consent.ask", helper=helper.shown_name, what=what, minutes=minutes)
    buttons = (_button("agreed", "y", case), _button("refused", "x", case))
    return Reply(text=text, buttons=buttons)


# ---- over


def closed(case: Case, helper_name: str) -> Reply:
    stars = tuple(_button(f"stars_{star}", "r", case, str(star)) for star in STARS)
    text = say("handoff_case.closed", helper=helper_name) if helper_name else say("handoff_case.closed_untaken")
    return Reply(text=text, buttons=(*stars, _button("reopen", "o", case)))


def expired(hotline: str, place: str) -> Reply:
    return Reply(text=say("handoff_case.expired", hotline=hotline, place=place))


def ends() -> Reply:
    return Reply(text=say("handoff_case.ended_by_citizen"))


def asks_word(case: Case) -> Reply:
    return Reply(text=say("handoff_case.word.ask"), buttons=(_button("skip", "s", case), _button("reopen", "o", case)))
