"""A hand-over and a state as they are kept: as JSON."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from bot.submission.one_stop.protocol import DossierState, Handover


def to_json(kept: Handover | DossierState) -> bytes:
    return _adapter(type(kept)).dump_json(kept)


def handover_from_json(body: bytes) -> Handover:
    return _adapter(Handover).validate_json(body)


def state_from_json(body: bytes) -> DossierState:
    return _adapter(DossierState).validate_json(body)


@cache
def _adapter(shape: type) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
