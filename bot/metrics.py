"""Figures for Prometheus: turns by kind and channel, how long they took, what failed."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_TURNS = Counter("motcua_turns_total", "Turns answered", ["kind", "channel"])
_SECONDS = Histogram(
    "motcua_turn_seconds",
    "Seconds from stored to answered",
    buckets=(0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_FAILED = Counter("motcua_turns_failed_total", "Turns that ended in an unexpected error")
_REFUSED = Counter("motcua_requests_refused_total", "Requests refused at a door", ["door", "reason"])
_WAITING = Gauge("motcua_outbox_waiting", "Replies waiting to be delivered")
_PROCEDURES = Gauge("motcua_procedures", "Procedures that can be searched")


def turn(kind: str, channel: str, seconds: float) -> None:
    _TURNS.labels(kind, channel).inc()
    _SECONDS.observe(seconds)


def failed_turn() -> None:
    _FAILED.inc()


def refused(door: str, reason: str) -> None:
    _REFUSED.labels(door, reason).inc()


def outbox_waiting(count: int) -> None:
    _WAITING.set(count)


def procedures(count: int) -> None:
    _PROCEDURES.set(count)
