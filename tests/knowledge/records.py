"""Small records to hold against each other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from knowledge.schema import Cost, Document, Procedure, TimeLimit

TODAY = dt.date(2026, 11, 25)


def record(**parts: Any) -> Procedure:
    """A procedure of ours; every part can be given."""
    given = {
        "code": "1.900001",
        "name": "Cấp phép thả diều",
        "sector": "Vui chơi",
        "source": {"title": "Thử", "decision": "12/QĐ-BVC"},
        "checked_on": TODAY,
        "costs": (Cost(amount_vnd=8000),),
        "time_limits": (TimeLimit(value=3),),
        "documents": (Document(name="Đơn xin thả diều", originals=1),),
        "online_level": "partial",
        "submission_methods": ("online", "in_person"),
    }
    return Procedure.model_validate({**given, **parts})


def official(**parts: Any) -> Procedure:
    """The same procedure as the catalogue has it."""
    return record(origin="imported", online_level="unknown", **parts)
