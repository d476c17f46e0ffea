"""What must stand before serving: encoder, dialogue model, index; built once and again when their sources change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from bot.settings import Settings

ROOT = Path(__file__).parent.parent
Progress = Callable[[str], None]


def prepare(settings: Settings, progress: Progress, anew: bool = False) -> None:
    """Encoder before index (which holds its vectors); the dialogue model is trained beside them, on the other core."""
    from knowledge.index import build_index, current_generation
    from knowledge.train import train_encoder

    data_dir = settings.data_dir
    data_dir.mkdir(parents=True, exist_ok=True)
    encoder = _Stamp(data_dir / "prepared.encoder", [ROOT / "knowledge", ROOT / "nlu_data"])
    dialogue = _Stamp(data_dir / "prepared.dialogue", [*encoder.places, ROOT / "config.yml", ROOT / "bot" / "dialogue"])
    with _training_dialogue(data_dir, progress) if anew or not dialogue.holds else nullcontext():
        if anew or not encoder.holds:
            progress("training the sentence encoder")
            train_encoder(data_dir, progress)
            encoder.set()
        if anew or not dialogue.holds or not current_generation(data_dir):
            progress("building the search index")
            build_index(data_dir, progress)
    dialogue.set()
    progress("ready")


class _Stamp:
    """Whether something was last built from the sources as they are now."""

    def __init__(self, path: Path, places: list[Path]) -> None:
        self._path, self.places = path, places
        self._sources = _fingerprint(places)

    @property
    def holds(self) -> bool:
        return self._path.exists() and self._path.read_text() == self._sources

    def set(self) -> None:
        self._path.write_text(self._sources)


@contextmanager
def _training_dialogue(data_dir: Path, progress: Progress) -> Iterator[None]:
    """In a process of its own: Rasa prints pages of its own progress and keeps its memory."""
    progress("training the dialogue model, beside")
    log = data_dir / "training.log"
    code = (
        "import sys; from pathlib import Path; from bot.dialogue.training import train; train(Path(sys.argv[1]), print)"
    )
    with log.open("w") as out:
        trainer = subprocess.Popen([sys.executable, "-c", code, str(data_dir)], stdout=out, stderr=out, cwd=ROOT)
        try:
            yield
            if trainer.poll() is None:
                progress("waiting for the dialogue model")
            status = trainer.wait()
        finally:
            trainer.kill()
    if status != 0:
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
