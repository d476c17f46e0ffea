"""The whole gateway with its trained models on the curated procedures, served on a free port, once per test run."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Settings
from tests.serving import served


def models_dir() -> Path:
    """Where `make setup` left the trained models; without them nothing that speaks can be tested."""
    folder = Settings().data_dir / "models"
    if not folder.exists():
        pytest.fail(f"{folder} is missing: run `make setup` first")
    return folder


def prepare(data_dir: Path) -> Path:
    """A data folder with the trained models and an index of the curated procedures alone."""
    from knowledge.index import build_index

    shutil.copytree(models_dir(), data_dir / "models")
    build_index(data_dir)
    return data_dir


@contextmanager
def serving(data_dir: Path, **settings: Any) -> Iterator[str]:
    """The gateway on this data folder; yields its base address."""
    from bot.app import create_app

    given = {"env": "test", "data_dir": data_dir, "rate_limit_per_minute": 100_000, **settings}
    with served(create_app(Settings(_env_file=None, **given)), shutdown_seconds=2) as base:
        yield base


@dataclass
class Citizen:
    """One conversation over HTTP."""

    http: httpx.Client
    id: str = ""
    token: str = ""
    last: dict[str, Any] = field(default_factory=dict)

    def start(self) -> Citizen:
        made = self.http.post("/api/v1/conversations")
        assert made.status_code == 201, made.text
        self.id, self.token = made.json()["conversation_id"], made.json()["token"]
        return self

    @property
    def auth(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}/messages"

    def post(self, body: Any, **more: Any) -> httpx.Response:
        return self.http.post(self.path, json=body, headers=self.auth, **more)

    def says(self, text: str) -> dict[str, Any]:
        return self._turn({"text": text})

    def presses(self, payload: str) -> dict[str, Any]:
        return self._turn({"payload": payload})

    def _turn(self, said: dict[str, str]) -> dict[str, Any]:
        answer = self.post({"message_id": uuid.uuid4().hex, **said})
        assert answer.status_code == 200, answer.text
        self.last = answer.json()
        return self.last

    @property
    def text(self) -> str:
        return "\n".join(reply["text"] for reply in self.last["replies"])

    @property
    def kind(self) -> str:
        return self.last["turn"]["kind"]

    @property
    def code(self) -> str | None:
        return self.last["turn"]["procedure_code"]

    @property
    def payloads(self) -> list[str]:
        return [button["payload"] for reply in self.last["replies"] for button in reply.get("buttons", ())]


@pytest.fixture(scope="session")
def prepared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("gateway") / "data")


@pytest.fixture(scope="session")
def gateway(prepared_dir: Path) -> Iterator[str]:
    with serving(prepared_dir) as base:
        yield base


@pytest.fixture
def http(gateway: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway, timeout=30) as client:
        yield client


@pytest.fixture
def citizen(http: httpx.Client) -> Citizen:
    return Citizen(http).start()
