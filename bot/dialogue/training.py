"""Trains the Rasa model from nlu_data/ and the everyday wording; the same data always give the same cached file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.dialogue import training_data
from bot.dialogue.quiet import hush, silence

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config.yml"
NLU_DATA = ROOT / "nlu_data"
# Modules of ours whose change changes a model; a controls.py does not.
SENTENCES = ("nlu", "further", "varied")  # folders of nlu_data, in the order they were written
_DIALOGUE_CODE = ("asking", "cues", "entities", "facets", "frames", "intents", "linear", "training_data", "views")


class TrainingFailed(RuntimeError):
    """Rasa did not produce a model."""


def train(data_dir: Path, progress: Callable[[str], None]) -> Path:
    """The model file for today's data, trained unless it is there already. Raises TrainingFailed, BadEveryday."""
    folder = data_dir / "models" / "rasa"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / ".lock"):
        extra = training_data.generated(data_dir)
        model = folder / f"{_fingerprint(extra)}.tar.gz"
        if model.exists():
            progress(f"dialogue model is up to date: {model.name}")
            return model
        progress("training the dialogue model")
        _train(model, extra)
        for old in folder.glob("*.tar.gz"):
            if old != model:
                old.unlink()
        progress(f"dialogue model trained: {model.name}, {model.stat().st_size // 1024} KiB")
        return model


def _train(model: Path, extra: str) -> None:
    hush()
    with silence(), tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        from rasa.model_training import train as rasa_train

        generated = Path(scratch) / "generated.yml"
        generated.write_text(extra, "utf-8")
        files = [*map(str, source_files()), str(generated)]
        result = rasa_train(
            domain=str(NLU_DATA / "domain"),
            config=str(CONFIG),
            training_files=files,
            output=scratch,
            fixed_model_name="model",
            force_training=True,
        )
        if result.model is None:
            raise TrainingFailed(f"Rasa ended with code {result.code}")
        shutil.move(result.model, Path(scratch) / "done")
        os.replace(Path(scratch) / "done", model)  # whole or not at all, also for a reader in another process


def source_files() -> list[Path]:
    """What Rasa reads of nlu_data: sentences, rules, look-ups."""
    return [path for part in (*SENTENCES, "rules", "lookups") for path in sorted((NLU_DATA / part).glob("*.yml"))]


def _fingerprint(extra: str) -> str:
    """Everything a model depends on, helper modules and word lists too."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(_inputs()):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _inputs() -> Iterator[Path]:
    yield CONFIG
    yield from NLU_DATA.rglob("*.yml")
    yield from (ROOT / "bot" / "dialogue" / "components").glob("*.py")
    yield from (ROOT / "bot" / "dialogue" / f"{name}.py" for name in _DIALOGUE_CODE)
    yield from (ROOT / "knowledge" / name for name in ("text.py", "text.yml"))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One training at a time, also across processes; the lock goes with the process that held it."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
