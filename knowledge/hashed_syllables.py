"""Our encoder as a sentence-transformers module: `SentenceTransformer(folder)` gives the vectors that search uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import InputModule, Normalize

from knowledge.encoder import BUCKETS, CONFIG_FILE, WEIGHTS_FILE, features


class HashedSyllables(InputModule):
    """Sum of the rows of a text's hashed syllables, syllable pairs and letter groups."""

    def __init__(self, rows: torch.Tensor, table: torch.Tensor) -> None:
        super().__init__()
        self.register_buffer("rows", rows)
        self.embedding = torch.nn.EmbeddingBag.from_pretrained(table.float(), mode="sum", freeze=False)

    def preprocess(self, inputs: list[str], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        lists = [features((prompt or "") + text) for text in inputs]
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in lists])[:-1]])
        buckets = torch.tensor([bucket for one in lists for bucket in one], dtype=torch.long)
        return {"input_ids": buckets, "offsets": torch.from_numpy(offsets.astype(np.int64))}

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        features["sentence_embedding"] = self.embedding(self.rows[features["input_ids"]].long(), features["offsets"])
        return features

    def get_embedding_dimension(self) -> int:
        return self.embedding.embedding_dim

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        weights = {"rows": self.rows.int(), "embedding.weight": self.embedding.weight.detach().half()}
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, Path(output_path) / WEIGHTS_FILE)
        (Path(output_path) / CONFIG_FILE).write_text(json.dumps({"buckets": BUCKETS}), "utf-8")

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **_: Any) -> HashedSyllables:
        weights = load_file(Path(model_name_or_path) / subfolder / WEIGHTS_FILE)
        return cls(weights["rows"].int(), weights["embedding.weight"])


def save_model(rows: np.ndarray, table: np.ndarray, target: Path) -> None:
    """Writes a complete sentence-transformers model."""
    module = HashedSyllables(torch.from_numpy(rows).int(), torch.from_numpy(table))
    SentenceTransformer(modules=[module, Normalize()], device="cpu").save(str(target), create_model_card=False)
