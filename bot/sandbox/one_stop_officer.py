"""The sandbox's officer pages: plain forms that move a dossier through its statuses, and the switches for faults."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from bot.sandbox.one_stop_records import FAULTS, Dossier, Missing, Records
from knowledge.working_days import VIETNAM, add_working_days

STATUSES = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu nộp phí, lệ phí",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}
FAULT_NAMES = {
    "slow": "Trả lời chậm",
    "down": "Ngừng hoạt động",
    "duplicate": "Nhận trùng hai lần",
    "wrong": "Trả lời sai",
}
USUAL_DAYS = 5
OFFICER = "Nguyễn Thị Hạnh"
MOST_CHARS = 1000
MOST_RESULT_BYTES = 6 * 1024 * 1024
CLOSES_AT = dt.time(17, 0)
Report = Callable[[Dossier], Awaitable[None]]
Text = Annotated[str, Form(max_length=MOST_CHARS)]


def create_router(records: Records, report: Report) -> APIRouter:
    """`report(dossier)` tells the sender of a dossier that it has moved, where that was agreed."""
    router = APIRouter(default_response_class=Response)

    async def done(request: Request, code: str) -> Response:
        moved = records.find(code)
        if moved:
            await report(moved)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/dossiers/{quote(code)}", 303)

    @router.get("/")
    def desk(request: Request, status: int | None = None) -> Response:
        """Open to all, in a demonstration only."""
        faults = [(name, FAULT_NAMES[name], every) for name, every in records.faults().items()]
        return page(request, "desk", dossiers=records.latest(status), faults=faults, chosen=status)

    @router.get("/dossiers/{code}")
    def dossier(request: Request, code: str) -> Response:
        """Open to all, in a demonstration only."""
        found = records.find(code)
        if found is None:
            raise Missing(code)
        promised = add_working_days(records.clock().astimezone(VIETNAM).date(), USUAL_DAYS)
        return page(
            request,
            "dossier",
            dossier=found,
            papers=_papers(found),
            supplements=records.supplements(found),
            results=records.results(found),
            steps=records.steps(found),
            promised=promised,
        )

    @router.post("/dossiers/{code}/accept")
    async def accept(request: Request, code: str, promised: Annotated[dt.date, Form()]) -> Response:
        """Open to all, in a demonstration only."""
        moment = dt.datetime.combine(promised, CLOSES_AT, VIETNAM).isoformat()
        records.move(code, 2, OFFICER, "Tiếp nhận hồ sơ", accepted_at=records.now_text(), promised_at=moment)
        return await done(request, code)

    @router.post("/dossiers/{code}/move")
    async def move(
        request: Request, code: str, status: Annotated[int, Form(ge=1, le=10)], reason: Text = ""
    ) -> Response:
        """Open to all, in a demonstration only."""
        records.move(code, status, OFFICER, reason or STATUSES[status], reason=reason, **_ending(records, status))
        return await done(request, code)

    @router.post("/dossiers/{code}/supplement")
    async def supplement(
        request: Request, code: str, what: Text, papers: Text = "", until: Annotated[str, Form(max_length=10)] = ""
    ) -> Response:
        """Open to all, in a demonstration only."""
        wanted = [line.strip() for line in papers.splitlines() if line.strip()]
        records.ask_supplement(code, OFFICER, what.strip(), wanted, _end_of(until))
        return await done(request, code)

    @router.post("/dossiers/{code}/payment")
    async def payment(request: Request, code: str, amount_vnd: Annotated[int, Form(ge=0, le=10**10)]) -> Response:
        """Open to all, in a demonstration only."""
        records.move(code, 6, OFFICER, f"Yêu cầu nộp {amount_vnd} đồng", amount_vnd=amount_vnd)
        return await done(request, code)

    @router.post("/dossiers/{code}/finish")
    async def finish(
        request: Request, code: str, name: Text = "Kết quả giải quyết", file: UploadFile | None = None
    ) -> Response:
        """Open to all, in a demonstration only."""
        content = await file.read(MOST_RESULT_BYTES) if file else b""
        media_type = (file.content_type if file else "") or "application/octet-stream"
        records.add_result(code, name, *((media_type, content) if content else ("application/pdf", _sample(code))))
        records.move(code, 9, OFFICER, "Đã xử lý xong", **_ending(records, 9))
        return await done(request, code)

    @router.post("/faults")
    async def faults(request: Request) -> Response:
        """Open to all, in a demonstration only."""
        form = await request.form()
        for name in FAULTS:
            every = str(form.get(name, "0"))
            records.set_fault(name, int(every) if every.isdigit() and len(every) < 4 else 0)
        return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)

    @router.post("/sessions/end")
    async def end_sessions(request: Request) -> Response:
        """Open to all, in a demonstration only."""
        records.end_sessions()
        return RedirectResponse(f"{request.scope.get('root_path', '')}/", 303)

    @router.get("/results/{result_id}")
    def result(result_id: str) -> Response:
        """Open to whoever has the address, which cannot be guessed."""
        return _file(records.rows("SELECT * FROM results WHERE id = ?", result_id))

    @router.get("/uploads/{upload_id}")
    def upload(upload_id: str) -> Response:
        """Open to whoever has the address, which cannot be guessed."""
        return _file(records.rows("SELECT * FROM uploads WHERE id = ?", upload_id))

    return router


def missing(request: Request, error: Exception) -> Response:
    return page(request, "missing", 404, code=str(error))


def page(request: Request, name: str, status: int = 200, **content: Any) -> Response:
    content |= {"root": request.scope.get("root_path", ""), "statuses": STATUSES}
    policy = "default-src 'self'; style-src 'unsafe-inline'"
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
    return _templates().TemplateResponse(request, f"one_stop_{name}.html", content, status, headers)


@cache
def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(Path(__file__).parent)
    templates.env.filters["day"] = _shown_day
    templates.env.filters["papers"] = json.loads
    return templates


def _ending(records: Records, status: int) -> dict[str, str]:
    return {"finished_at": records.now_text()} if status in (3, 8, 9, 10) else {}


def _end_of(day: str) -> str | None:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(day), CLOSES_AT, VIETNAM).isoformat()
    except ValueError:
        return None


def _papers(dossier: Dossier) -> list[dict[str, str]]:
    """What was handed in, whichever way: name and address."""
    record = dossier.record
    added = [paper for one in record.get("DanhSachHoSoBoSung", []) for paper in one.get("DanhSachGiayToBoSung", [])]
    sent = [
        (paper.get("TenTepDinhKem", ""), paper.get("DuongDanTaiTepTin", ""))
        for paper in (*record.get("TaiLieuNop", []), *added)
    ]
    for part in record.get("ThanhPhanHoSo", []):
        sent += [(one["TenGiayTo"], f"../uploads/{one['IdGiayTo']}") for one in part.get("GiayToDinhKem", [])]
    shown = ("http://", "https://", "../uploads/")
    return [{"name": name, "url": url if url.startswith(shown) else ""} for name, url in sent]


def _file(rows: list[Any]) -> Response:
    if not rows:
        return Response(status_code=404)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(rows[0]['name'])}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(rows[0]["content"], media_type=rows[0]["media_type"], headers=headers)


def _shown_day(moment: dt.datetime | str | None) -> str:
    if not moment:
        return "—"
    read = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return read.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def _sample(code: str) -> bytes:
    """A result to show when the officer has none at hand."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.multi_cell(0, 12, f"KET QUA GIAI QUYET\n(ban thu nghiem, khong co gia tri)\n{code}", align="C")
    return bytes(pdf.output())
