"""The sandbox payment platforms' books: orders, the money that citizens pretended to pay, and faults to play."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

FAULTS = ("late", "duplicate", "out_of_order", "wrong_amount", "wrong_currency", "wrong_signature", "never")
MOST_ORDERS = 20_000
Clock = Callable[[], dt.datetime]


@dataclass
class Transfer:
    """Money the platform took; what it says of it is what really came."""

    number: str
    amount: int
    currency: str
    at: dt.datetime


@dataclass
class Order:
    """What a merchant asked for; `state` is open, paid or cancelled."""

    provider: str
    reference: str
    amount: int
    words: str
    return_url: str
    notice_url: str
    created_at: dt.datetime
    state: str = "open"
    transfers: list[Transfer] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # what became of each that was sent


class Platform:
    """Kept in memory: a restart of the demonstration empties it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.orders: dict[tuple[str, str], Order] = {}
        self.faults: set[str] = set()
        self._numbers = itertools.count(14_000_001)

    def add(self, order: Order) -> Order:
        """The order; the first one stands when a reference is used again."""
        if len(self.orders) >= MOST_ORDERS:
            self.orders.pop(next(iter(self.orders)))
        return self.orders.setdefault((order.provider, order.reference), order)

    def find(self, provider: str, reference: str) -> Order | None:
        return self.orders.get((provider, reference))

    def pay(self, order: Order, faults: set[str] | frozenset[str] = frozenset()) -> Transfer:
        """Takes the money; with these faults another sum or currency than was asked."""
        amount = order.amount // 10 or 1 if "wrong_amount" in faults else order.amount
        currency = "USD" if "wrong_currency" in faults else "VND"
        transfer = Transfer(str(next(self._numbers)), amount, currency, self.clock())
        order.transfers.append(transfer)
        order.state = "paid"
        return transfer

    def cancel(self, order: Order) -> None:
        if order.state == "open":
            order.state = "cancelled"
