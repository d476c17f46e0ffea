"""The search index on disk: built as a whole new generation, then made current in one step.

`<data_dir>/index/CURRENT` names the generation that counts. A generation holds its own encoder, so that a
freshly trained one never meets vectors of another.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy import sparse

from knowledge import catalogue, encoder, everyday, index_content, passages
from knowledge.encoder import Encoder, EncoderMissing, OwnEncoder
from knowledge.index_content import Index, Progress, silent
from knowledge.lexical import Vocabulary
from knowledge.schema import Procedure

FORMAT = 4
CURRENT = "CURRENT"
MANIFEST, ARRAYS = "manifest.json", "index.safetensors"
KEPT_GENERATIONS = 2  # the current one, and the one that a slower reader may still be opening

__all__ = [
    "EncoderMissing",
    "Index",
    "IndexCorrupt",
    "IndexMissing",
    "Progress",
    "build_index",
    "current_generation",
    "load",
]


class IndexMissing(RuntimeError):
    """No index was built yet under this data folder."""


class IndexCorrupt(RuntimeError):
    """The index cannot be used: damaged files, another format, or another encoder than the settings name."""


def folder(data_dir: Path) -> Path:
    return data_dir / "index"


def build_index(data_dir: Path, progress: Progress = silent) -> str:
    """Indexes all that is known; returns the current generation, which is the old one when nothing changed.

    Raises BadProcedure, BadEveryday, EncoderMissing, OSError; the old index then stands.
    """
    with writing(data_dir):
        generation = write(catalogue.load(data_dir), data_dir, progress)
        make_current(data_dir, generation)
    progress(f"index {generation} is current")
    return generation


def write(procedures: Mapping[str, Procedure], data_dir: Path, progress: Progress) -> str:
    """The generation of these procedures, written but not yet current. Call it inside `writing`."""
    wording = everyday.load(data_dir)
    strangers = everyday.placeholders(procedures, wording)
    if strangers:
        progress(f"{len(strangers)} procedures are known by people's wording only, until they are imported")
    procedures = {**procedures, **strangers}
    phrases = everyday.phrases(procedures, wording)
    used = encoder.open_encoder(data_dir)
    before = _readable(data_dir)
    if (
        before is not None
        and before.encoder_id == used.id
        and before.fingerprints == _fingerprints(procedures, phrases)
    ):
        return before.generation
    return save(index_content.build(procedures, phrases, used, before, progress), used, data_dir)


def _fingerprints(procedures: Mapping[str, Procedure], phrases: list[everyday.Phrase]) -> tuple[str, ...]:
    by_code: dict[str, list[everyday.Phrase]] = {code: [] for code in sorted(procedures)}
    for phrase in phrases:
        by_code[phrase.code].append(phrase)
    return tuple(passages.fingerprint(procedures[code], said) for code, said in by_code.items())


def _readable(data_dir: Path) -> Index | None:
    try:
        return load(data_dir)[0]
    except (IndexMissing, IndexCorrupt):
        return None


@contextlib.contextmanager
def writing(data_dir: Path) -> Iterator[None]:
    """One writer at a time, over processes."""
    folder(data_dir).mkdir(parents=True, exist_ok=True)
    with (folder(data_dir) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def save(index: Index, used: Encoder, data_dir: Path) -> str:
    """Writes a new generation, not yet current; on an error nothing of it is left behind."""
    generation = uuid.uuid4().hex[:12]
    staging = folder(data_dir) / f".{generation}"
    try:
        staging.mkdir(parents=True)
        save_file(_arrays(index), staging / ARRAYS)
        if isinstance(used, OwnEncoder):
            shutil.copytree(encoder.folder(data_dir), staging / "encoder", copy_function=_link)
        manifest = {
            "format": FORMAT,
            "encoder": {"id": index.encoder_id, "dim": int(index.vectors.shape[1])},
            "arrays": _digest(staging / ARRAYS),
            "procedures": [list(row) for row in zip(index.codes, index.names, index.fingerprints, strict=True)],
        }
        (staging / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
        for path in (staging / ARRAYS, staging / MANIFEST, staging):
            _to_disk(path)
        os.replace(staging, folder(data_dir) / generation)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return generation


def _link(source: str, target: str) -> None:
    """Models are replaced, never changed in place, so a link is as good as a copy where the disk allows it."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").hexdigest()[:32]


def _arrays(index: Index) -> dict[str, np.ndarray]:
    arrays = {"hashes": index.vocabulary.hashes, "idf": index.vocabulary.idf, "owner": index.owner, "kind": index.kind}
    arrays |= {"digests": index.digests, "priors": index.priors, "vectors": index.vectors.astype(np.float16)}
    arrays["outside"] = index.outside
    for name, matrix in (("lexical", index.lexical), ("phrases", index.phrases)):
        arrays |= {f"{name}.data": matrix.data, f"{name}.indices": matrix.indices, f"{name}.indptr": matrix.indptr}
        arrays[f"{name}.shape"] = np.array(matrix.shape, dtype=np.int64)
    return arrays


def make_current(data_dir: Path, generation: str) -> None:
    """The one step by which a generation becomes visible; those older than the last are removed."""
    pointer = folder(data_dir) / f".{CURRENT}"
    pointer.write_text(generation, "ascii")
    _to_disk(pointer)
    os.replace(pointer, folder(data_dir) / CURRENT)
    folders = [path for path in folder(data_dir).iterdir() if path.is_dir() and path.name != generation]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in folders[KEPT_GENERATIONS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def discard(data_dir: Path, generation: str) -> None:
    """Takes back a generation that was written and did not become current."""
    with contextlib.suppress(IndexMissing):
        if current_generation(data_dir) == generation:
            return
    shutil.rmtree(folder(data_dir) / generation, ignore_errors=True)


def current_generation(data_dir: Path) -> str:
    """Raises IndexMissing."""
    try:
        return (folder(data_dir) / CURRENT).read_text("ascii").strip()
    except OSError as error:
        raise IndexMissing(f"no search index under {folder(data_dir)}: run `motcua index`") from error


def load(data_dir: Path) -> tuple[Index, Encoder]:
    """The current generation and the encoder of its vectors. Raises IndexMissing, IndexCorrupt."""
    for _ in range(3):  # a writer may replace the generation between reading the pointer and the files
        generation = current_generation(data_dir)
        try:
            return _load(folder(data_dir) / generation, data_dir)
        except FileNotFoundError as error:
            missing = error
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise IndexCorrupt(f"index {generation} cannot be used ({error}): run `motcua index`") from error
    raise IndexCorrupt(f"index {generation} lacks a file ({missing.filename}): run `motcua index`")


def _load(path: Path, data_dir: Path) -> tuple[Index, Encoder]:
    manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text("utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
    if _digest(path / ARRAYS) != manifest["arrays"]:
        raise ValueError(f"{ARRAYS} is damaged")
    used = _encoder(path, data_dir, manifest["encoder"]["id"])
    codes, names, fingerprints = zip(*manifest["procedures"], strict=True) if manifest["procedures"] else ((), (), ())
    return _from_arrays(load_file(path / ARRAYS), path.name, codes, names, fingerprints, used.id), used


def _encoder(path: Path, data_dir: Path, identity: str) -> Encoder:
    try:
        if identity.startswith("own:") and not encoder.other_model():
            used: Encoder = encoder.load_own(path / "encoder")
        else:
            used = encoder.open_encoder(data_dir)
    except EncoderMissing as error:
        raise ValueError(str(error)) from error
    if used.id != identity:
        raise ValueError(f"its vectors are of encoder {identity}, the one in use is {used.id}")
    return used


def _from_arrays(
    arrays: dict[str, np.ndarray],
    generation: str,
    codes: tuple[str, ...],
    names: tuple[str, ...],
    fingerprints: tuple[str, ...],
    encoder_id: str,
) -> Index:
    def matrix(name: str) -> sparse.csr_matrix:
        parts = tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
        return sparse.csr_matrix(parts, shape=tuple(arrays[f"{name}.shape"].tolist()))

    return Index(
        codes=tuple(codes),
        names=tuple(names),
        fingerprints=tuple(fingerprints),
        vocabulary=Vocabulary(arrays["hashes"], arrays["idf"]),
        lexical=matrix("lexical"),
        phrases=matrix("phrases"),
        owner=arrays["owner"],
        kind=arrays["kind"],
        digests=arrays["digests"],
        priors=arrays["priors"],
        encoder_id=encoder_id,
        vectors=arrays["vectors"].astype(np.float32),
        outside=arrays["outside"],
        generation=generation,
    )
