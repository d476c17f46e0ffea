"""A client that knocks too often waits; nobody else notices."""

from __future__ import annotations

import pytest

from bot.ratelimit import RateLimiter


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def knocks(limiter: RateLimiter, key: str, count: int) -> int:
    """How many of `count` knocks were let in."""
    return sum(limiter.wait_seconds(key) == 0 for _ in range(count))


def test_a_minutes_worth_may_come_at_once_and_not_one_more(seconds: Seconds) -> None:
    limiter = RateLimiter(30, clock=seconds)
    assert knocks(limiter, "an", 40) == 30


def test_the_wait_is_just_long_enough(seconds: Seconds) -> None:
    limiter = RateLimiter(30, clock=seconds)
    knocks(limiter, "an", 30)
    wait = limiter.wait_seconds("an")
    assert wait == pytest.approx(2.0)
    seconds.now += wait - 0.01
    assert limiter.wait_seconds("an") == pytest.approx(0.01, abs=1e-6)
    seconds.now += 0.02
    assert limiter.wait_seconds("an") == 0


def test_refused_knocks_do_not_lengthen_the_wait(seconds: Seconds) -> None:
    limiter = RateLimiter(30, clock=seconds)
    knocks(limiter, "an", 1000)
    assert limiter.wait_seconds("an") == pytest.approx(2.0)


def test_over_a_long_time_the_rate_holds(seconds: Seconds) -> None:
    limiter = RateLimiter(60, clock=seconds)
    let_in = 0
    for _ in range(6000):
        let_in += knocks(limiter, "an", 1)
        seconds.now += 0.1
    assert 655 <= let_in <= 660


def test_a_rest_does_not_save_up_more_than_a_minute(seconds: Seconds) -> None:
    limiter = RateLimiter(30, clock=seconds)
    knocks(limiter, "an", 30)
    seconds.now += 24 * 3600
    assert knocks(limiter, "an", 100) == 30


def test_one_clients_haste_is_not_anothers_trouble(seconds: Seconds) -> None:
    limiter = RateLimiter(30, clock=seconds)
    knocks(limiter, "an", 100)
    assert knocks(limiter, "binh", 30) == 30


def test_memory_stays_bounded_and_keeps_who_is_knocking(seconds: Seconds) -> None:
    limiter = RateLimiter(2, most_clients=100, clock=seconds)
    for number in range(10_000):
        limiter.wait_seconds("flood")
        limiter.wait_seconds(f"client {number}")
    assert len(limiter._buckets) == 100
    assert limiter.wait_seconds("flood") > 0
