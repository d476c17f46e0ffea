"""A bare number answers the numbered list said last: it stands for the button of that line."""

from __future__ import annotations

import dataclasses
import re

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply
from bot.dialogue.context import Context

_NUMBER = re.compile(r"\s*(?:số\s*)?([1-9])\s*[.)]?\s*", re.IGNORECASE)


def remembered(outcome: Outcome, context: Context) -> Context:
    """The context with what the lines of the list, if one was said, stand for."""
    listed = next((found for reply in reversed(outcome.replies) if (found := _listed(reply))), ())
    return context if listed == context.numbered else context.model_copy(update={"numbered": listed})


def as_pressed(inbound: Inbound, context: Context) -> Inbound:
    """The message as if the button had been pressed, where it is the number of one and no journey waits for numbers."""
    number = _NUMBER.fullmatch(inbound.text) if inbound.text and not inbound.payload and not context.is_asked else None
    place = int(number.group(1)) - 1 if number else len(context.numbered)
    if place >= len(context.numbered):
        return inbound
    return dataclasses.replace(inbound, payload=context.numbered[place])


def _listed(reply: Reply) -> tuple[str, ...]:
    """The payloads of a reply's buttons that its text lists as '1. …', '2. …', from the first on."""
    lines = [line.strip().casefold() for line in reply.text.splitlines()]
    payloads = []
    for number, button in enumerate(reply.buttons, 1):
        if not button.payload or f"{number}. {button.title}".casefold() not in lines:
            break
        payloads.append(button.payload)
    return tuple(payloads)
