"""What opening a file gives."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Prepared:
    """`card`: what the QR code of an identity card on it says."""

    content: bytes = field(repr=False)
    pages: int = 1
    hints: tuple[str, ...] = ()
    card: str | None = field(default=None, repr=False)
