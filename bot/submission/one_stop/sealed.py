"""A hand-over as it is kept: as JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import datetime

from bot.submission.one_stop.protocol import Act, Handover, HandoverCost, HandoverFile


def to_json(handover: Handover) -> bytes:
    plain = dataclasses.asdict(dataclasses.replace(handover, answers=dict(handover.answers)))
    plain["submitted_at"] = handover.submitted_at.isoformat()
    return json.dumps(plain, ensure_ascii=False).encode()


def from_json(body: bytes) -> Handover:
    plain = json.loads(body)
    return Handover(
        **plain
        | {
            "act": Act(plain["act"]),
            "submitted_at": datetime.fromisoformat(plain["submitted_at"]),
            "documents": tuple(HandoverFile(**one) for one in plain["documents"]),
            "costs": tuple(HandoverCost(**one) for one in plain["costs"]),
        }
    )
