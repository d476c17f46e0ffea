"""The places that sealed columns of this room are bound to."""

from __future__ import annotations


def handover_place(reference: str, number: int) -> str:
    return f"handovers/{reference}/{number}"


def state_place(reference: str) -> str:
    return f"followed_dossiers/{reference}"


def notice_place(reference: str, number: int) -> str:
    return f"status_notices/{reference}/{number}"
