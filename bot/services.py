"""The parts that routes and stories use, put together once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.rasa import RasaDialogue
from bot.events import Events
from bot.flows import Gateway
from bot.genuine.checking import Checking
from bot.outbox import Outbox
from bot.petitions.petitions import Petitions
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from bot.store import Store
from bot.submission.attachments import Attachments
from bot.submission.dossiers import Dossiers
from bot.switches import Switches
from knowledge.library import Library


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
    dialogue: RasaDialogue
    dossiers: Dossiers
    checking: Checking | None = None
    petitions: Petitions | None = None  # set with the rooms beside the procedures
    outbox: Outbox | None = None  # set once its senders are known
