"""A helper's word on the assistant's answer is kept, replaced, erased, and learned only when an operator accepts it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from bot.channels.inbound import Inbound
from bot.channels.reply import Outcome, Reply, Turn
from bot.cli import app
from bot.evaluation.questions import read
from bot.handoff.case import Case, Ending
from bot.handoff.corrections import Correction, Corrections, Decision, Judged, Verdict, as_question
from bot.handoff.tables import corrections
from bot.handoff.taking import NotPossible
from bot.privacy import new_key
from bot.settings import Settings
from bot.store import Store, open_store
from bot.stories.judging import judged_in
from knowledge import catalogue
from knowledge.index import build_index
from knowledge.library import Library
from knowledge.search import Decision as Match
from tests.clock import Clock
from tests.handoff.world import HOA, LAN, World
from tests.knowledge.shelf import catalogue_file, leave_out_our_own, put_small_encoder

BIRTH, OTHER = "1.001193", "1.004873"
SAID = "ong bướm bay lạc xứ mần răng hè"


async def asks(store: Store, number: int, turn: Turn, **said: str) -> None:
    conversation = await store.conversation_for("telegram", "an")
    inbound = Inbound(channel="telegram", sender="an", message_id=f"{number}", **said)
    received = await store.receive(conversation.id, inbound)
    told = Outcome(replies=(Reply(text="…"),), turn=turn)
    await store.answer(conversation.id, received.seq, told, {}, deliver=False)


async def claimed(world: World, phone: str = LAN) -> Case:
    return await world.taking.claim((await world.opened()).id, await world.helper(phone))


async def judged(world: World, case: Case) -> list[Judged]:
    return list(judged_in(await world.store.history(case.conversation_id, limit=500), case).values())


async def one_case(world: World, text: str = SAID, turn: Turn | None = None) -> tuple[Case, Judged]:
    await asks(world.store, 1, turn or Turn(kind="answer", procedure_code=BIRTH, confidence=0.4), text=text)
    case = await claimed(world)
    (answer,) = await judged(world, case)
    return case, answer


# ---- which answers


async def test_only_answers_to_the_citizens_own_words_from_before_the_case_can_be_judged(world: World) -> None:
    await asks(world.store, 1, Turn(kind="answer", procedure_code=BIRTH), text="làm giấy cho bé")
    await asks(world.store, 2, Turn(kind="answer", procedure_code=BIRTH), payload=f"f:cost:{BIRTH}")
    await asks(world.store, 3, Turn(kind="clarify"), text="giấy cho con bò")
    await asks(world.store, 4, Turn(kind="answer", procedure_code=BIRTH), text="2")
    await asks(world.store, 5, Turn(kind="small_talk"), text="cảm ơn nhiều nhé")
    await asks(world.store, 6, Turn(kind="not_found"), payload="n:")
    case = await claimed(world)
    world.clock.advance(minutes=1)
    await asks(world.store, 7, Turn(kind="answer", procedure_code=BIRTH), text="câu hỏi sau khi gọi người")
    found = [(one.kind, one.question) for one in await judged(world, case)]
    assert found == [
        ("answer", "làm giấy cho bé"),
        ("clarify", "giấy cho con bò"),
        ("not_found", "giấy cho con bò"),
    ]


# ---- kept


async def test_a_correction_is_kept_masked_and_sealed_with_what_was_said(world: World) -> None:
    case, answer = await one_case(world, "giấy cho bé, gọi em 0912345678 nhé" + " ạ" * 400)
    helper = await world.helper(LAN)
    known = Corrections(world.store)
    await known.keep(case, helper, answer, Verdict.wrong, OTHER)
    (one,) = await known.listed()
    assert one.question.startswith("giấy cho bé, gọi em ***678") and len(one.question) == 300
    assert (one.said_kind, one.said_code, one.confidence) == ("answer", BIRTH, 0.4)
    assert (one.verdict, one.code, one.helper_id, one.at) == (Verdict.wrong, OTHER, helper.id, world.clock())
    row = await world.store.database.read(lambda connection: connection.execute(sa.select(corrections)).one())
    assert "giấy".encode() not in row.question


async def test_a_second_word_on_the_same_answer_replaces_the_first_also_an_accepted_one(world: World) -> None:
    case, answer = await one_case(world)
    known, helper = Corrections(world.store), await world.helper(LAN)
    await known.keep(case, helper, answer, Verdict.wrong, OTHER)
    (first,) = await known.listed()
    assert await known.decide(first, Decision.accepted)
    await known.keep(case, helper, answer, Verdict.right)
    (second,) = await known.listed()
    assert (second.id, second.verdict, second.code, second.right_code) == (first.id, Verdict.right, BIRTH, None)
    assert not await known.decide(first, Decision.left)  # what was read is no longer what stands there
    assert await known.of(case.conversation_id) == {answer.seq: second}


async def test_only_whoever_has_the_case_may_say_it(world: World) -> None:
    case, answer = await one_case(world)
    known, helper = Corrections(world.store), await world.helper(LAN)
    with pytest.raises(NotPossible):
        await known.keep(case, await world.helper(HOA), answer, Verdict.right)
    with pytest.raises(NotPossible):
        await known.keep(case, helper, replace(answer, seq=99), Verdict.right)
    await world.taking.close(case, Ending.solved, helper)
    with pytest.raises(NotPossible):
        await known.keep(case, helper, answer, Verdict.right)
    assert await known.listed(tuple(Decision)) == []


async def test_an_erasure_takes_corrections_away_and_lets_none_in_after_it(world: World) -> None:
    case, answer = await one_case(world)
    known, helper = Corrections(world.store), await world.helper(LAN)
    await known.keep(case, helper, answer, Verdict.right)
    await world.store.erase(case.conversation_id)
    assert await known.listed() == []
    with pytest.raises(NotPossible):
        await known.keep(case, helper, answer, Verdict.right)


async def test_corrections_go_with_a_conversation_that_is_too_old(world: World) -> None:
    case, answer = await one_case(world)
    known, helper = Corrections(world.store), await world.helper(LAN)
    await known.keep(case, helper, answer, Verdict.right)
    await world.taking.close(case, Ending.solved, helper)
    await world.store.sweep(world.clock() + timedelta(days=400), 365)
    assert await known.listed() == []


async def test_corrections_move_to_a_new_key(store_settings: Settings, clock: Clock) -> None:
    old, new = new_key(), new_key()
    before = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(old)}), clock)
    clock.advance(hours=19)
    world = await World(before, clock).peopled()
    case, answer = await one_case(world)
    await Corrections(before).keep(case, await world.helper(LAN), answer, Verdict.right)
    await before.close()
    both = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(f"{new},{old}")}))
    await both.reseal()
    await both.close()
    after = await open_store(store_settings.model_copy(update={"secret_keys": SecretStr(new)}))
    assert [one.question for one in await Corrections(after).listed()] == [SAID]
    await after.close()


@pytest.mark.parametrize(
    ("kind", "code", "verdict", "codes", "scope"),
    [
        ("answer", BIRTH, Verdict.right, [BIRTH], None),
        ("answer", BIRTH, Verdict.none, [], "no_procedure"),
        ("not_found", None, Verdict.right, [], "no_procedure"),
        ("not_found", None, Verdict.wrong, [OTHER], None),
        ("clarify", None, Verdict.right, None, None),
    ],
)
def test_each_verdict_says_which_procedures_are_right(
    kind: str, code: str | None, verdict: Verdict, codes: list[str] | None, scope: str | None
) -> None:
    right = OTHER if verdict is Verdict.wrong else None
    at = Clock()()
    row = as_question(Correction("a", 2, SAID, kind, code, None, verdict, right, "b", at, 1, Decision.waiting))
    assert (row and row["codes"], row and row.get("scope")) == (codes, scope)


# ---- the operator's command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("MOTCUA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MOTCUA_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", "")
    return lambda *words: CliRunner().invoke(app, ["corrections", *map(str, words)])


def corrected(folder: Path, text: str, verdict: Verdict = Verdict.wrong) -> str:
    """A helper said it of the answer to these words; the id."""

    async def work() -> str:
        clock = Clock()
        clock.advance(hours=19)
        store = await open_store(Settings(_env_file=None, env="test", data_dir=folder, database_url=""), clock)
        world = await World(store, clock).peopled()
        case, answer = await one_case(world, text)
        await Corrections(store).keep(case, await world.helper(LAN), answer, verdict, OTHER)
        (one,) = await Corrections(store).listed()
        await store.close()
        return one.id

    return asyncio.run(work())


def test_the_list_shows_code_verdict_day_and_masked_question(run: Callable[..., Result], tmp_path: Path) -> None:
    assert "No correction waits" in run().output
    correction_id = corrected(tmp_path, "giấy cho bé, số 0912345678")
    line = run().stdout.strip()
    assert line == f"{correction_id[:8]}  2026-11-25  waiting  {BIRTH} → {OTHER}: giấy cho bé, số ***678"
    assert run("--leave", correction_id[:8]).exit_code == 0
    assert "No correction waits" in run().output and "left" in run("--all").stdout
    assert run("--leave", "0" * 8).exit_code == 2
    assert run("--leave", correction_id, "--accept", correction_id).exit_code == 2


def test_the_export_is_read_as_a_question_file(run: Callable[..., Result], tmp_path: Path) -> None:
    corrected(tmp_path, "giấy cho bé, số 0912345678")
    file = tmp_path / "corrected.jsonl"
    assert run("--export", file).exit_code == 0
    assert run("--export", file).exit_code == 0  # a second time replaces it
    (question,) = read([file])
    assert (question.text, question.codes) == ("giấy cho bé, số ***678", (OTHER,))
    assert file.stat().st_mode & 0o077 == 0 and json.loads(file.read_text("utf-8"))["codes"] == [OTHER]
    assert run("--export", tmp_path / "nowhere" / "x.jsonl").exit_code == 2


def test_what_tells_a_citizen_or_names_no_procedure_is_not_learned(run: Callable[..., Result], tmp_path: Path) -> None:
    correction_id = corrected(tmp_path, "giấy cho bé, số 0912345678")
    for refused in (run("--accept", correction_id), run("--accept", correction_id, "--wording", "số 0912345678")):
        assert refused.exit_code == 2 and "--wording" in refused.output
    assert "waiting" in run().stdout and not (tmp_path / "everyday").exists()


def test_no_procedure_is_nothing_to_learn(run: Callable[..., Result], tmp_path: Path) -> None:
    assert run("--accept", corrected(tmp_path, SAID, Verdict.none)).exit_code == 2


def small_library(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three procedures with a real index over them; nothing of ours."""
    leave_out_our_own(monkeypatch)
    put_small_encoder(data_dir)
    names = {BIRTH: "Đăng ký khai sinh", OTHER: "Cấp giấy xác nhận tình trạng hôn nhân", "1.000003": "Đăng ký khai tử"}
    file = catalogue_file(data_dir / "catalogue.jsonl", names)
    _, records = catalogue.read_import([file], data_dir, Clock().now.date(), False)
    with catalogue.staged(records, data_dir) as commit:
        commit()
    build_index(data_dir)


def told(data_dir: Path) -> str:
    """The procedure that the question is answered with."""
    found = Library.open(data_dir).snapshot.searcher.search(SAID)
    return found.hits[0].code if found.decision is Match.match else ""


def test_once_accepted_the_same_question_is_answered_rightly(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_library(tmp_path, monkeypatch)
    correction_id = corrected(tmp_path, SAID)
    assert told(tmp_path) == "" and not (tmp_path / "everyday").exists()  # kept is not learned
    refused = run("--accept", correction_id, "--wording", "làm giấy " * 40)
    assert refused.exit_code == 2 and "waiting" in run().stdout  # as `motcua teach` refuses it
    accepted = run("--accept", correction_id)
    assert accepted.exit_code == 0 and f"1 sentences added to {OTHER}" in accepted.output
    assert told(tmp_path) == OTHER
    assert "accepted before" in run("--accept", correction_id).output
    assert "accepted" in run("--all").stdout and "No correction waits" in run().output
