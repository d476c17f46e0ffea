"""The sandbox one-stop system's own database: dossiers, what officers did with them, and faults to play."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.working_days import VIETNAM

SCHEMA = """
CREATE TABLE IF NOT EXISTS dossiers (
  id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, sender_code TEXT NOT NULL UNIQUE, way TEXT NOT NULL,
  record TEXT NOT NULL, status INTEGER NOT NULL, received_at TEXT NOT NULL, accepted_at TEXT, promised_at TEXT,
  finished_at TEXT, officer TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', amount_vnd INTEGER,
  updates INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS supplements (
  id TEXT PRIMARY KEY, dossier_id INTEGER NOT NULL REFERENCES dossiers (id), what TEXT NOT NULL, papers TEXT NOT NULL,
  asked_at TEXT NOT NULL, until TEXT, answered_at TEXT, answer TEXT);
CREATE TABLE IF NOT EXISTS results (
  id TEXT PRIMARY KEY, dossier_id INTEGER NOT NULL REFERENCES dossiers (id), name TEXT NOT NULL,
  media_type TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS steps (
  id INTEGER PRIMARY KEY, dossier_id INTEGER NOT NULL REFERENCES dossiers (id), at TEXT NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, status INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, media_type TEXT NOT NULL, sha256 TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS numbers (day TEXT PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, until TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (name TEXT PRIMARY KEY, every INTEGER NOT NULL);
"""
SESSION_LIFE = dt.timedelta(minutes=30)
FAULTS = ("slow", "down", "duplicate", "wrong")
Clock = Callable[[], dt.datetime]


class Exists(Exception):
    """A dossier of this code is there."""


class Missing(Exception):
    """No dossier of this code is there."""


@dataclass(frozen=True)
class Dossier:
    id: int
    code: str
    sender_code: str
    way: str  # exchange | dvc_sync
    record: dict[str, Any]
    status: int
    received_at: dt.datetime
    accepted_at: dt.datetime | None
    promised_at: dt.datetime | None
    finished_at: dt.datetime | None
    officer: str
    reason: str
    amount_vnd: int | None
    updates: int


class Records:
    """Every verb is one transaction."""

    def __init__(self, path: Path, unit: str, clock: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.unit, self.clock = unit, clock
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def now_text(self) -> str:
        return self.clock().isoformat()

    # ---- sessions

    def open_session(self) -> str:
        token, until = secrets.token_urlsafe(24), (self.clock() + SESSION_LIFE).isoformat()
        with self.transaction() as db:
            db.execute("DELETE FROM sessions WHERE until < ?", (self.now_text(),))
            db.execute("INSERT INTO sessions VALUES (?, ?)", (token, until))
        return token

    def is_session(self, token: str) -> bool:
        with self.transaction() as db:
            row = db.execute("SELECT until FROM sessions WHERE token = ?", (token,)).fetchone()
        return row is not None and row["until"] > self.now_text()

    def end_sessions(self) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM sessions")

    # ---- taking dossiers in

    def next_number(self, day: str) -> int:
        """The next number of `unit-yymmdd`; no number is given twice."""
        with self.transaction() as db:
            return _next_number(db, day)

    def create(self, sender_code: str, way: str, record: dict[str, Any]) -> str:
        """A new dossier and its code: the sender's when it drew one here, else one of ours. Raises Exists."""
        with self.transaction() as db:
            if _find(db, sender_code):
                raise Exists(sender_code)
            code = sender_code if way == "dvc_sync" else self._new_code(db)
            values = (code, sender_code, way, json.dumps(record, ensure_ascii=False), 1, self.now_text())
            row = db.execute(
                "INSERT INTO dossiers (code, sender_code, way, record, status, received_at) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
            self._step(db, row.lastrowid, "", "Hồ sơ mới đăng ký", 1)
        return code

    def update(self, code: str, record: dict[str, Any]) -> None:
        """Later parts of a dossier; what was there and is not sent again stays. Raises Missing."""
        with self.transaction() as db:
            row = _find(db, code)
            if row is None:
                raise Missing(code)
            kept = json.loads(row["record"]) | {name: value for name, value in record.items() if value}
            db.execute(
                "UPDATE dossiers SET record = ?, updates = updates + 1 WHERE id = ?",
                (json.dumps(kept, ensure_ascii=False), row["id"]),
            )

    def answer_supplement(self, code: str, answer: dict[str, Any]) -> None:
        """The citizen handed in what was asked: the open request is closed and the work goes on."""
        with self.transaction() as db:
            row = _find(db, code)
            if row is None:
                raise Missing(code)
            db.execute(
                "UPDATE supplements SET answered_at = ?, answer = ? WHERE dossier_id = ? AND answered_at IS NULL",
                (self.now_text(), json.dumps(answer, ensure_ascii=False), row["id"]),
            )
            if row["status"] == 5:
                self._move(db, row["id"], 4, "", "Người nộp đã bổ sung giấy tờ")

    def _new_code(self, db: sqlite3.Connection) -> str:
        day = f"{self.unit}-{self.clock().astimezone(VIETNAM):%y%m%d}"
        code = f"{day}-{_next_number(db, day):04d}"
        while _find(db, code):  # a sender of DvcSync took it without drawing it
            code = f"{day}-{_next_number(db, day):04d}"
        return code

    # ---- officers

    def move(self, code: str, status: int, who: str, what: str, **fields: Any) -> None:
        """To a status 1 … 10, with what comes with it (promised_at, reason, amount_vnd …). Raises Missing."""
        with self.transaction() as db:
            row = _find(db, code)
            if row is None:
                raise Missing(code)
            self._move(db, row["id"], status, who, what, **fields)

    def _move(self, db: sqlite3.Connection, dossier_id: int, status: int, who: str, what: str, **fields: Any) -> None:
        known = {"accepted_at", "promised_at", "finished_at", "reason", "amount_vnd"}
        values = {name: value for name, value in fields.items() if name in known}
        values |= {"status": status} | ({"officer": who} if who else {})
        names = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE dossiers SET {names} WHERE id = ?", (*values.values(), dossier_id))
        self._step(db, dossier_id, who, what, status)

    def ask_supplement(self, code: str, who: str, what: str, papers: list[str], until: str | None) -> None:
        with self.transaction() as db:
            row = _find(db, code)
            if row is None:
                raise Missing(code)
            values = (secrets.token_hex(8), row["id"], what, json.dumps(papers, ensure_ascii=False))
            db.execute(
                "INSERT INTO supplements (id, dossier_id, what, papers, asked_at, until) VALUES (?, ?, ?, ?, ?, ?)",
                (*values, self.now_text(), until),
            )
            self._move(db, row["id"], 5, who, f"Yêu cầu bổ sung: {what}")

    def add_result(self, code: str, name: str, media_type: str, content: bytes) -> str:
        result_id = secrets.token_hex(16)
        with self.transaction() as db:
            row = _find(db, code)
            if row is None:
                raise Missing(code)
            db.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?)", (result_id, row["id"], name, media_type, content))
        return result_id

    def _step(self, db: sqlite3.Connection, dossier_id: int | None, who: str, what: str, status: int) -> None:
        db.execute(
            "INSERT INTO steps (dossier_id, at, who, what, status) VALUES (?, ?, ?, ?, ?)",
            (dossier_id, self.now_text(), who, what, status),
        )

    # ---- files, faults

    def add_upload(self, name: str, media_type: str, sha256: str, content: bytes) -> str:
        upload_id = secrets.token_hex(16)
        with self.transaction() as db:
            db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", (upload_id, name, media_type, sha256, content))
        return upload_id

    def set_fault(self, name: str, every: int) -> None:
        """Each `every`-th call goes wrong; 0: none."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO faults VALUES (?, ?)", (name, every))

    def faults(self) -> dict[str, int]:
        rows = self.rows("SELECT name, every FROM faults")
        return dict.fromkeys(FAULTS, 0) | {row["name"]: row["every"] for row in rows}

    # ---- reading

    def find(self, code: str) -> Dossier | None:
        """By its code, or the code its sender gave it."""
        with self.transaction() as db:
            row = _find(db, code)
        return _dossier(row) if row else None

    def latest(self, status: int | None = None, most: int = 200) -> list[Dossier]:
        where, values = ("WHERE status = ?", (status,)) if status else ("", ())
        query = f"SELECT * FROM dossiers {where} ORDER BY id DESC LIMIT {most}"
        return [_dossier(row) for row in self.rows(query, *values)]

    def supplements(self, dossier: Dossier) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM supplements WHERE dossier_id = ? ORDER BY asked_at", dossier.id)

    def results(self, dossier: Dossier) -> list[sqlite3.Row]:
        return self.rows("SELECT id, name, media_type FROM results WHERE dossier_id = ? ORDER BY rowid", dossier.id)

    def steps(self, dossier: Dossier) -> list[sqlite3.Row]:
        return self.rows("SELECT * FROM steps WHERE dossier_id = ? ORDER BY id DESC", dossier.id)

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self.transaction() as db:
            return db.execute(query, values).fetchall()


def _next_number(db: sqlite3.Connection, day: str) -> int:
    db.execute("INSERT INTO numbers VALUES (?, 1) ON CONFLICT (day) DO UPDATE SET last = last + 1", (day,))
    return db.execute("SELECT last FROM numbers WHERE day = ?", (day,)).fetchone()["last"]


def _find(db: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    return db.execute("SELECT * FROM dossiers WHERE code = ? OR sender_code = ?", (code, code)).fetchone()


def _dossier(row: sqlite3.Row) -> Dossier:
    moments = {
        name: dt.datetime.fromisoformat(row[name]) if row[name] else None
        for name in ("received_at", "accepted_at", "promised_at", "finished_at")
    }
    plain = {name: value for name, value in dict(row).items() if name not in moments}
    return Dossier(**(plain | moments | {"record": json.loads(row["record"])}))
