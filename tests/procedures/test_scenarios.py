"""Every curated procedure is found by what people ask, and the answer says what it must."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import yaml

from tests.gateway import Citizen

pytestmark = pytest.mark.slow
FILES = sorted(Path(__file__).parent.glob("*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_procedure_answers_its_scenario(path: Path, http: httpx.Client) -> None:
    for scene in yaml.safe_load(path.read_text("utf-8")):
        citizen = Citizen(http).start()
        citizen.says(scene["ask"])
        if citizen.kind == "clarify":  # asking back is right as long as the procedure is among the choices
            assert f"p:{path.stem}" in citizen.payloads, scene["ask"]
            citizen.presses(f"p:{path.stem}")
        assert citizen.code == path.stem, f"{scene['ask']!r} → {citizen.kind} {citizen.code}"
        citizen.presses(f"f:{scene['facet']}:{path.stem}")
        for words in scene["says"]:
            assert words.lower() in citizen.text.lower(), f"{scene['ask']!r}: {words!r} is missing"
