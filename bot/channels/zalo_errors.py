"""Zalo's error codes and what each means for a message: later, with a new token, by template, never, or a person."""

from __future__ import annotations

from enum import StrEnum

RATE_LIMIT = -32


class Consequence(StrEnum):
    LATER = "later"  # Zalo's trouble, or too many calls
    NEW_TOKEN = "new_token"
    TEMPLATE = "template"  # outside the window in which we may write freely
    NIGHT = "night"  # not between 22:00 and 06:00
    GIVE_UP = "give_up"  # this message will never be taken
    CLOSE = "close"  # this citizen cannot be written to
    OPERATOR = "operator"  # the account or the app must be put right by a person; messages wait meanwhile


_CODES: dict[Consequence, tuple[int, ...]] = {
    Consequence.LATER: (RATE_LIMIT, -200, -214, -218),
    Consequence.NEW_TOKEN: (-216, -220, -124),
    Consequence.TEMPLATE: (-230, -232),
    Consequence.NIGHT: (-234, -133),
    # Wrong field, too long, expired file, type not taken, closed version, against the standards, not by this way.
    Consequence.GIVE_UP: (-100, -201, -210, -233, -238, -240, -241, -248, -249, -109, -1121, -1122),
    # Does not follow, blocked us, gone for 45 days, does not want these, cannot receive.
    Consequence.CLOSE: (-213, -217, -227, -244, -108, -114, -118, -119),
    # Account closed or unknown, app not active, quota, no permission, package, money, day's limit of templates.
    Consequence.OPERATOR: (
        *(-204, -205, -209, -211, -212, -219, -221, -223, -224, -235, -237, -242, -320, -321, -403),
        *(-115, -117, -126, -127, -131, -135, -136, -137, -144, -147),
    ),
}
_BY_CODE = {code: consequence for consequence, codes in _CODES.items() for code in codes}


class ZaloRefused(Exception):
    """Zalo's answer carried an error code; it comes with HTTP 200."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(f"Zalo answers {code} {message}".strip()[:200])
        self.code = code

    @property
    def consequence(self) -> Consequence:
        """An unknown code is tried again: a message given up too early is lost, one tried too often is not."""
        return _BY_CODE.get(self.code, Consequence.LATER)
