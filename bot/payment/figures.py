"""Figures of the payment room for Prometheus: what notices came to, and what a person must look at."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

_NOTICES = Counter("motcua_payment_notices_total", "Payment notices by what became of them", ["provider", "outcome"])
_REFUSED = Counter(
    "motcua_payment_notices_refused_total", "Payment notices refused at the door", ["provider", "reason"]
)
_QUERIES = Counter("motcua_payment_queries_total", "Questions to providers about attempts", ["provider", "answer"])
_ATTENTION = Gauge("motcua_payment_attention", "Things about money that wait for a person", ["what"])


def notice(provider: str, outcome: str) -> None:
    _NOTICES.labels(provider, outcome).inc()


def refused(provider: str, reason: str) -> None:
    _REFUSED.labels(provider, reason).inc()


def queried(provider: str, answer: str) -> None:
    _QUERIES.labels(provider, answer).inc()


def attention(what: str, count: int) -> None:
    _ATTENTION.labels(what).set(count)
