"""The operator's commands: what waits, one petition, and an answer that reaches its citizen."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.petitions.petition import Content
from bot.petitions.petitions import Petitions
from bot.settings import Settings
from bot.store import open_store

CONTENT = Content("đèn đường hỏng từ tuần trước", "Trần Thị Hoa", "tổ 5", "0912345678", "Phường Tuy Hòa", "Đắk Lắk")


async def _sent(settings: Settings) -> tuple[str, str]:
    store = await open_store(settings)
    conversation = (await store.start_conversation("web"))[0].id
    room = Petitions(store)
    sent = await room.send(await room.begin(conversation, CONTENT, b"1"), b"2")
    await store.close()
    return sent.code, conversation


async def _history(settings: Settings, conversation: str) -> str:
    store = await open_store(settings)
    told = str(await store.history(conversation))
    await store.close()
    return told


def test_an_operator_lists_shows_and_answers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_ENV", "test")
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", "")
    code, conversation = asyncio.run(_sent(settings))
    run = CliRunner().invoke
    listed = run(app, ["petitions", "list"])
    assert code in listed.output and "Phường Tuy Hòa" in listed.output and "Hoa\n" not in listed.output
    shown = run(app, ["petitions", "show", code.lower()])
    assert "Trần Thị Hoa" in shown.output and "đèn đường" in shown.output
    assert run(app, ["petitions", "answer", code, "Đã sửa đèn.", "--by", "bà Lan"]).exit_code == 0
    assert "Đã sửa đèn." in asyncio.run(_history(settings, conversation))
    assert run(app, ["petitions", "refuse", code, "trùng", "--by", "bà Lan"]).exit_code == 2, "it is answered"
    assert run(app, ["petitions", "show", "PA-000000-AAAAAA"]).exit_code == 2
    assert run(app, ["petitions", "list"]).output.strip() == ""
    assert "answered" in run(app, ["petitions", "list", "--all"]).output
