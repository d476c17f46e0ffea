"""The widget's file itself: small, self-contained, and free of the ways data could become markup."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

CHANNELS = Path(__file__).parents[2] / "bot" / "channels"
WIDGET = CHANNELS / "web_widget" / "motcua-widget.js"
MOST_BYTES = 60_000


def test_compressed_it_is_under_sixty_kilobytes() -> None:
    files = [path for path in WIDGET.parent.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < MOST_BYTES


def test_nothing_can_turn_data_into_markup_or_code() -> None:
    source = WIDGET.read_text("utf-8")
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert way not in source


def test_it_fetches_nothing_from_anybody_else() -> None:
    for path in (
        WIDGET,
        CHANNELS / "demo" / "index.html",
        CHANNELS / "demo" / "demo.css",
        CHANNELS / "demo" / "demo.js",
        CHANNELS / "demo" / "ho-so.html",
        CHANNELS / "demo" / "ho-so.css",
        CHANNELS / "demo" / "ho-so.js",
    ):
        addresses = re.findall(r"https?://[a-z0-9.]+", path.read_text("utf-8"))
        assert set(addresses) <= {"http://www.w3.org"}, path.name


def test_the_sentences_stand_in_one_dictionary() -> None:
    source = WIDGET.read_text("utf-8")
    code = source.split("// ---- figures", 1)[1]
    vietnamese = re.findall(r"['`\"][^'`\"\n]*[ạảãàáăắặằâấầậđêếềệôốồộơớờợưứừựịọụủỉẻẽẹ][^'`\"\n]*['`\"]", code)
    assert vietnamese == []
