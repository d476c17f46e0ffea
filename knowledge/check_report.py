"""What the check found, as a table for the terminal and as JSON for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from textwrap import wrap

from knowledge.check import Finding, Kind

WIDTH = 118
_CODE, _FIELD = 10, 17
_TITLES = {
    Kind.contradiction: "Contradictions that no record explains (differs_because)",
    Kind.dead_reference: "References that lead nowhere",
    Kind.expired: "Expired, with nothing after it",
    Kind.expiring: "Expires within 60 days",
    Kind.old: "Checked more than 180 days ago",
    Kind.doubtful: "Doubtful, for a person to look at",
    Kind.explained: "Differences that the record explains",
}


def as_text(findings: Iterable[Finding]) -> str:
    """Findings under a heading for each kind, the gravest first; they come ordered from `check`."""
    lines: list[str] = []
    for kind, group in groupby(findings, key=lambda finding: finding.kind):
        members = list(group)
        lines += ["", f"{_TITLES[kind]}: {len(members)}"]
        for finding in members:
            lines += _rows(finding)
    return "\n".join(lines).lstrip("\n") or "Nothing to report."


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects with the fields of `Finding`."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1)


def _rows(finding: Finding) -> Iterator[str]:
    head = f"  {finding.code:<{_CODE}}{finding.field[:_FIELD]:<{_FIELD + 1}}"
    for text in _told(finding):
        for line in wrap(text, WIDTH - len(head)) or [""]:
            yield f"{head}{line}"
            head = " " * len(head)


def _told(finding: Finding) -> list[str]:
    if not finding.theirs and not finding.because:
        return [finding.ours]
    told = [f"ours: {finding.ours or '—'}", f"catalogue: {finding.theirs or '—'}"]
    return [*told, f"because: {finding.because}"] if finding.because else told
