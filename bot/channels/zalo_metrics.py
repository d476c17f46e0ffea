"""Figures of the Zalo channel for Prometheus: what came in, what was refused by Zalo, whether consent still stands."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

_EVENTS = Counter("motcua_zalo_events_total", "Events that Zalo reported, by what became of them", ["event", "became"])
_REFUSALS = Counter("motcua_zalo_refusals_total", "Calls that Zalo refused, by its error code", ["code"])
_UNKNOWN = Counter("motcua_zalo_unknown_total", "Calls without an answer: whether Zalo obeyed is unknown")
_CONSENT_LOST = Gauge("motcua_zalo_consent_lost", "1 while nothing can be sent because the account must consent anew")
_BILLED = Counter("motcua_zalo_billed_total", "Messages that Zalo charges for", ["kind"])
_SKEW = Gauge("motcua_zalo_clock_skew_seconds", "How far the last event's time lay from our clock")

_SENT = ("text", "image", "gif", "file", "sticker")
KNOWN = frozenset(
    [
        *(f"user_send_{kind}" for kind in (*_SENT, "link", "audio", "video", "location", "business_card")),
        *(f"oa_send_{kind}" for kind in (*_SENT, "list")),
        *("follow", "unfollow", "user_submit_info", "add_user_to_tag"),
        *("user_received_message", "user_seen_message", "user_reacted_message"),
    ]
)


def event(name: str, became: str) -> None:
    """A name that nobody knows is counted as one: what comes from outside must not grow the table of figures."""
    _EVENTS.labels(name if name in KNOWN else "unknown", became).inc()


def refused(code: int) -> None:
    _REFUSALS.labels(str(code)).inc()


def unknown_outcome() -> None:
    _UNKNOWN.inc()


def consent_lost(is_lost: bool) -> None:
    _CONSENT_LOST.set(int(is_lost))


def billed(kind: str) -> None:
    _BILLED.labels(kind).inc()


def clock_skew(seconds: float) -> None:
    _SKEW.set(seconds)
