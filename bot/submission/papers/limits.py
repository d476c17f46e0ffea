"""How large a file may be in every direction, as the workers are told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """`pixels` before anything is decoded; `side_px` what a photo is kept at; `paper_bytes` what the portal takes."""

    pixels: int = 64_000_000
    pages: int = 50
    side_px: int = 2200
    paper_bytes: int = 6_000_000
