"""What in a message tells a fraud: its words, its links, its numbers. Nothing found never means that it is safe."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from urllib.parse import urlsplit

import yaml

from knowledge.text import clean, fold

MOST_CHARS = 4_000
MOST_LINKS = 5
LONG_NAME = 5  # shorter ones stand in the middle of many words
OFFICIAL = ".gov.vn"
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'“”]+|(?<![\w@.-])(?:[\w-]+\.)+(?:[a-z]{2,18})(?:/[^\s<>\"'“”]*)?", re.IGNORECASE
)
_PHONE = re.compile(r"(?<![\d.])\+?\d(?:[ .\-]?\d){7,13}(?!\d)")


@dataclass(frozen=True)
class Link:
    """`kind`: ours, official (.gov.vn), borrowed (bears an office's name), shortened, strange."""

    host: str
    kind: str


@dataclass(frozen=True)
class Examined:
    signs: tuple[str, ...]
    links: tuple[Link, ...]
    phones: tuple[str, ...]  # digits
    is_foreign: bool = False  # a number from abroad

    @property
    def count(self) -> int:
        """How many things speak against it."""
        return (
            len(self.signs)
            + sum(link.kind in ("borrowed", "shortened", "strange") for link in self.links)
            + self.is_foreign
        )


def examine(text: str, own_host: str = "") -> Examined:
    cleaned = clean(text, MOST_CHARS)
    spoken = f" {_words(_LINK.sub(' ', cleaned))} "
    signs = tuple(name for name, cues in _lists()["signs"].items() if any(f" {cue} " in spoken for cue in cues))
    hosts = dict.fromkeys(host for found in _LINK.findall(cleaned) if (host := host_of(found)))
    links = tuple(Link(host, _kind(host, own_host)) for host in list(hosts)[:MOST_LINKS])
    numbers = _PHONE.findall(_LINK.sub(" ", cleaned))
    phones = tuple(dict.fromkeys(re.sub(r"\D", "", one) for one in numbers))[:MOST_LINKS]
    is_foreign = any(one.startswith(("+", "00")) and not one.lstrip("+0").startswith("84") for one in numbers)
    return Examined(signs, links, phones, is_foreign)


def asks_whether_genuine(text: str) -> bool:
    if len(text) > MOST_CHARS:
        return False
    spoken = _words(text)  # once: every message passes here
    return any(cue in spoken for cue in _lists()["asks"])


def pasted(text: str) -> str:
    """What stands beside the question: the message that is asked about; blank when there is only the question."""
    examined = examine(text)
    rest = _words(text)
    for cue in _lists()["asks"]:
        rest = rest.replace(cue, " ")
    left = [word for word in rest.split() if word not in _lists()["around"]]
    return text if examined.links or examined.phones or len(left) > 2 else ""


def host_of(link: str) -> str | None:
    """The host that a link really leads to; None for what is no address ("3.500.000", "v.v")."""
    bare = link.rstrip(".,;:!?)]}")
    try:
        host = urlsplit(bare if "://" in bare else f"//{bare}").hostname or ""
    except ValueError:
        return None
    host = host.lower().rstrip(".")
    is_name = "." in host and re.fullmatch(r"[a-z]{2,18}|xn--[a-z0-9-]+", host.rpartition(".")[2]) is not None
    return host if is_name or _is_ip(host) else None


def _kind(host: str, own_host: str) -> str:
    if own_host and host == own_host.lower():
        return "ours"
    if host.endswith(OFFICIAL):
        return "official"
    bare = host.removeprefix("www.")
    if bare in _lists()["shorteners"]:
        return "shortened"
    return "borrowed" if _bears_a_name(host, own_host.lower()) else "strange"


def _bears_a_name(host: str, own_host: str) -> bool:
    """A long name anywhere in a part of the host, a short one at its beginning or end; or the whole of our own."""
    if own_host and own_host in host:
        return True
    parts = [part for part in re.split(r"[^a-z]+", host) if part]
    return any(
        (name in part) if len(name) >= LONG_NAME else part.startswith(name) or part.endswith(name)
        for part in parts
        for name in _lists()["borrowed"]
    )


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(clean(text, MOST_CHARS))))


@lru_cache(maxsize=1)
def _lists() -> dict:
    data = yaml.safe_load(resources.files("bot.genuine").joinpath("signs.yml").read_text("utf-8"))
    return {
        "signs": {name: tuple(map(_words, cues)) for name, cues in data["signs"].items()},
        "asks": sorted(map(_words, data["asks"]), key=len, reverse=True),
        "around": {word for phrase in data["around"] for word in _words(str(phrase)).split()},
        "shorteners": frozenset(data["shorteners"]),
        "borrowed": tuple(data["borrowed"]),
    }
