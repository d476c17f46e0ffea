"""Pictures of the report, drawn as SVG by hand: bars with whiskers, and a curve in the unit square."""

from __future__ import annotations

import html
from collections.abc import Sequence

from bot.evaluation.measures import Figure

BLUE, GREY, RED = "#1f5fa8", "#8a97a5", "#b3261e"
BAR_HEIGHT, LABEL_WIDTH, BAR_WIDTH = 34, 240, 420
SIDE, MARGIN = 320, 46


def bars(rows: Sequence[tuple[str, Figure]]) -> str:
    """One bar per row, from 0 to 100 %, the whisker its interval."""
    height = BAR_HEIGHT * len(rows) + 10
    drawn = [
        _bar(name, figure, place * BAR_HEIGHT + 8, BLUE if place == 0 else GREY)
        for place, (name, figure) in enumerate(rows)
    ]
    return _svg(LABEL_WIDTH + BAR_WIDTH + 70, height, drawn)


def _bar(name: str, figure: Figure, top: int, colour: str) -> str:
    middle, width = top + 11, figure.value * BAR_WIDTH
    low, high = LABEL_WIDTH + figure.low * BAR_WIDTH, LABEL_WIDTH + figure.high * BAR_WIDTH
    return (
        f'<text x="{LABEL_WIDTH - 8}" y="{middle + 5}" text-anchor="end">{html.escape(name)}</text>'
        f'<rect x="{LABEL_WIDTH}" y="{top}" width="{width:.1f}" height="22" fill="{colour}"/>'
        f'<path d="M{low:.1f} {middle}H{high:.1f}" stroke="{RED}" stroke-width="2"/>'
        f'<text x="{LABEL_WIDTH + BAR_WIDTH + 8}" y="{middle + 5}">{figure.value * 100:.1f} %</text>'
    )


def curve(
    points: Sequence[tuple[float, float]], across: str, up: str, diagonal: bool = False, dots: bool = False
) -> str:
    """Points from (0, 0) to (1, 1), joined."""
    placed = [(MARGIN + x * SIDE, MARGIN / 2 + (1 - y) * SIDE) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    drawn = [_axes(across, up)]
    if diagonal:
        line = f"M{MARGIN} {MARGIN / 2 + SIDE}L{MARGIN + SIDE} {MARGIN / 2}"
        drawn.append(f'<path d="{line}" stroke="{GREY}" stroke-dasharray="4"/>')
    drawn.append(f'<polyline points="{path}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    if dots:
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{BLUE}"/>' for x, y in placed]
    return _svg(SIDE + 2 * MARGIN, SIDE + MARGIN * 2, drawn)


def _axes(across: str, up: str) -> str:
    bottom = MARGIN / 2 + SIDE
    ticks = "".join(
        f'<text x="{MARGIN + share * SIDE:.0f}" y="{bottom + 18}" text-anchor="middle">{share * 100:.0f}</text>'
        f'<text x="{MARGIN - 6}" y="{bottom - share * SIDE + 5:.0f}" text-anchor="end">{share * 100:.0f}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    return (
        f'<path d="M{MARGIN} {MARGIN / 2}V{bottom}H{MARGIN + SIDE}" fill="none" stroke="#333"/>{ticks}'
        f'<text x="{MARGIN + SIDE / 2}" y="{bottom + 38}" text-anchor="middle">{html.escape(across)} (%)</text>'
        f'<text x="12" y="{MARGIN / 2 + SIDE / 2}" transform="rotate(-90 12 {MARGIN / 2 + SIDE / 2})" '
        f'text-anchor="middle">{html.escape(up)} (%)</text>'
    )


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    font = 'font-family="system-ui,sans-serif" font-size="13"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>{"".join(parts)}</svg>'
