"""Texts as vectors: our own encoder, read without torch, or any sentence-transformers model by name.

Our own is a table of vectors for hashed syllables, syllable pairs and letter groups of the folded text; a text
is the weighted sum of its rows. It is stored as a sentence-transformers model (see `hashed_syllables`), and the
same numbers are read here with numpy alone, because importing torch costs a serving process 300 MB.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from safetensors.numpy import load_file

from knowledge.text import search_words

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
BUCKETS = 2**18


class EncoderMissing(RuntimeError):
    """No encoder was trained yet under this data folder."""


class Encoder(Protocol):
    """Unit vectors; `id` changes with the numbers, `dim` is their length."""

    id: str
    dim: int

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray: ...

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray: ...


def folder(data_dir: Path) -> Path:
    return data_dir / "models" / "encoder"


@lru_cache(maxsize=65_536)
def _word_features(word: str) -> tuple[int, ...]:
    """Buckets of one folded syllable: itself and its letter groups of three and four."""
    bounded = f"<{word}>"
    groups = {bounded[place : place + size] for size in (3, 4) for place in range(len(bounded) - size + 1)}
    return tuple(zlib.crc32(name.encode()) % BUCKETS for name in (word, *sorted(f"#{group}" for group in groups)))


def features(text: str) -> list[int]:
    """Buckets of a text, repeated as often as they occur (crc32: the same on every machine)."""
    words = search_words(text)
    found = [bucket for word in words for bucket in _word_features(word)]
    found += [zlib.crc32(f"{one} {two}".encode()) % BUCKETS for one, two in zip(words, words[1:], strict=False)]
    return found


@dataclass(frozen=True)
class OwnEncoder:
    """Our encoder: `rows` maps a bucket to a row of `table`; row 0 is for buckets never trained and is all zero."""

    id: str
    rows: np.ndarray
    table: np.ndarray

    @property
    def dim(self) -> int:
        return self.table.shape[1]

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([self._encode(text) for text in texts]) if texts else np.empty((0, self.dim), np.float32)

    encode_passages = encode_queries

    def _encode(self, text: str) -> np.ndarray:
        vector = self.table[self.rows[features(text)]].sum(axis=0, dtype=np.float32)
        length = float(np.linalg.norm(vector))
        return vector / length if length else vector


class HubEncoder:
    """Any sentence-transformers model on disk or hub (`ENCODER_MODEL`), with the prefixes it was trained with."""

    def __init__(self, name: str, query_prefix: str = "", passage_prefix: str = "") -> None:
        from sentence_transformers import SentenceTransformer  # heavy: only when such a model is asked for

        self._model = SentenceTransformer(name, device="cpu")
        self._query_prefix, self._passage_prefix = query_prefix, passage_prefix
        self.dim = int(self._model.get_sentence_embedding_dimension() or 0)
        self.id = f"hub:{name}:{query_prefix}:{passage_prefix}:{self.dim}"

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode([self._query_prefix + text for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        return self._encode([self._passage_prefix + text for text in texts])

    def _encode(self, texts: list[str]) -> np.ndarray:
        return self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False).astype(np.float32)


def load_own(path: Path) -> OwnEncoder:
    """Raises EncoderMissing; ValueError and KeyError on damaged files."""
    weights = path / WEIGHTS_FILE
    if not weights.exists():
        raise EncoderMissing(f"no encoder under {path}: run `motcua train`")
    config = json.loads((path / CONFIG_FILE).read_text("utf-8"))
    if config["buckets"] != BUCKETS:
        raise ValueError(f"encoder has {config['buckets']} buckets, expected {BUCKETS}")
    arrays = load_file(weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
    return OwnEncoder(f"own:{digest}", arrays["rows"].astype(np.int32), arrays["embedding.weight"].astype(np.float32))


def other_model() -> str:
    """The sentence-transformers model that the settings name instead of ours; blank: ours."""
    return os.environ.get("ENCODER_MODEL", "").strip()


def open_encoder(data_dir: Path) -> Encoder:
    """The encoder that the settings name. Raises EncoderMissing; OSError and ValueError of an unreadable one."""
    if not other_model():
        return load_own(folder(data_dir))
    prefixes = (os.environ.get(name, "") for name in ("ENCODER_QUERY_PREFIX", "ENCODER_PASSAGE_PREFIX"))
    return HubEncoder(other_model(), *prefixes)
