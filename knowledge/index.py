"""The search index on disk: built as a whole new generation, then made current in one step."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from knowledge import catalogue, everyday, lexical, passages
from knowledge.lexical import Vocabulary
from knowledge.schema import Procedure

FORMAT = 1
CURRENT = "CURRENT"
KEPT_GENERATIONS = 2  # the current one and the one a slower reader may still be opening

Progress = Callable[[str], None]


class IndexMissing(RuntimeError):
    """No index was built yet under this data folder."""


class IndexCorrupt(RuntimeError):
    """The index cannot be read: damaged files, another format, or another encoder than the one in use."""


@dataclass(frozen=True)
class Index:
    """A loaded generation; columns of `fields` are field-major: field × procedure."""

    generation: str
    codes: tuple[str, ...]
    names: tuple[str, ...]
    fingerprints: tuple[str, ...]
    vocabulary: Vocabulary
    fields: sparse.csr_matrix
    field_weights: np.ndarray
    phrases: sparse.csr_matrix
    phrase_owner: np.ndarray


def folder(data_dir: Path) -> Path:
    return data_dir / "index"


def build(
    procedures: Mapping[str, Procedure], phrases: list[everyday.Phrase], progress: Progress = lambda _: None
) -> Index:
    """Everything that search needs, in memory."""
    codes = tuple(sorted(procedures))
    by_code: dict[str, list[everyday.Phrase]] = {code: [] for code in codes}
    for phrase in phrases:
        by_code[phrase.code].append(phrase)
    progress(f"reading {len(codes)} procedures and {len(phrases)} everyday phrases")
    field_terms = {field: [] for field in passages.FIELDS}
    for code in codes:
        for field, texts in passages.field_texts(procedures[code], by_code[code]).items():
            field_terms[field].append([term for text in texts for term in lexical.terms(text)])
    phrase_terms = [lexical.terms(phrase.text) for phrase in phrases]
    whole = [[term for field in passages.FIELDS for term in field_terms[field][row]] for row in range(len(codes))]
    progress("weighing words")
    vocabulary = lexical.learn_vocabulary(whole, phrase_terms)
    rows = {code: row for row, code in enumerate(codes)}
    return Index(
        generation="",
        codes=codes,
        names=tuple(procedures[code].name for code in codes),
        fingerprints=tuple(passages.fingerprint(procedures[code], by_code[code]) for code in codes),
        vocabulary=vocabulary,
        fields=sparse.hstack([lexical.bm25(vocabulary, field_terms[field]) for field in passages.FIELDS], format="csr"),
        field_weights=np.array([1.0, 1.0, 0.7, 0.7, 0.2, 0.3, 0.2, 0.3], dtype=np.float32),
        phrases=lexical.cosine(vocabulary, phrase_terms),
        phrase_owner=np.array([rows[phrase.code] for phrase in phrases], dtype=np.int32),
    )


def build_index(data_dir: Path, progress: Progress = lambda _: None) -> str:
    """Indexes all that is known and makes it current; returns the generation. Raises BadProcedure, BadEveryday, OSError."""
    procedures = catalogue.load(data_dir)
    phrases = everyday.phrases(procedures, everyday.load(data_dir))
    with writing(data_dir):
        generation = save(build(procedures, phrases, progress), data_dir)
        make_current(data_dir, generation)
    progress(f"index {generation} is current")
    return generation


@contextlib.contextmanager
def writing(data_dir: Path) -> Iterator[None]:
    """One writer at a time, over processes."""
    folder(data_dir).mkdir(parents=True, exist_ok=True)
    with (folder(data_dir) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def save(index: Index, data_dir: Path) -> str:
    """Writes a new generation, not yet current; nothing is left behind on an error."""
    generation = uuid.uuid4().hex[:12]
    staging, target = folder(data_dir) / f".{generation}", folder(data_dir) / generation
    try:
        staging.mkdir(parents=True)
        _save_arrays(index, staging)
        manifest = {"format": FORMAT, "codes": index.codes, "names": index.names, "fingerprints": index.fingerprints}
        (staging / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
        os.replace(staging, target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return generation


def _save_arrays(index: Index, into: Path) -> None:
    arrays = {
        "hashes": index.vocabulary.hashes,
        "idf": index.vocabulary.idf,
        "field_weights": index.field_weights,
        "phrase_owner": index.phrase_owner,
    }
    np.savez(into / "arrays.npz", **arrays)
    sparse.save_npz(into / "fields.npz", index.fields, compressed=False)
    sparse.save_npz(into / "phrases.npz", index.phrases, compressed=False)


def make_current(data_dir: Path, generation: str) -> None:
    """The one step by which a generation becomes visible; older ones are removed."""
    pointer = folder(data_dir) / f".{CURRENT}"
    pointer.write_text(generation, "ascii")
    os.replace(pointer, folder(data_dir) / CURRENT)
    generations = sorted(
        (path for path in folder(data_dir).iterdir() if path.is_dir()),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for path in [path for path in generations if path.name != generation][KEPT_GENERATIONS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def current_generation(data_dir: Path) -> str:
    """Raises IndexMissing."""
    try:
        return (folder(data_dir) / CURRENT).read_text("ascii").strip()
    except OSError as error:
        raise IndexMissing(f"no search index under {folder(data_dir)}: run `motcua index`") from error


def load(data_dir: Path) -> Index:
    """The current generation. Raises IndexMissing, IndexCorrupt."""
    for _ in range(3):  # a writer may replace the generation between reading the pointer and the files
        generation = current_generation(data_dir)
        try:
            return _load(folder(data_dir) / generation)
        except FileNotFoundError as error:
            missing = error
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise IndexCorrupt(f"index {generation} cannot be read ({error}): run `motcua index`") from error
    raise IndexCorrupt(f"index {generation} lacks a file ({missing.filename}): run `motcua index`")


def _load(path: Path) -> Index:
    manifest: dict[str, Any] = json.loads((path / "manifest.json").read_text("utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
    arrays = np.load(path / "arrays.npz")
    return Index(
        generation=path.name,
        codes=tuple(manifest["codes"]),
        names=tuple(manifest["names"]),
        fingerprints=tuple(manifest["fingerprints"]),
        vocabulary=Vocabulary(arrays["hashes"], arrays["idf"]),
        fields=sparse.load_npz(path / "fields.npz").tocsr(),
        field_weights=arrays["field_weights"],
        phrases=sparse.load_npz(path / "phrases.npz").tocsr(),
        phrase_owner=arrays["phrase_owner"],
    )
