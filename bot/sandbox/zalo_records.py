"""What the pretended Zalo remembers: its citizens, what was said, tokens, limits, and the faults to be played."""

from __future__ import annotations

import random
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

CODE_LIFE = timedelta(minutes=10)
ACCESS_LIFE = timedelta(hours=25)
REFRESH_LIFE = timedelta(days=90)
MOST_LINES = 500  # of one citizen
MOST_CITIZENS = 2_000
MOST_FILES = 50
FILE_LIFE = timedelta(days=7)


@dataclass
class Line:
    """One message as it stands on the citizen's telephone."""

    number: int
    is_ours: bool  # written by the account, not by the citizen
    text: str = ""
    buttons: list[dict[str, Any]] = field(default_factory=list)
    image: str | None = None
    kind: str = "cs"  # cs | template | citizen | operator


@dataclass
class Citizen:
    id: str
    interacted_at: datetime | None = None
    follows: bool = False
    refuses: bool = False  # blocked the account
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=MOST_LINES))
    count: int = 0

    def add(self, is_ours: bool, **line: Any) -> Line:
        self.count += 1
        added = Line(self.count, is_ours, **line)
        self.lines.append(added)
        return added


@dataclass
class PhoneTemplate:
    """What may be sent to a telephone number."""

    text: str
    parameters: dict[str, int]  # the most characters of each
    button: str = ""
    link: str = ""
    is_approved: bool = True


@dataclass
class Faults:
    """What goes wrong: the next calls answered with these codes, and a share of all calls that break down."""

    codes: deque[int] = field(default_factory=deque)
    share: float = 0.0
    is_oauth_away: bool = False
    answers_lost: int = 0  # calls obeyed whose answer never arrived
    random: random.Random = field(default_factory=lambda: random.Random(1))

    def next_code(self) -> int:
        return self.codes.popleft() if self.codes else 0

    def next_break(self) -> str | None:
        """Whether this call breaks down "before" it is obeyed or "after", so that the caller cannot know."""
        if self.share <= 0 or self.random.random() >= self.share:
            return None
        return self.random.choice(("before", "after"))


@dataclass
class ZaloRecords:
    """`calls` are the messages accepted, in order, as they came over the wire."""

    clock: Callable[[], datetime]
    app_id: str = "2553928453557884079"
    app_secret: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    oa_secret: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    oa_id: str = "3662729599332560487"
    calls_per_minute: int = 4_000
    templates: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)  # id: text, parameters
    phone_templates: dict[str, PhoneTemplate] = field(default_factory=dict)  # by id
    phone_codes: dict[str, int] = field(default_factory=dict)  # 84…: with what a message there is refused
    phone_messages_per_day: int = 500
    phone_sent: list[datetime] = field(default_factory=list)
    citizens: dict[str, Citizen] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str, datetime]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    calls: list[dict[str, Any]] = field(default_factory=list)
    keeps_calls: bool = False  # for tests; a demonstration would grow without end
    codes: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)  # code: challenge, until
    access: dict[str, datetime] = field(default_factory=dict, repr=False)  # token: until
    refresh: tuple[str, datetime] | None = field(default=None, repr=False)
    refresh_uses: list[str] = field(default_factory=list, repr=False)
    _called: deque[datetime] = field(default_factory=deque)

    def register(self, name: str, text: str, parameters: Mapping[str, int], button: str = "", link: str = "") -> None:
        """A template of messages to telephone numbers, its id its own name."""
        self.phone_templates[name] = PhoneTemplate(text, dict(parameters), button, link)

    # ---- citizens

    def citizen(self, citizen_id: str) -> Citizen:
        if citizen_id not in self.citizens and len(self.citizens) >= MOST_CITIZENS:
            del self.citizens[next(iter(self.citizens))]
        return self.citizens.setdefault(citizen_id, Citizen(citizen_id))

    def keep_file(self, content: bytes, media_type: str) -> str:
        if len(self.files) >= MOST_FILES:
            del self.files[next(iter(self.files))]
        name = secrets.token_urlsafe(16)
        self.files[name] = (content, media_type, self.clock() + FILE_LIFE)
        return name

    def file(self, name: str) -> tuple[bytes, str] | None:
        content, media_type, until = self.files.get(name, (b"", "", self.clock()))
        return (content, media_type) if until > self.clock() else None

    # ---- tokens

    def consent(self, challenge: str) -> str:
        code = secrets.token_urlsafe(24)
        self.codes[code] = (challenge, self.clock() + CODE_LIFE)
        return code

    def new_pair(self) -> dict[str, str]:
        """One refresh token is good at a time; figures are told as strings, as Zalo does."""
        now, access, refresh = self.clock(), secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.access = {token: until for token, until in self.access.items() if until > now}
        self.access[access] = now + ACCESS_LIFE
        self.refresh = (refresh, now + REFRESH_LIFE)
        seconds = int(ACCESS_LIFE.total_seconds())
        return {"access_token": access, "refresh_token": refresh, "expires_in": str(seconds)}

    def revoke(self) -> None:
        """The administrator takes the consent back."""
        self.access, self.refresh = {}, None

    # ---- limits

    def remaining_calls(self) -> int:
        """How many more calls this minute; this one is counted. Below 0: over the limit."""
        now = self.clock()
        while self._called and self._called[0] <= now - timedelta(minutes=1):
            self._called.popleft()
        self._called.append(now)
        return self.calls_per_minute - len(self._called)
