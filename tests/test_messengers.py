"""A demonstration without any account shows Zalo and Telegram beside the web; elsewhere their servers do not exist."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx
import pytest

from tests.gateway import serving

WHO = "912345678"
PATIENCE_SECONDS = 60


def answers(http: httpx.Client, channel: str) -> list[dict]:
    """What the bot has said, once it has said something."""
    for _ in range(PATIENCE_SECONDS * 5):
        lines = http.get(f"/sandbox/{channel}/chat/{WHO}").json()
        if said := [line for line in lines if line["is_ours"]]:
            return said
        time.sleep(0.2)
    return pytest.fail(f"nothing is said on {channel}")


@pytest.mark.slow
def test_a_citizen_is_answered_on_both_messengers(prepared_dir: Path, tmp_path: Path) -> None:
    data_dir = shutil.copytree(prepared_dir, tmp_path / "data")
    with serving(data_dir, env="demo") as base, httpx.Client(base_url=base, timeout=30) as http:
        assert http.get("/sandbox/channels").status_code == 200
        for channel in ("zalo", "telegram"):
            act = {"kind": "say", "text": "làm giấy khai sinh cho con cần giấy tờ gì"}
            assert http.post(f"/sandbox/{channel}/chat/{WHO}", json=act).status_code == 204
        for channel in ("zalo", "telegram"):
            assert "Giấy chứng sinh" in answers(http, channel)[0]["text"]
        assert http.post("/channels/zalo/webhook", content=b"{}").status_code == 200
        forged = {"X-ZEvent-Signature": "mac=" + "0" * 64}
        assert http.post("/channels/zalo/webhook", content=b"{}", headers=forged).status_code == 401


@pytest.mark.slow
def test_outside_a_demonstration_the_pretended_servers_do_not_exist(gateway: str) -> None:
    with httpx.Client(base_url=gateway) as http:
        for path in ("/sandbox/zalo/", "/sandbox/telegram/", "/sandbox/channels", "/channels/zalo/callback"):
            assert http.get(path).status_code == 404
        assert http.post("/channels/zalo/webhook", content=b"{}").status_code == 404
