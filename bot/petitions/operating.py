"""What an operator does about a petition, from the desk or a terminal: one function, the same rules."""

from __future__ import annotations

from bot.petitions.petition import Petition, Status, read_code
from bot.petitions.petitions import Petitions
from bot.petitions.telling import state

NEEDS_TEXT = (Status.asked, Status.refused, Status.answered)
MOST_CHARS = 3_000  # what is told fits into one message of every channel


async def act(
    petitions: Petitions, code: str, status: Status, by: str, hotline: str, text: str = "", authority: str = ""
) -> Petition:
    """Asks, forwards, refuses, answers or notes the publication; the citizen is told.

    Raises KeyError (no such petition), NotNow (not in this state), Changed (somebody was quicker), ValueError (words
    are missing or too long).
    """
    text, authority, by = text.strip(), authority.strip(), by.strip()
    if not by:
        raise ValueError("who does it is missing")
    if status in NEEDS_TEXT and not text:
        raise ValueError(f"{status} needs a text for the citizen")
    if status is Status.forwarded and not authority:
        raise ValueError("the authority it goes to is missing")
    if len(text) > MOST_CHARS or len(authority) > 200:
        raise ValueError(f"a text may have {MOST_CHARS} characters, an authority 200")
    now = petitions.now()
    return await petitions.act(
        read_code(code) or code, status, by, lambda one: state(one, now, hotline), text=text, authority=authority
    )
