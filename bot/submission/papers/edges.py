"""Finds the sheet of paper on a photo and lays it flat; rather no crop than a wrong one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

LOOK_PX = 480
SMALLEST_SHARE, LARGEST_SHARE = 0.18, 0.93  # of the picture that a sheet may fill
FEWEST_CONTRAST = 45.0  # levels between the sheet and what it lies on
FEWEST_FIT = 0.94  # how well the four corners describe what was found
SQUARENESS = 0.36  # largest cosine at a corner: 69 to 111 degrees
MOST_UNEVEN = 1.35  # opposite sides
MARGIN = 0.004

Corners = list[tuple[float, float]]


def straightened(picture: Image.Image, look: Image.Image) -> Image.Image | None:
    """The sheet alone, seen from above; None when its edges are not clear."""
    grey = look.copy()
    grey.thumbnail((LOOK_PX, LOOK_PX))
    corners = _corners(np.asarray(grey, dtype=np.float32))
    if corners is None:
        return None
    across, down = picture.width / grey.width, picture.height / grey.height
    return _flattened(picture, [(x * across, y * down) for x, y in corners])


def _corners(levels: np.ndarray) -> Corners | None:
    sheet = _brightest_piece(levels)
    if sheet is None:
        return None
    corners = _extremes(sheet)
    if not _is_square_enough(corners) or _fit(sheet, corners) < FEWEST_FIT:
        return None
    return corners


def _brightest_piece(levels: np.ndarray) -> np.ndarray | None:
    """The largest piece brighter than the rest, its text and stamps filled in."""
    smooth = ndimage.uniform_filter(levels, 5)
    bright = ndimage.binary_opening(smooth > _threshold(smooth), iterations=2)
    pieces, count = ndimage.label(bright)
    if not count:
        return None
    sizes = np.bincount(pieces.ravel())[1:]
    sheet = ndimage.binary_fill_holes(pieces == sizes.argmax() + 1)
    share = sheet.mean()
    if not SMALLEST_SHARE <= share <= LARGEST_SHARE or _touches(sheet) > 0.25:
        return None
    inside, outside = np.median(smooth[sheet]), np.median(smooth[~sheet])
    return sheet if inside - outside >= FEWEST_CONTRAST else None


def _threshold(levels: np.ndarray) -> float:
    """Otsu: where the two sides differ most."""
    counts, edges = np.histogram(levels, bins=128, range=(0, 255))
    middles = (edges[:-1] + edges[1:]) / 2
    below, above = counts.cumsum(), counts[::-1].cumsum()[::-1]
    low = (counts * middles).cumsum() / np.maximum(below, 1)
    high = (counts * middles)[::-1].cumsum()[::-1] / np.maximum(above, 1)
    apart = below[:-1] * above[1:] * (low[:-1] - high[1:]) ** 2
    return float(edges[apart.argmax() + 1])


def _touches(sheet: np.ndarray) -> float:
    """How much of the picture's border the sheet covers: one that runs out of the picture has no corners."""
    border = np.concatenate((sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]))
    return float(border.mean())


def _extremes(sheet: np.ndarray) -> Corners:
    """Top left, top right, bottom right, bottom left."""
    rows, columns = np.nonzero(sheet)
    sums, differences = columns + rows, columns - rows
    ends = (sums.argmin(), differences.argmax(), sums.argmax(), differences.argmin())
    return [(float(columns[end]), float(rows[end])) for end in ends]


def _is_square_enough(corners: Corners) -> bool:
    points = np.array(corners)
    sides = np.roll(points, -1, axis=0) - points
    lengths = np.linalg.norm(sides, axis=1)
    if lengths.min() < 40:
        return False
    turns = np.roll(sides, -1, axis=0)
    cosines = np.abs((sides * turns).sum(axis=1)) / (lengths * np.roll(lengths, -1))
    uneven = max(max(a, b) / min(a, b) for a, b in ((lengths[0], lengths[2]), (lengths[1], lengths[3])))
    return bool(cosines.max() <= SQUARENESS and uneven <= MOST_UNEVEN)


def _fit(sheet: np.ndarray, corners: Corners) -> float:
    """What sheet and corners have in common, of what either covers."""
    drawn = Image.new("1", (sheet.shape[1], sheet.shape[0]))
    ImageDraw.Draw(drawn).polygon(corners, fill=1)
    polygon = np.asarray(drawn)
    return float((sheet & polygon).sum() / max((sheet | polygon).sum(), 1))


def _flattened(picture: Image.Image, corners: Corners) -> Image.Image:
    middle = np.mean(corners, axis=0)
    points = np.array(corners) + (np.array(corners) - middle) * MARGIN
    top_left, top_right, bottom_right, bottom_left = points
    width = round(max(np.linalg.norm(top_right - top_left), np.linalg.norm(bottom_right - bottom_left)))
    height = round(max(np.linalg.norm(bottom_left - top_left), np.linalg.norm(bottom_right - top_right)))
    flat = [(0, 0), (width, 0), (width, height), (0, height)]
    way = _perspective(flat, [tuple(point) for point in points])
    return picture.transform((width, height), Image.Transform.PERSPECTIVE, way, Image.Resampling.BICUBIC)


def _perspective(target: Corners, source: Corners) -> list[float]:
    """The eight figures by which each place of the flat sheet is found on the photo."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return list(np.linalg.solve(np.array(rows, dtype=float), np.array(values, dtype=float)))
