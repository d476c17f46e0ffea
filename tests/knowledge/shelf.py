"""Small procedures and a small library for tests: a handful of things people really need, no catalogue."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from knowledge import catalogue, encoder, everyday
from knowledge.encoder import BUCKETS, OwnEncoder
from knowledge.schema import Document, Procedure, Source

TODAY = dt.date(2026, 11, 24)
SOURCE = Source(title="Thử", url="https://dichvucong.gov.vn")


def procedure(code: str, name: str, **more: Any) -> Procedure:
    return Procedure(**{"code": code, "name": name, "sector": "Thử", "source": SOURCE, "checked_on": TODAY, **more})


def shelf() -> dict[str, Procedure]:
    made = [
        procedure(
            "1.000001", "Đăng ký khai sinh", everyday_names=("làm giấy khai sinh cho bé", "khai sinh cho con mới đẻ")
        ),
        procedure("1.000002", "Đăng ký kết hôn", everyday_names=("làm giấy cưới", "đăng ký lấy vợ lấy chồng")),
        procedure("1.000003", "Đăng ký khai tử", everyday_names=("báo tử cho ông bà", "giấy chứng tử")),
        procedure(
            "1.000004",
            "Cấp lại Giấy chứng nhận quyền sử dụng đất do bị mất",
            everyday_names=("mất sổ đỏ", "làm lại bìa đất"),
            documents=(Document(name="Đơn báo mất giấy chứng nhận", originals=1),),
        ),
        procedure("1.000005", "Cấp đổi giấy phép lái xe", everyday_names=("đổi bằng lái", "bằng lái hết hạn")),
    ]
    return {one.code: one for one in made}


def random_encoder(dim: int = 32, seed: int = 1) -> OwnEncoder:
    """Untrained, so that words alone decide; every bucket has its own row."""
    table = np.random.default_rng(seed).normal(size=(BUCKETS, dim)).astype(np.float32)
    return OwnEncoder(f"own:test{seed}", np.arange(BUCKETS, dtype=np.int32), table)


def codes(hits: Sequence[Any]) -> list[str]:
    return [hit.code for hit in hits]


def put_small_encoder(data_dir: Path, seed: int = 1) -> None:
    """A tiny untrained encoder where the trained one would lie."""
    folder = encoder.folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    rows = (np.arange(BUCKETS) % 999 + 1).astype(np.int32)
    table = np.random.default_rng(seed).normal(size=(1_000, 16)).astype(np.float16)
    save_file({"rows": rows, "embedding.weight": table}, folder / encoder.WEIGHTS_FILE)
    (folder / encoder.CONFIG_FILE).write_text(json.dumps({"buckets": BUCKETS}), "utf-8")


def leave_out_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes hold only what the test brings: ours are thousands of phrases, and their wording changes."""
    load = everyday.load
    monkeypatch.setattr(everyday, "load", lambda data_dir=None: load(data_dir, Path("nothing-here")))
    monkeypatch.setattr(catalogue, "load_curated", lambda *_: [])


def catalogue_file(path: Path, names: Mapping[str, str]) -> Path:
    """Procedures as the catalogue's JSON Lines have them."""
    rows = [{"code": code, "name": name, "field": "Thử", "level": "Cấp xã"} for code, name in names.items()]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path
