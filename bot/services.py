"""The parts that routes and stories use, put together once by `create_app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.events import Events
from bot.flows import Gateway
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.switches import Switches
from knowledge.library import Library
from knowledge.schema import Facet


@dataclass
class Services:
    settings: Settings
    store: Store
    library: Library
    gateway: Gateway
    events: Events
    switches: Switches
    attachments: Attachments
    limiter: RateLimiter
    facets: Callable[[str], tuple[Facet, ...]]
