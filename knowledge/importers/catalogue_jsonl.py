"""One line of the procedure catalogue (JSON Lines of a portal crawl) → one `Procedure`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from knowledge.importers import fields
from knowledge.schema import Channel, Document, LegalBasis, Procedure, Source

PORTAL = "https://dichvucong.gov.vn"
SOURCE_TITLE = "Cơ sở dữ liệu quốc gia về thủ tục hành chính"

# A flag of the catalogue → what a person should check. Flagged costs are never announced.
COST_FLAGS = {
    "free_but_note_sets_fee": "Nguồn ghi miễn phí nhưng phần ghi chú lại dẫn mức thu.",
    "amount_conflicts_with_note": "Mức phí và phần ghi chú của nguồn không khớp nhau.",
    "amount_below_1000": "Mức phí trong nguồn nhỏ bất thường.",
}
TIME_FLAGS = {"duration_unit_missing": "Nguồn không ghi đơn vị của thời hạn."}
STALE_DOUBT = "Nguồn còn nhắc tên cũ ({flag}), cần đối chiếu với quy định hiện hành."


def looks_like(record: Any) -> bool:
    return isinstance(record, dict) and "code" in record and "field" in record


def to_procedure(record: dict[str, Any], today: dt.date) -> Procedure:
    """Raises pydantic's ValidationError, KeyError or TypeError on a record that cannot be read."""
    flags = record.get("data_flags") or []
    papers, notes = _documents(record.get("documents") or [])
    source = record.get("source") or {}
    return Procedure(
        code=record["code"],
        name=record["name"],
        sector=record.get("field") or "Chưa phân lĩnh vực",
        levels=fields.levels(record.get("level")),
        audience=tuple(record.get("audience") or ()),
        receiving_agency=record.get("reception_address") or record.get("agency"),
        deciding_agency=record.get("competent_authority") or record.get("agency"),
        documents=papers,
        document_notes=notes,
        costs=_costs(record, any(flag in COST_FLAGS for flag in flags)),
        time_limits=_time_limits(record),
        conditions=fields.lines(record.get("conditions")),
        official_steps=fields.lines(record.get("steps_text")),
        submission_methods=_methods(record),
        form_templates=tuple(dict.fromkeys(paper.form_template for paper in papers if paper.form_template)),
        outcome=record.get("result"),
        legal_basis=tuple(
            LegalBasis(title=_one_line(title)) for title in record.get("legal_basis") or () if _one_line(title)
        ),
        source=Source(
            title=SOURCE_TITLE,
            url=source.get("url") if _is_portal(source.get("url")) else PORTAL,
            decision=record.get("decision"),
            snapshot_on=_day(source.get("snapshot")),
        ),
        checked_on=_day(source.get("snapshot")) or today,
        origin="imported",
        is_partial=bool(record.get("stub")),
        doubts=_doubts(record, flags),
    )


def _documents(rows: list[dict[str, Any]]) -> tuple[tuple[Document, ...], tuple[str, ...]]:
    papers, notes = [], []
    for row in rows:
        name = _one_line(row["name"])
        if not name:
            continue
        if row.get("is_note"):
            notes.append(name)
            continue
        papers.append(
            Document(
                name=name,
                case=_one_line(row["case"]).lstrip("*• ").rstrip(" :") or None if row.get("case") else None,
                originals=row.get("original") or 0,
                copies=row.get("copies") or 0,
                form_template=_form(row.get("form_file")),
            )
        )
    return tuple(papers), tuple(notes)


def _form(value: str | list[str] | None) -> str | None:
    return "; ".join(value) if isinstance(value, list) else value


def _costs(record: dict[str, Any], doubtful: bool) -> tuple:
    if record.get("source_fee"):
        return _costs_of_text(record.get("fee_text") or "", doubtful)
    rows = []
    for method in record.get("method_details") or []:
        via = fields.channel(method.get("method") or "") or Channel.any
        for fee in method.get("fees") or []:
            rows.append(fields.cost(fee.get("amount") or "", fee.get("note"), via, doubtful=doubtful))
    return tuple(row for row in rows if row)


def _costs_of_text(text: str, doubtful: bool) -> tuple:
    """Lines 'Trực tuyến: 7.000 đồng (ghi chú)', written where the portal's API corrected the crawl."""
    rows = []
    for line in text.splitlines():
        found = re.match(r"^(Trực tuyến|Trực tiếp|Dịch vụ bưu chính): ([^(]*?)\s*(?:\((.*)\))?$", line.strip())
        if found:
            rows.append(fields.cost(found[2], found[3], fields.channel(found[1]) or Channel.any, doubtful=doubtful))
        elif line.strip():
            rows.append(fields.cost("", line, Channel.any, doubtful=doubtful))
    return tuple(row for row in rows if row)


def _time_limits(record: dict[str, Any]) -> tuple:
    limits = []
    for method in record.get("method_details") or []:
        via = fields.channel(method.get("method") or "") or Channel.any
        limits.append(fields.time_limit(method.get("duration") or "", via))
    return tuple(limit for limit in limits if limit)


def _methods(record: dict[str, Any]) -> tuple[Channel, ...]:
    found = (fields.channel(method) for method in record.get("methods") or ())
    return tuple(dict.fromkeys(method for method in found if method))


def _doubts(record: dict[str, Any], flags: list[str]) -> tuple[str, ...]:
    known = [text for flag, text in {**COST_FLAGS, **TIME_FLAGS}.items() if flag in flags]
    known += [STALE_DOUBT.format(flag=flag) for flag in record.get("stale_flags") or ()]
    known += [f"Cờ chưa rõ nghĩa: {flag}" for flag in flags if flag not in COST_FLAGS and flag not in TIME_FLAGS]
    return tuple(known)


def _is_portal(url: str | None) -> bool:
    return bool(url and url.startswith("https://") and "dichvucong" in url)


def _one_line(text: Any) -> str:
    return re.sub(r"\s+", " ", str(text)).strip().lstrip("-+•* ").strip()


def _day(text: str | None) -> dt.date | None:
    """'2026-07-20' or '2026-06' (first of the month)."""
    found = re.match(r"^(\d{4})-(\d{2})(?:-(\d{2}))?", text or "")
    return dt.date(int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
