"""The evaluation as a table for the terminal and as one HTML page with pictures."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.evaluation import measures, pictures
from knowledge.search import Decision

if TYPE_CHECKING:
    from bot.evaluation.retrieval import Asked, Results

Rows = list[list[str]]

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #d8dee5;text-align:right}
td:first-child,th:first-child{text-align:left}svg{max-width:100%;height:auto}figure{margin:1.5rem 0}
figcaption{color:#51606f}@media(prefers-color-scheme:dark){body{background:#12181f;color:#dfe6ee}
figure{background:#fff;border-radius:8px;padding:1rem}td,th{border-color:#2c3844}}
"""


def as_text(results: Results) -> str:
    lines = [
        f"{results.questions} questions over {results.procedures} procedures; in brackets 95 % bootstrap intervals"
    ]
    for title, header, rows in _tables(results):
        lines += ["", title, *_aligned([header, *rows])]
    return "\n".join(lines)


def as_html(results: Results) -> str:
    parts = [
        f"<p>{results.questions} questions over {results.procedures} procedures. "
        "Figures are percentages; brackets are 95&nbsp;% bootstrap intervals.</p>",
        _figure(_systems_picture(results), "A right procedure among the first five, beside plain keyword search."),
        _figure(_styles_picture(results), "The same for each way of writing; the whiskers show how small a group is."),
        _figure(_calibration_picture(results), "What search says of its first hit, and how often it is so."),
        _figure(
            _risk_picture(results), "When only the surest questions are answered at once: share answered, share wrong."
        ),
    ]
    for title, header, rows in _tables(results):
        parts.append(f"<h2>{html.escape(title)}</h2>{_table(header, rows)}")
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Một Cửa: evaluation</title><style>{STYLE}</style><h1>Evaluation</h1>{body}</html>\n"
    )


def _tables(results: Results) -> Iterable[tuple[str, list[str], Rows]]:
    header = ["", "n", *measures.MEASURES]
    yield "Search", header, _rank_rows(results.ranks)
    yield "By style", header, _rank_rows(results.sliced(lambda question: [question.style or "—"]))
    yield "By facet", header, _rank_rows(results.sliced(lambda question: question.facets or ["—"]))
    if results.asked:
        yield "Decisions on questions with a procedure", ["", "n", "share", "helped"], _decision_rows(results.asked)
    if results.outside:
        yield "Decisions where no procedure is right", ["", "n", *Decision], _outside_rows(results.outside)
    if results.facets:
        yield "Facet understood", ["", "n", "right"], _facet_rows(results.facets)
    bins, error = _calibration(results)
    yield (
        "Calibration of the first hit",
        ["", "value"],
        [
            ["expected calibration error", f"{error * 100:.1f}"],
            ["CPU per search (ms)", f"{results.cpu_ms:.1f}"],
        ],
    )


def _rank_rows(ranks: Mapping[str, Sequence[int]]) -> Rows:
    return [
        [name, str(len(values)), *(str(figure) for figure in measures.figures(values).values())]
        for name, values in ranks.items()
        if len(values)
    ]


def _decision_rows(asked: Sequence[Asked]) -> Rows:
    rows = []
    for is_ambiguous, label in ((False, "clear"), (True, "should be asked back")):
        part = [one for one in asked if one.question.is_ambiguous == is_ambiguous]
        for decision in Decision:
            chosen = [one for one in part if one.found.decision is decision]
            if chosen:
                helped = measures.figure([one.is_helped for one in chosen])
                rows.append(
                    [f"{label}: {decision}", str(len(chosen)), f"{len(chosen) / len(part) * 100:.1f}", str(helped)]
                )
    return rows


def _outside_rows(outside: Sequence[Asked]) -> Rows:
    counts = Counter((one.question.scope, one.found.decision) for one in outside)
    scopes = sorted({scope for scope, _ in counts})
    rows = [[scope, *_shares(counts, [scope])] for scope in scopes]
    return [["all", *_shares(counts, scopes)], *rows]


def _shares(counts: Counter, scopes: Sequence[str]) -> list[str]:
    by_decision = {decision: sum(counts[scope, decision] for scope in scopes) for decision in Decision}
    total = sum(by_decision.values())
    return [str(total), *(f"{by_decision[decision] / total * 100:.1f}" for decision in Decision)]


def _facet_rows(facets: Mapping[str, Sequence[bool]]) -> Rows:
    every = [right for rights in facets.values() for right in rights]
    rows = [[name, str(len(rights)), str(measures.figure(rights))] for name, rights in facets.items()]
    return [["all", str(len(every)), str(measures.figure(every))], *sorted(rows, key=lambda row: -int(row[1]))]


def _calibration(results: Results) -> tuple[list[measures.Bin], float]:
    everything = [*results.asked, *results.outside]
    return measures.calibration([one.found.confidence for one in everything], [one.rank == 0 for one in everything])


def _systems_picture(results: Results) -> str:
    return pictures.bars(
        [(name, measures.figures(ranks)["R@5"]) for name, ranks in results.ranks.items() if len(ranks)]
    )


def _styles_picture(results: Results) -> str:
    styles = results.sliced(lambda question: [question.style or "—"])
    return pictures.bars([(name, measures.figures(ranks)["R@5"]) for name, ranks in styles.items()])


def _calibration_picture(results: Results) -> str:
    bins, _ = _calibration(results)
    return pictures.curve([(one.said, one.was) for one in bins], "said", "was", diagonal=True, dots=True)


def _risk_picture(results: Results) -> str:
    everything = [*results.asked, *results.outside]
    confidence, right = [one.found.confidence for one in everything], [one.rank == 0 for one in everything]
    return pictures.curve(measures.risk_by_coverage(confidence, right), "answered", "wrong")


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _table(header: Sequence[str], rows: Rows) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in row) + "</tr>"

    return f"<table>{cells('th', header)}{''.join(cells('td', row) for row in rows)}</table>"


def _aligned(rows: Rows) -> list[str]:
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]

    def line(row: Sequence[str]) -> str:
        first, *others = (str(cell) for cell in row)
        return "  ".join(
            [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        )

    return [line(row) for row in rows]
