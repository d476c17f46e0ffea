"""One detail record of the national portal's API (get-formality-by-citizen) → one `Procedure`.

Field names are the portal's: executionMethods, executionCases, legalBasisesDetails, procedureProposal.
A record may stand alone, under `data`, or in a list.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from knowledge.importers import fields
from knowledge.importers.catalogue_jsonl import PORTAL, SOURCE_TITLE, _one_line
from knowledge.schema import Channel, Cost, Document, LegalBasis, OnlineLevel, Procedure, Source, TimeLimit

_UNITS = {"WORKING_DAY": "working_day", "DAY": "day", "HOUR": "hour", "MONTH": "month", "YEAR": "year"}
_LEVELS = {"isWard": "ward", "isProvince": "province", "isMinistry": "ministry"}
_NAMES = ("name", "formalityName", "procedureName")
_CODES = ("code", "formalityCode", "procedureCode")


def looks_like(record: Any) -> bool:
    return isinstance(record, dict) and any(
        key in record for key in ("executionMethods", "executionCases", "procedureProposal")
    )


def to_procedure(record: dict[str, Any], today: dt.date) -> Procedure:
    """Raises pydantic's ValidationError, KeyError or TypeError on a record that cannot be read."""
    proposal = record.get("procedureProposal") or {}
    methods = record.get("executionMethods") or []
    papers = tuple(paper for case in record.get("executionCases") or [] for paper in _documents(case))
    updated = _day(record.get("updatedAt")) or _day(proposal.get("publicationDate"))
    return Procedure(
        code=_first(record, _CODES),
        name=_first(record, _NAMES),
        sector=_label(record.get("field") or record.get("sector") or record.get("fieldName")) or "Chưa phân lĩnh vực",
        levels=tuple(level for key, level in _LEVELS.items() if record.get(key)),
        online_level=_online_level(record, methods),
        audience=tuple(filter(None, map(_label, record.get("executionSubjects") or record.get("audience") or ()))),
        receiving_agency=_label(record.get("receptionAddress") or record.get("receivingAgency")),
        deciding_agency=_label(_any(record, "executionAgency", "competentAuthority", "agency")),
        documents=papers,
        costs=tuple(row for method in methods for row in _costs(method)),
        time_limits=tuple(limit for limit in (_time_limit(method) for method in methods) if limit),
        conditions=fields.lines(_plain(record.get("requirement") or record.get("conditions"))),
        official_steps=fields.lines(_plain(record.get("executionSequence") or record.get("steps"))),
        submission_methods=tuple(dict.fromkeys(via for via in map(_channel, methods) if via != Channel.any)),
        form_templates=tuple(dict.fromkeys(paper.form_template for paper in papers if paper.form_template)),
        outcome=_label(record.get("result") or record.get("executionResult")),
        legal_basis=tuple(
            LegalBasis(title=_one_line(row.get("name") or row["code"]), number=row.get("code"))
            for row in record.get("legalBasisesDetails") or ()
            if row.get("name") or row.get("code")
        ),
        source=Source(
            title=SOURCE_TITLE,
            url=PORTAL,
            decision=proposal.get("proposalNumber") or record.get("decisionNumber"),
            snapshot_on=updated,
        ),
        checked_on=updated or today,
        origin="imported",
    )  # fmt: skip


def _any(record: dict[str, Any], *keys: str) -> Any:
    return next((record[key] for key in keys if record.get(key)), None)


def _first(record: dict[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if record.get(key):
            return record[key]
    raise KeyError(keys[0])


def _online_level(record: dict[str, Any], methods: list[dict[str, Any]]) -> OnlineLevel:
    if record.get("isFullProcess"):
        return OnlineLevel.full
    if record.get("isOfflineOnly") or not any(_channel(method) == Channel.online for method in methods):
        return OnlineLevel.none
    return OnlineLevel.partial


def _channel(method: dict[str, Any]) -> Channel:
    return fields.channel(str(method.get("submissionMethod") or "")) or Channel.any


def _costs(method: dict[str, Any]) -> list[Cost]:
    rows = []
    for fee in method.get("fees") or []:
        value, note = fee.get("value"), _plain(fee.get("description")) or None
        if (fee.get("currencyName") or "VND") not in ("VND", "VNĐ", "Việt Nam Đồng", "Đồng"):
            value, note = None, f"{fee['value']} {fee['currencyName']}" + (f" — {note}" if note else "")
        kind = "charge" if fee.get("type") in ("SERVICE_FEE", "CHARGE") else "fee"
        amount = "" if value is None else ("Miễn phí" if float(value) == 0 else str(int(float(value))))
        row = fields.cost(amount, note, _channel(method), kind=kind)
        if row:
            rows.append(row)
    return rows


def _time_limit(method: dict[str, Any]) -> TimeLimit | None:
    value, unit = method.get("processingTime"), method.get("processingTimeUnit")
    if value in (None, ""):
        return None
    if unit in _UNITS:
        return TimeLimit(value=int(float(value)), unit=_UNITS[unit], channel=_channel(method))
    note = _plain(method.get("processingTimeDescription") or method.get("description"))
    return TimeLimit(unit="other", text=note or str(value), channel=_channel(method))


def _documents(case: dict[str, Any]) -> list[Document]:
    papers = []
    for row in case.get("profileComponents") or []:
        files = [item.get("fileName") for item in row.get("attachments") or [] if item.get("fileName")]
        papers.append(
            Document(
                name=_one_line(row["name"]),
                case=_one_line(case["name"]) if case.get("name") else None,
                originals=int(row.get("originalQty") or 0),
                copies=int(row.get("copyQty") or 0),
                form_template=files[0] if files else None,
                optional=row.get("required") is False,
            )
        )
    return papers


def _label(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        value = "; ".join(filter(None, (_label(item) for item in value)))
    return _plain(value) or None


def _plain(value: Any) -> str:
    """The portal stores some texts as HTML: tags become line breaks."""
    return re.sub(r"<[^>]+>", "\n", str(value)).strip() if value else ""


def _day(text: Any) -> dt.date | None:
    found = re.match(r"^(\d{4})-(\d{2})-(\d{2})", str(text or ""))
    return dt.date(int(found[1]), int(found[2]), int(found[3])) if found else None
