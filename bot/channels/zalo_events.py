"""What Zalo reports to us, read tolerantly: its documents and its servers do not agree on every field."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

MOST_FILES = 10  # of one message
_SAID = "user_send_"
# A button comes back as text: its payload with "#" before it. What a citizen types may begin so too.
_PRESSED = re.compile(r"#([a-z]{1,8}:[\x21-\x7e]{0,60})")
INTERACTIONS = frozenset({"follow", "user_submit_info"})  # besides all that a citizen sends
RECEIVED = "user_received_message"
ONLY_COUNTED = frozenset({"user_seen_message", RECEIVED, "user_reacted_message"})


class NoEvent(ValueError):
    """The body is not JSON, or no event of Zalo's."""


@dataclass(frozen=True)
class RemoteFile:
    """A picture or document that lies at Zalo's, for a while."""

    url: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class Place:
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Event:
    """`citizen` is who it is about, whichever way it went; `key` is the same for every copy of it."""

    name: str
    citizen: str | None
    key: str
    timestamp: str
    message_id: str | None = None
    text: str | None = field(default=None, repr=False)
    payload: str | None = None
    files: tuple[RemoteFile, ...] = field(default=(), repr=False)
    place: Place | None = field(default=None, repr=False)
    shared: dict[str, str] = field(default_factory=dict, repr=False)
    admin_id: str | None = None
    tracking_id: str | None = None  # ours, of a message that reached its telephone

    @property
    def is_message(self) -> bool:
        return self.name.startswith(_SAID)

    @property
    def is_interaction(self) -> bool:
        """Whether it opens the window in which we may write."""
        return self.is_message or self.name in INTERACTIONS

    @property
    def is_echo(self) -> bool:
        return self.name.startswith("oa_send_")

    @property
    def is_known(self) -> bool:
        return self.is_message or self.is_echo or self.name in INTERACTIONS | {"unfollow"}


def read_json(body: bytes) -> dict[str, Any]:
    """Raises NoEvent."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoEvent(f"not JSON: {type(error).__name__}") from error
    if not isinstance(raw, dict):
        raise NoEvent("not an object")
    return raw


def timestamp_of(raw: dict[str, Any]) -> str:
    return _text(raw.get("timestamp")) or ""


def read(raw: dict[str, Any]) -> Event:
    """Raises NoEvent when it has no name."""
    name = _text(raw.get("event_name"))
    if not name:
        raise NoEvent("event_name is missing")
    message, timestamp = _object(raw.get("message")), timestamp_of(raw)
    citizen = _citizen(raw, name)
    message_id = _text(message.get("msg_id"))
    said = _said(message) if name.startswith((_SAID, "oa_send_")) else None
    pressed = _PRESSED.fullmatch(said) if said else None
    return Event(
        name=name[:60],
        citizen=citizen,
        key=f"{name}/{citizen}/{message_id or timestamp}",
        timestamp=timestamp,
        message_id=message_id,
        text=None if pressed else said,
        payload=pressed[1] if pressed else None,
        files=tuple(_files(name, message)),
        place=_place(message),
        shared=_shared(_object(raw.get("info"))),
        admin_id=_text(_object(raw.get("sender")).get("admin_id")),
        tracking_id=_id(message.get("tracking_id")) if name == RECEIVED else None,
    )


def _citizen(raw: dict[str, Any], name: str) -> str | None:
    party = "recipient" if name.startswith("oa_") or name in ONLY_COUNTED else "sender"
    holder = raw.get("follower") if name in ("follow", "unfollow") else raw.get(party)
    return _id(_object(holder).get("id"))


def _said(message: dict[str, Any]) -> str | None:
    text = message.get("text")
    if isinstance(text, str) and text.strip():
        return unicodedata.normalize("NFC", _whole(text))
    for attachment in _attachments(message):
        if attachment.get("type") == "link":
            return _text(_object(attachment.get("payload")).get("url"))
    return None


def _files(name: str, message: dict[str, Any]) -> list[RemoteFile]:
    if name not in ("user_send_image", "user_send_file"):
        return []
    payloads = [_object(attachment.get("payload")) for attachment in _attachments(message)]
    return [
        RemoteFile(url, _text(payload.get("name")) or "")
        for payload in payloads[:MOST_FILES]
        if (url := _text(payload.get("url")))
    ]


def _place(message: dict[str, Any]) -> Place | None:
    """Three shapes are about: coordinates, the payload itself, and the message's own location."""
    payloads = [_object(attachment.get("payload")) for attachment in _attachments(message)]
    holders = [_object(message.get("location")), *payloads, *(_object(one.get("coordinates")) for one in payloads)]
    for holder in holders:
        latitude = _number(holder.get("latitude", holder.get("lat")))
        longitude = _number(holder.get("longitude", holder.get("long", holder.get("lon"))))
        if latitude is not None and longitude is not None:
            return Place(latitude, longitude)
    return None


def _shared(info: dict[str, Any]) -> dict[str, str]:
    """What a citizen shared of themselves: name, phone, ward, province; the older shape says `city` and `district`."""
    address = _object(info.get("full_address"))
    found = {
        "name": _text(info.get("name")),
        "phone": _text(info.get("phone")),
        "ward": _text(address.get("user_ward")) or _text(info.get("ward")),
        "district": _text(info.get("district")),
        "province": _text(address.get("user_city")) or _text(info.get("city")),
    }
    return {key: unicodedata.normalize("NFC", value)[:200] for key, value in found.items() if value}


def _attachments(message: dict[str, Any]) -> list[dict[str, Any]]:
    found = message.get("attachments")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str | None:
    text = _text(value)
    return text if text and len(text) <= 100 else None


def _text(value: Any) -> str | None:
    """Ids and times are strings, past what a float can hold; a whole number is taken too, as Python keeps it whole."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    return _whole(value).strip() or None if isinstance(value, str) else None


def _whole(text: str) -> str:
    """Without the halves of characters that JSON lets through and nothing else takes."""
    return text.encode("utf-8", "ignore").decode()


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None
