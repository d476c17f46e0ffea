"""For which place in the database each sealed column of the Zalo channel is sealed."""

from __future__ import annotations


def event_place(event_key: bytes) -> str:
    return f"zalo_events/{event_key.hex()}"


def token_place(app_id: str) -> str:
    return f"zalo_tokens/{app_id}"
