"""The accountant's commands say in plain words what does not fit and what to do, and change nothing by looking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.handoff.clocks import load_clocks
from bot.handoff.directory import Directory
from bot.handoff.people import Role
from bot.handoff.team_list import TeamList
from bot.payment.refunds import Refunds
from bot.settings import Settings
from bot.store import open_store
from tests.clock import Clock
from tests.handoff.world import HOA, LAN, MINH, listed
from tests.payment.world import World, opened

Play = Callable[[World], Awaitable[None]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MOTCUA_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", "")
    return lambda *words: CliRunner().invoke(app, [*map(str, words)])


def play(folder: Path, scene: Play) -> None:
    """What happened before the command is run."""

    async def run() -> None:
        store = await open_store(Settings(_env_file=None, env="test", data_dir=folder), Clock())
        async with opened(store, store.clock) as world:
            await scene(world)
        await store.close()

    asyncio.run(run())


async def paid_and_paid_wrongly(world: World) -> None:
    _, _, order = await world.begun("vietqr")
    await world.hears("vietqr", world.pay(order)[1])
    _, _, other = await world.begun("momo", "MC-261124-XYZ567")
    await world.hears("momo", world.pay(other, "wrong_amount")[1])
    stranger = world.pay(other)[1]
    notice = world.verified("momo", stranger)
    from dataclasses import replace

    await world.payments.receive(replace(notice, reference="another's", transaction_id="77"))


def test_an_empty_ledger_balances(run: Callable[..., Result]) -> None:
    told = run("ledger")
    assert told.exit_code == 0 and "Sổ cân" in told.output and "0 việc" in told.output


def test_what_waits_is_listed_with_what_to_do_until_it_is_done(run: Callable[..., Result], tmp_path: Path) -> None:
    play(tmp_path, paid_and_paid_wrongly)
    told = run("ledger")
    assert "2 việc" in told.output and "sai số tiền" in told.output and "mà sổ không có" in told.output
    case = told.output.split("refund ask ")[1].split()[0]
    number = told.output.split("--seen ")[1].split("`")[0]
    early = run("refund", "approve", case, "--by", "Bình")
    assert early.exit_code == 2 and "motcua refund ask CASE" in early.output, "a rule's word is nobody's"
    assert run("refund", "ask", case, "--by", "An").exit_code == 2, "without a word why"
    for nobody in ("rules", " ", "0912345678"):
        assert run("refund", "ask", case, "--by", nobody, "--why", "Trả dư").exit_code == 2
    assert run("refund", "ask", case, "--by", "An", "--why", "Trả dư").exit_code == 0
    own = run("refund", "approve", case, "--by", " An ")
    assert own.exit_code == 2 and "somebody else" in own.output
    assert "refund approve" in run("ledger").output
    assert run("refund", "approve", case, "--by", "Bình").exit_code == 0
    assert "Chuyển trả" in run("ledger").output
    assert run("refund", "done", case, "FT9", "--by", "Bình").exit_code == 0
    assert run("refund", "done", case, "FT9", "--by", "Bình").exit_code != 0
    assert run("ledger", "--seen", number).exit_code == 0
    assert run("ledger", "--seen", number).exit_code != 0
    assert "0 việc" in run("ledger").output and run("ledger", "--check").exit_code == 0


def test_who_asked_at_the_desk_cannot_approve_by_their_telephone(run: Callable[..., Result], tmp_path: Path) -> None:
    held: list[str] = []

    async def asked(world: World) -> None:
        await paid_and_paid_wrongly(world)
        directory = Directory(world.store, load_clocks())
        people = tuple(
            listed(phone, name, "Sở", role=Role.province_admin) for phone, name in ((LAN, "An"), (HOA, "Ba"))
        )
        await directory.replace(TeamList((*people, listed(MINH, "Chị Mai", "Tổ 1")), ()))
        refunds = Refunds(world.store, world.payments)
        (case,) = await refunds.cases()
        an = await directory.by_phone(LAN)
        await world.store.database.write(lambda connection: refunds.ask_back_in(connection, case.id, an.id))
        held.append(case.id)

    play(tmp_path, asked)
    told = [run("refund", "approve", held[0], "--by", phone) for phone in (LAN, MINH, HOA)]
    assert [one.exit_code for one in told] == [2, 2, 0]
    assert "somebody else" in told[0].output and "handles money" in told[1].output


def test_the_ledger_is_written_for_a_spreadsheet(run: Callable[..., Result], tmp_path: Path) -> None:
    play(tmp_path, paid_and_paid_wrongly)
    assert run("ledger", "--export", tmp_path / "ledger.xlsx").exit_code == 0
    assert len(list(load_workbook(tmp_path / "ledger.xlsx")["Bút toán"].rows)) > 8
    assert run("ledger", "--export", tmp_path / "ledger.xls").exit_code == 2
    assert run("ledger", "--export", tmp_path / "nowhere" / "ledger.xlsx").exit_code == 2
    file = tmp_path / "ledger.csv"
    assert run("ledger", "--export", file).exit_code == 0
    assert len(file.read_text("utf-8-sig").splitlines()) > 8
    assert run("ledger", "--export", file, "--since", "2020-01-01", "--until", "2020-01-31").exit_code == 0
    assert len(file.read_text("utf-8-sig").splitlines()) == 1


def test_a_statement_repairs_and_lists_what_fits_nowhere(run: Callable[..., Result], tmp_path: Path) -> None:
    async def unheard(world: World) -> None:
        _, _, order = await world.begun("vietqr")
        world.pay(order)
        rows = [f"FT1,CT DEN {order.words},58000", "FT2,chuyen tien,20000"]
        (tmp_path / "s.csv").write_text("\n".join(["so,noi dung,tien", *rows]))

    play(tmp_path, unheard)
    columns = ("--transaction-column", "so", "--reference-column", "noi dung", "--amount-column", "tien")
    told = run("statement", "vietqr", tmp_path / "s.csv", *columns)
    assert told.exit_code == 1, told.output
    assert "nay đã ghi" in told.output and "không thuộc lần trả nào" in told.output
    again = run("statement", "vietqr", tmp_path / "s.csv", *columns, "--since", "2026-11-20", "--until", "2026-11-30")
    assert "1 dòng khớp" in again.output and "nay đã ghi" not in again.output
    assert run("statement", "vietqr", tmp_path / "s.csv").exit_code == 2
    assert run("statement", "paypal", tmp_path / "s.csv", *columns).exit_code == 2


def test_a_refund_is_asked_by_one_and_approved_by_another(run: Callable[..., Result], tmp_path: Path) -> None:
    found: list[str] = []

    async def paid(world: World) -> None:
        payment, _, order = await world.begun("vnpay")
        await world.hears("vnpay", world.pay(order)[1])
        found.append(payment.reference)

    play(tmp_path, paid)
    assert run("refund", "ask", found[0], "--by", "An", "--reason", "whim").exit_code == 2
    case = run("refund", "ask", found[0], "--by", "An").output.strip()
    assert run("refund", "approve", case, "--by", "An").exit_code == 2
    assert run("refund", "approve", case, "--by", "Bình").exit_code == 0

    async def is_approved(world: World) -> None:
        assert len(await Refunds(world.store, world.payments).cases("approved")) == 1

    play(tmp_path, is_approved)
