"""The procedure that the README adds from scratch is valid, found by what people call it, and answers its scenario."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue.asker import Asker
from bot.dialogue.sections import tell
from knowledge import catalogue, everyday
from knowledge.catalogue import CURATED_DIR
from knowledge.index import build_index
from knowledge.library import Library
from knowledge.schema import Facet, Procedure
from tests.knowledge.shelf import put_small_encoder
from tests.submission.journeys import by_example, walk

ROOT = Path(__file__).parents[2]
SISTERS = ("3.000346", "3.000347", "3.000348", "1.001456", "1.005103")


def blocks(readme: str) -> dict[str, str]:
    """The README's YAML by the path in its first line."""
    found = re.findall(r"```yaml\n(# (\S+\.yml)\n.*?)```", (ROOT / readme).read_text("utf-8"), re.DOTALL)
    return {path: text for text, path in found}


def example(part: str) -> str:
    [text] = [text for path, text in blocks("README.md").items() if path.startswith(part)]
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Curated records: the README's beside some of ours that it may be taken for."""
    folder = tmp_path / "procedures"
    folder.mkdir()
    for code in SISTERS:
        shutil.copy(CURATED_DIR / f"{code}.yml", folder)
    text = example("knowledge/procedures/")
    (folder / f"{yaml.safe_load(text)['code']}.yml").write_text(text, "utf-8")
    return folder


@pytest.fixture
def written(folder: Path) -> Procedure:
    code = yaml.safe_load(example("knowledge/"))["code"]
    return next(one for one in catalogue.load_curated(folder) if one.code == code)


@pytest.fixture
def library(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """An index of these alone, whose likeness knows nothing: words must find it."""
    load, load_wording = catalogue.load_curated, everyday.load
    monkeypatch.setattr(catalogue, "load_curated", lambda *_: load(folder))
    monkeypatch.setattr(everyday, "load", lambda data_dir=None: load_wording(data_dir, Path("nothing-here")))
    put_small_encoder(tmp_path / "var")
    build_index(tmp_path / "var")
    return Library.open(tmp_path / "var")


def test_both_readmes_show_the_same_files() -> None:
    assert blocks("README.md") == blocks("README.vi.md")
    assert sorted(path.split("/")[0] for path in blocks("README.md")) == ["knowledge", "tests"]


def test_the_files_bear_the_code_and_are_not_in_the_repository_yet(written: Procedure) -> None:
    assert all(path.endswith(f"/{written.code}.yml") for path in blocks("README.md"))
    assert not (CURATED_DIR / f"{written.code}.yml").exists()


def test_the_procedure_is_found_by_every_name_that_people_give_it(library: Library, written: Procedure) -> None:
    assert len(written.everyday_names) >= 8
    for name in written.everyday_names:
        assert library.searcher.search(name).hits[0].code == written.code, name


def test_its_scenario_is_answered(library: Library, written: Procedure) -> None:
    scenes: list[dict[str, Any]] = yaml.safe_load(example("tests/"))
    assert len(scenes) == 3 and not {scene["ask"] for scene in scenes} & set(written.everyday_names)
    for scene in scenes:
        assert written.code in [hit.code for hit in library.searcher.search(scene["ask"]).hits[:2]], scene["ask"]
        text = tell(written, Facet(scene["facet"]), Asker(dt.date(2026, 11, 25))).text
        assert all(words.lower() in text.lower() for words in scene["says"]), text


def test_its_journey_is_walked_to_the_end_by_its_own_examples(written: Procedure) -> None:
    assert list(walk(written.questions, by_example)) == [question.id for question in written.questions]
