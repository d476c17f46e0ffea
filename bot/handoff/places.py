"""Where each sealed part of people's help is sealed for: moved to another row, it no longer opens."""

from __future__ import annotations

PHONE = "helper"  # begins the keyed hash of a helper's number


def name_place(helper_id: str) -> str:
    return f"helpers/{helper_id}/name"


def phone_place(helper_id: str) -> str:
    return f"helpers/{helper_id}/phone"


def totp_place(helper_id: str) -> str:
    return f"desk_accounts/{helper_id}/totp"


def word_place(case_id: str) -> str:
    return f"cases/{case_id}/rating_word"


def callback_place(case_id: str) -> str:
    return f"cases/{case_id}/callback"


def line_place(case_id: str, number: int) -> str:
    return f"case_lines/{case_id}/{number}"


def question_place(correction_id: str) -> str:
    return f"corrections/{correction_id}/question"
