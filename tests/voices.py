"""A citizen's voice on the web, in Telegram and in Zalo: says, presses, sends a photo, hears what comes by itself."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any, Protocol

import httpx

from tests.browser.filer import photo_of_a_paper
from tests.gateway import Citizen

PATIENCE_SECONDS = 60
PHOTO = "<photo>"


class Voice(Protocol):
    channel: str

    def does(self, what: str, expects: str) -> str:
        """Says it or sends the photo; what is answered, once the answer holds `expects`."""
        ...

    def presses(self, title: str, expects: str = "") -> str: ...

    def tells(self, words: str) -> None:
        """Says it where a person listens: the assistant keeps quiet."""
        ...

    def listens(self) -> None:
        """What is said from now on is what `hears` waits for."""
        ...

    def hears(self, expects: str) -> str: ...

    def paying_address(self) -> str:
        """Where the newest link to pay leads, without the server's name."""
        ...


def paying_path(texts: str) -> str:
    return re.findall(r"(/payments/[^\s/?]+\?t=\S+)", texts)[-1]


class Web(Citizen):
    channel = "web"
    heard = 0

    def does(self, what: str, expects: str) -> str:
        if what != PHOTO:
            self.says(what)
        else:
            files = {"file": ("giay.jpg", photo_of_a_paper(), "image/jpeg")}
            kept = self.http.post(f"/api/v1/conversations/{self.id}/attachments", files=files, headers=self.auth)
            answer = self.post({"message_id": uuid.uuid4().hex, "attachment_ids": [kept.json()["attachment_id"]]})
            assert answer.status_code == 200, answer.text
            self.last = answer.json()
        assert expects in self.text, f"{what}: {self.text}"
        return self.text

    def presses(self, title: str, expects: str = "") -> str:
        buttons = [one for reply in self._replies() for one in reply.get("buttons", ())]
        Citizen.presses(self, next(one["payload"] for one in reversed(buttons) if one["title"] == title))
        assert expects in self.text, f"{title}: {self.text}"
        return self.text

    def tells(self, words: str) -> None:
        assert self.says(words)["replies"] == []

    def listens(self) -> None:
        self.heard = len(self._replies())

    def hears(self, expects: str) -> str:
        until, said = time.monotonic() + PATIENCE_SECONDS, ""
        while time.monotonic() < until:
            said = "\n".join(reply["text"] for reply in self._replies()[self.heard :])
            if expects in said:
                return said
            time.sleep(0.05)
        raise AssertionError(f"web heard {said!r}, not {expects!r}")

    def paying_address(self) -> str:
        return paying_path("\n".join(reply["text"] for reply in self._replies()))

    def _replies(self) -> list[dict[str, Any]]:
        """All that was said here so far."""
        lines, after = [], 0
        while page := self.http.get(self.path, params={"after": after}, headers=self.auth).json()["messages"]:
            lines, after = lines + page, page[-1]["seq"]
        return [reply for line in lines if line["direction"] == "out" for reply in line["replies"]]


class Messenger:
    """A citizen at the telephone of one of the pretended messengers."""

    def __init__(self, http: httpx.Client, channel: str, who: str) -> None:
        self.http, self.channel, self.chat, self.heard = http, channel, f"/sandbox/{channel}/chat/{who}", 0

    def does(self, what: str, expects: str) -> str:
        self.listens()
        if what == PHOTO:
            files = {"file": ("giay.jpg", photo_of_a_paper(), "image/jpeg")}
            assert self.http.post(f"{self.chat}/attachments", files=files).status_code == 204
        else:
            self._acts("say", what)
        return self.hears(expects)

    def presses(self, title: str, expects: str = "") -> str:
        """A list too long for buttons comes numbered: then its number is said."""
        lines = self._lines()
        payloads = [one["payload"] for line in lines for one in line["buttons"] if one["title"] == title]
        numbers = re.findall(rf"(\d+)\. {re.escape(title)}", "\n".join(line["text"] for line in lines))
        self.listens()
        self._acts("press", payloads[-1]) if payloads else self._acts("say", numbers[-1])
        return self.hears(expects)

    def tells(self, words: str) -> None:
        self._acts("say", words)

    def listens(self) -> None:
        self.heard = max((line["number"] for line in self._lines()), default=0)

    def hears(self, expects: str) -> str:
        until, said = time.monotonic() + PATIENCE_SECONDS, ""
        while time.monotonic() < until:
            said = "\n".join(line["text"] for line in self._lines() if line["is_ours"] and line["number"] > self.heard)
            if said and expects in said:
                return said
            time.sleep(0.05)
        raise AssertionError(f"{self.channel} heard {said!r}, not {expects!r}")

    def paying_address(self) -> str:
        return paying_path("\n".join(line["text"] for line in self._lines()))

    def _acts(self, kind: str, text: str) -> None:
        assert self.http.post(self.chat, json={"kind": kind, "text": text}).status_code == 204

    def _lines(self) -> list[dict[str, Any]]:
        return self.http.get(self.chat).json()
