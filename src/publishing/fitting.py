"""How a table gets onto a page: type size, orientation, column widths, and where it must be split."""

import re
from dataclasses import dataclass, replace

from .tables import Cell, Grid, placed, right_aligned

PORTRAIT_POINTS = 459.0
LANDSCAPE_POINTS = 728.0
_SMALLER_ABOVE = 8
_SMALLER_ABOVE_ROWS = 30
_LANDSCAPE_ABOVE = 12
_LONGEST_WORD = 12
LONGEST_WHOLE_WORD = 22
_HASH_PIECE = 8
_NUMBER = re.compile(r"[\d.,:%()£+−–-]+ ?")
_AFTER_SEPARATOR = re.compile(r".{3,}?[_/.,;:@=&-]+(?=.)|.+", re.DOTALL)
_SHORT_COLUMN = 0.18
# A column of numbers, with its interval say, is kept on one line even where it takes more of the page.
_SHORT_NUMBERS = 0.3
_WIDE = set("MWmw@%&—…")
_NARROW = set("iljtfrI.,:;|!'()[] -")


@dataclass(frozen=True)
class Fit:
    """A way to set a table: type size and padding in points, orientation, widths where they must be given."""

    size: float
    inset: float
    landscape: bool
    widths: tuple[float, ...] | None = None


_PORTRAIT = (Fit(9.5, 6, False), Fit(8.5, 5, False), Fit(7.5, 4, False))
_LANDSCAPE = (Fit(8.5, 5, True), Fit(7.5, 4, True), Fit(6.8, 3, True))


def text_width(text: str) -> float:
    """Estimate the width of a text in ems of the table's type, on the generous side."""
    return sum(0.9 if c in _WIDE else 0.34 if c in _NARROW else 0.7 if c.isupper() else 0.53 for c in text)


def pieces(text: str) -> list[str]:
    """Return the text cut where a line may break inside its long words; joined, the pieces are the text.

    Machine names and addresses break after their separators, hashes after every eighth character. A long word of
    letters stays whole: it breaks at its syllables, if it must, which is the typesetter's to find.
    """
    found = [""]
    for word in re.split(r"(?<= )", text):
        first, *others = _pieces_of(word)
        found[-1] += first
        found += others
    return found


def _pieces_of(word: str) -> list[str]:
    if len(word) <= _LONGEST_WORD or _NUMBER.fullmatch(word):
        return [word]
    found = []
    for piece in _AFTER_SEPARATOR.findall(word):
        if len(piece) > _LONGEST_WORD and any(map(str.isdigit, piece)):
            found += [piece[i : i + _HASH_PIECE] for i in range(0, len(piece), _HASH_PIECE)]
        else:
            found.append(piece)
    return found


def is_long_word(piece: str) -> bool:
    """Tell whether a piece is longer than a column is made wide for, so that it may have to be hyphenated."""
    return any(len(word) > LONGEST_WHOLE_WORD for word in piece.split())


def _columns(grid: Grid) -> list[list[Cell]]:
    columns: list[list[Cell]] = [[] for _ in range(grid.width)]
    for row in [*grid.head, *grid.body]:
        for x, cell in placed(row, grid.width):
            columns[x].append(cell)
    return columns


def _least_and_natural(grid: Grid) -> list[tuple[float, float]]:
    found = []
    for cells in _columns(grid):
        words = [
            word[:LONGEST_WHOLE_WORD]
            for cell in cells
            for piece in pieces(cell.text)
            for word in piece.split()
        ]
        least = max((text_width(word) for word in words), default=1.0)
        natural = max((text_width(cell.text) for cell in cells), default=1.0)
        found.append((max(least, 1.0), max(natural, 1.0)))
    return found


def _room(fit: Fit) -> float:
    return LANDSCAPE_POINTS if fit.landscape else PORTRAIT_POINTS


def _candidates(grid: Grid) -> tuple[Fit, ...]:
    if grid.width > _LANDSCAPE_ABOVE:
        return _LANDSCAPE
    smaller = grid.width > _SMALLER_ABOVE or len(grid.body) > _SMALLER_ABOVE_ROWS
    return (_PORTRAIT[1:] if smaller else _PORTRAIT) + _LANDSCAPE


def fit(grid: Grid) -> Fit | None:
    """Return the first way in which every word of the table fits its column, or None where there is none."""
    measured = _least_and_natural(grid)
    for candidate in _candidates(grid):
        least = [width * candidate.size + 2 * candidate.inset for width, _ in measured]
        natural = [width * candidate.size + 2 * candidate.inset for _, width in measured]
        room = _room(candidate)
        if sum(natural) <= room:
            return candidate
        if sum(least) <= room:
            limits = [_SHORT_NUMBERS if right else _SHORT_COLUMN for right in right_aligned(grid)]
            return replace(candidate, widths=_shared(least, natural, room, limits))
    return None


def _shared(least: list[float], natural: list[float], room: float, limits: list[float]) -> tuple[float, ...]:
    """Give short columns their natural width where there is room; share the rest by what each could use."""
    short = [most <= room * limit for most, limit in zip(natural, limits, strict=True)]
    floor = [most if is_short else low for low, most, is_short in zip(least, natural, short, strict=True)]
    if sum(floor) > room:
        floor = least
    spare = room - sum(floor)
    wanted = [most - low for low, most in zip(floor, natural, strict=True)]
    share = spare / sum(wanted)
    return tuple(int((low + extra * share) * 100) / 100 for low, extra in zip(floor, wanted, strict=True))


def forced(grid: Grid) -> Fit:
    """Return a landscape fit with columns squeezed alike, for a table that fits in no other way."""
    tightest = _LANDSCAPE[-1]
    measured = [min(width, 8.0) for width, _ in _least_and_natural(grid)]
    scale = (LANDSCAPE_POINTS - 2 * tightest.inset * grid.width) / sum(measured)
    return replace(tightest, widths=tuple(round(width * scale + 2 * tightest.inset, 2) for width in measured))


def parts(grid: Grid) -> list[Grid]:
    """Split a table that is too wide into tables that fit, each with the columns that head its rows.

    A table whose cells reach over several columns or rows is left whole.
    """
    if fit(grid) or any(
        cell.columns > 1 or cell.rows > 1 for row in [*grid.head, *grid.body] for cell in row
    ):
        return [grid]
    heads = max(1, grid.row_heads)
    found, start = [], heads
    while start < grid.width:
        stop = start + 1
        while (
            stop < grid.width and stop - start < _LANDSCAPE_ABOVE and fit(_cut(grid, heads, start, stop + 1))
        ):
            stop += 1
        found.append(_cut(grid, heads, start, stop))
        start = stop
    return found


def _cut(grid: Grid, heads: int, start: int, stop: int) -> Grid:
    def kept(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return row[:heads] + row[start:stop]

    return Grid(tuple(map(kept, grid.head)), tuple(map(kept, grid.body)), grid.caption, heads + stop - start)
