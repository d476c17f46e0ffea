"""What must stand before serving: encoder, dialogue model, index; built once and again when their sources change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
Progress = Callable[[str], None]


def prepare(settings: Settings, progress: Progress, anew: bool = False) -> None:
    """Encoder before index (which holds its vectors); the dialogue model stands alone."""
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
    _train_dialogue(data_dir, progress)
    progress("building the search index")
    build_index(data_dir, progress)
    stamp.write_text(sources)
    progress("ready")


def _train_dialogue(data_dir: Path, progress: Progress) -> None:
    """In a process of its own: Rasa prints pages of its own progress and keeps its memory."""
    log = data_dir / "training.log"
    code = "import sys; from pathlib import Path; from bot.dialogue.training import train; train(Path(sys.argv[1]), print)"
    with log.open("w") as out:
        done = subprocess.run([sys.executable, "-c", code, str(data_dir)], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT)
    if done.returncode != 0:
        raise PreparationFailed(f"the dialogue model could not be trained; the end of {log}:\n{_tail(log)}")
    progress("dialogue model trained")


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-lines:])


class PreparationFailed(RuntimeError):
    """Something that must stand before serving could not be built."""


def _fingerprint(places: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for place in places:
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and path.suffix in (".py", ".yml", ".txt"):
                digest.update(str(path.relative_to(ROOT)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
