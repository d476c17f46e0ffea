"""What is said about a message that may be a fraud: never that it is safe, always what to do and whom to call."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from bot.genuine.codes import Genuine
from bot.genuine.signs import Examined, examine
from bot.linking.linking import channel_name
from bot.wording import say
from knowledge.text import clean, fold
from knowledge.working_days import VIETNAM

MOST_SHOWN_CHARS = 800
MUCH_ADDED_WORDS = 8  # beside the notice itself: a question may stand there, another story may not
SAME = 0.9
_CODE_LINE = re.compile(r"(?:ma kiem tra tin\W*)?\bkt[\s.-]?[a-z2-9]{4}[\s.-]?[a-z2-9]{4}\b")


def of_code(found: Genuine | None, text: str, own_host: str) -> str:
    """What is known of the code in `text`, which may be the whole notice as it was received."""
    if found is None:
        return say("genuine.unknown_code")
    at = found.sent_at.astimezone(VIETNAM)
    when = {"time": at.strftime("%H:%M"), "day": at.strftime("%d/%m/%Y"), "channel": channel_name(found.channel)}
    if found.text is None:
        return say("genuine.erased", **when)
    if not is_same(found.text, text, own_host):
        return "\n".join([say("genuine.other_text", **when), _quoted(found), say("genuine.do")])
    return "\n".join([say("genuine.ours", **when), _quoted(found), say("genuine.compare")])


def is_same(ours: str, pasted: str, own_host: str) -> bool:
    """Whether the pasted message is the notice; a genuine code may have been copied below other words.

    The code alone, or with a question, is no message: there is nothing to compare.
    """
    if _adds_danger(examine(ours, own_host), examine(pasted, own_host)):
        return False
    known, told = _words(ours), _words(_CODE_LINE.sub(" ", fold(clean(pasted))))
    if len(told) <= MUCH_ADDED_WORDS:
        return True
    blocks = SequenceMatcher(None, known, told, autojunk=False).get_matching_blocks()
    shared = sum(block.size for block in blocks)
    return shared >= SAME * len(known) and len(told) - shared <= MUCH_ADDED_WORDS


def _adds_danger(ours: Examined, told: Examined) -> bool:
    """A link, a number or a wish that our notice does not hold, however few words it takes."""
    pairs = ((ours.signs, told.signs), (ours.links, told.links), (ours.phones, told.phones))
    return any(set(added) - set(known) for known, added in pairs)


def of_text(found: Examined, hotline: str) -> str:
    """What speaks against it, and what to do; nothing that speaks against it is said to prove nothing."""
    found_out = [say(f"genuine.sign.{sign}") for sign in found.signs]
    found_out += [say(f"genuine.link.{link.kind}", host=link.host) for link in found.links]
    found_out += [say("genuine.sign.foreign")] if found.is_foreign else []
    own = re.sub(r"\D", "", hotline)
    if found.phones:
        key = "genuine.phone.hotline" if own in found.phones else "genuine.phone.other"
        found_out.append(say(key, hotline=hotline))
    lead = say("genuine.signs", count=found.count) if found.count else say("genuine.no_signs")
    return "\n".join(
        [lead, *(f"• {line}" for line in found_out), say("genuine.do"), say("genuine.call", hotline=hotline)]
    )


def _quoted(found: Genuine) -> str:
    shown = found.shown or ""
    return "“" + shown[:MOST_SHOWN_CHARS] + ("…”" if len(shown) > MOST_SHOWN_CHARS else "”")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(clean(text)))
