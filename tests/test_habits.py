"""The habits of this code base, held by tests rather than by memory."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from bot.wording import sentences
from knowledge.catalogue import CURATED_DIR, load_curated

ROOT = Path(__file__).parent.parent
SOURCES = [path for room in ("bot", "knowledge", "actions") for path in (ROOT / room).rglob("*.py")]
ROOMS = (
    "assisting",
    "broadcasts",
    "channels",
    "desk",
    "dialogue",
    "evaluation",
    "genuine",
    "handoff",
    "payment",
    "petitions",
    "sandbox",
    "submission",
)
# Who may import whom: knowledge → nothing of ours; actions → what the dialogue and flows offer; rooms → never another
# room, but the message and reply shapes in channels are everybody's language, and every notice gets its code in one
# place.
SHARED_SHAPES = {"bot.channels.reply", "bot.channels.inbound", "bot.genuine.marking"}
MAY_IMPORT_EVERYTHING = {
    "bot/app.py",
    "bot/cli.py",
    "bot/flows.py",
    "bot/services.py",
    "bot/preparation.py",
    "bot/doctor.py",
}


def imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def test_knowledge_imports_nothing_of_the_other_rooms() -> None:
    for path in (ROOT / "knowledge").rglob("*.py"):
        strangers = {name for name in imports(path) if re.match(r"(bot|actions)(\.|$)", name)}
        assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_a_room_imports_no_other_room() -> None:
    for path in (ROOT / "bot").rglob("*.py"):
        relative = path.relative_to(ROOT)
        room = relative.parts[1] if relative.parts[1] in ROOMS else None
        if (
            room in (None, "evaluation")
            or str(relative) in MAY_IMPORT_EVERYTHING
            or relative.name.endswith("routes.py")
        ):
            continue
        for name in imports(path):
            other = name.split(".")[1] if name.startswith("bot.") else room
            is_shape = any(name == shape or name.startswith(f"{shape}.") for shape in SHARED_SHAPES)
            assert other == room or other not in ROOMS or is_shape, f"{relative} imports {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_one_sentence_about_itself_and_stays_small(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, "no docstring"
    assert len(text.splitlines()) <= 320, "past 300 lines a file asks for a split"


def test_every_sentence_is_used_and_every_used_sentence_exists() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "bot").rglob("*.py"))
    asked = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_]+)+)["']""", code)) | {
        f"problem.{key}" for key in re.findall(r'Problem\(\d+, "(\w+)"', code)
    }
    families = tuple(re.findall(r'f"([a-z_.]+\.)\{', code))
    unused = [
        key for key in sentences() if key not in asked and not key.startswith(families) and f'"{key}"' not in code
    ]
    assert not unused
    missing = [key for key in re.findall(r'(?<!_)say\("([a-z_.]+)"', code) if key not in sentences()]
    assert not missing


def test_sentences_for_citizens_are_not_in_code() -> None:
    vietnamese = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
    allowed = {"bot/app.py", "bot/dialogue/rasa.py"}  # the API's title; what Rasa is warmed up with
    for path in (ROOT / "bot").rglob("*.py"):
        if str(path.relative_to(ROOT)) in allowed or "sandbox" in path.parts or "evaluation" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if hasattr(node, "body")
            and isinstance(node.body, list)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        spoken = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docs
            and len(vietnamese.findall(node.value)) > 3
        ]
        assert not spoken, f"{path.relative_to(ROOT)}: {spoken[:2]}"


def test_every_curated_procedure_is_valid_and_has_a_scenario() -> None:
    codes = {procedure.code for procedure in load_curated()}
    scenarios = {path.stem for path in (ROOT / "tests" / "procedures").glob("*.yml")}
    assert codes, "no curated procedure"
    assert codes == scenarios


def test_a_curated_procedure_is_known_by_at_least_eight_everyday_ways() -> None:
    from knowledge import everyday

    wording = everyday.load()
    for procedure in load_curated():
        own = len(procedure.everyday_names)
        more = wording.get(procedure.code)
        if more:
            own += len(more.names) + len(more.situations) + sum(len(asks) for asks in more.asks.values())
        assert own >= 8, procedure.code


def test_no_line_of_the_project_names_a_machine_of_ours() -> None:
    pattern = re.compile(r"(?<![\w.-])/(work|farm|tmp/bash_jobs)/")
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py"), *CURATED_DIR.glob("*.yml"), ROOT / "README.md"]:
        if path != Path(__file__):
            assert not pattern.search(path.read_text("utf-8")), path


def test_distinctions_fit_on_a_button_and_ask_a_question() -> None:
    for entry in yaml.safe_load((ROOT / "bot/dialogue/distinctions.yml").read_text("utf-8")):
        assert entry["ask"].endswith("?")
        assert len(entry["labels"]) >= 2
        assert all(len(label) <= 78 for label in entry["labels"].values())
