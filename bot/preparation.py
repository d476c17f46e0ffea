"""What must stand before serving: encoder, dialogue model, index; built once and again when their sources change."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
Progress = Callable[[str], None]


def prepare(settings: Settings, progress: Progress, anew: bool = False) -> None:
    """Encoder before index (which holds its vectors); the dialogue model stands alone."""
    from bot.dialogue.training import train as train_dialogue
    from knowledge.index import build_index, current_generation
    from knowledge.train import train_encoder

    data_dir = settings.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    sources = _fingerprint([ROOT / "knowledge", ROOT / "nlu_data", ROOT / "config.yml", ROOT / "bot" / "dialogue"])
    stamp = data_dir / "prepared"
    if not anew and stamp.exists() and stamp.read_text() == sources and current_generation(data_dir):
        return
    progress("training the sentence encoder")
    train_encoder(data_dir, progress)
    progress("training the dialogue model")
    train_dialogue(data_dir, progress)
    progress("building the search index")
    build_index(data_dir, progress)
    stamp.write_text(sources)
    progress("ready")


def _fingerprint(places: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix in (".py", ".yml", ".txt"):
                digest.update(str(path.relative_to(ROOT)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
