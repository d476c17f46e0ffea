"""Which columns of people's help are sealed, and for what place: moved to a new key with everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from bot.handoff.places import (
    PHONE,
    callback_place,
    line_place,
    name_place,
    phone_place,
    question_place,
    totp_place,
    word_place,
)
from bot.handoff.tables import case_lines, cases, corrections, desk_accounts, helpers
from bot.privacy import KeyRing

Places = dict[str, Callable[[Any], str]]


def _phone_hash(keys: KeyRing, row: Any) -> dict[str, bytes]:
    return {"phone_hash": keys.hash(PHONE, keys.open(row.phone, phone_place(row.id)).decode())}


def _nothing(keys: KeyRing, row: Any) -> dict[str, bytes]:
    return {}


HELP: tuple[tuple[sa.Table, Places, Callable[[KeyRing, Any], dict[str, bytes]]], ...] = (
    (helpers, {"name": lambda row: name_place(row.id), "phone": lambda row: phone_place(row.id)}, _phone_hash),
    (desk_accounts, {"totp_secret": lambda row: totp_place(row.helper_id)}, _nothing),
    (
        cases,
        {"rating_word": lambda row: word_place(row.id), "callback": lambda row: callback_place(row.id)},
        _nothing,
    ),
    (case_lines, {"body": lambda row: line_place(row.case_id, row.number)}, _nothing),
    (corrections, {"question": lambda row: question_place(row.id)}, _nothing),
)
