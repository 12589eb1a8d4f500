"""HTML tables, from the package or from any other maker, as grids of text that can be set in any type."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

_NUMBER = re.compile(r"^[-−–+(]?[£$€]?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?\s?%?\)?[*†‡]*$")
_MISSING = {"", "-", "–", "—", "nan", "NaN", "NaT", "None", "<NA>", "…", "..."}
_SKIPPED_TAGS = {"style", "script"}


@dataclass(frozen=True)
class Cell:
    """One cell: its text, whether it heads a row or column, how far it reaches, where its text stands and leads to."""

    text: str
    head: bool = False
    columns: int = 1
    rows: int = 1
    right: bool | None = None
    link: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: header rows, body rows, and the caption that its maker gave it."""

    head: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    width: int = field(default=0)

    @property
    def row_heads(self) -> int:
        """How many leading columns head the rows."""
        counts = [sum(1 for _ in _leading_heads(row)) for row in self.body]
        return min(max(counts, default=0), self.width - 1) if self.width > 1 else 0


def _leading_heads(row: tuple[Cell, ...]) -> Iterator[Cell]:
    for cell in row:
        if not cell.head:
            return
        yield cell


class _TableParser(HTMLParser):
    """Collects the outermost tables of an HTML text, and the text around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Grid | str] = []
        self._depth = 0
        self._skipped = 0
        self._reset()

    def _reset(self) -> None:
        self._head: list[list[Cell]] = []
        self._body: list[list[Cell]] = []
        self._row: list[Cell] = []
        self._in_head = self._in_caption = False
        self._caption = ""
        self._text: list[str] | None = None
        self._attributes: dict[str, str] = {}
        self._is_head_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED_TAGS:
            self._skipped += 1
        elif tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._reset()
        elif self._depth == 0:
            self._outside(self.get_starttag_text() or "")
        elif self._depth == 1:
            self._start_inside(tag, {name: value or "" for name, value in attrs})

    def _start_inside(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "thead":
            self._in_head = True
        elif tag in ("tbody", "tfoot"):
            self._in_head = False
        elif tag == "tr":
            self._end_row()
        elif tag in ("td", "th"):
            self._end_cell()
            self._text, self._attributes, self._is_head_cell = [], attributes, tag == "th"
        elif tag == "caption":
            self._in_caption = True
        elif tag in ("br", "p", "div", "li") and self._text:
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED_TAGS:
            self._skipped = max(0, self._skipped - 1)
        elif tag == "table":
            self._depth -= 1
            if self._depth == 0:
                self._end_table()
        elif self._depth == 0:
            self._outside(f"</{tag}>")
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "thead":
            self._end_row()
            self._in_head = False
        elif tag == "caption":
            self._in_caption = False

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._depth == 0:
            self._outside(data.replace("&", "&amp;").replace("<", "&lt;"))
        elif self._in_caption:
            self._caption += data
        elif self._text is not None:
            self._text.append(data)

    def _outside(self, text: str) -> None:
        if self.parts and isinstance(self.parts[-1], str):
            self.parts[-1] += text
        else:
            self.parts.append(text)

    def _end_cell(self) -> None:
        if self._text is None:
            return
        style = self._attributes.get("style", "") + self._attributes.get("align", "")
        aligned = True if "right" in style else False if ("left" in style or "center" in style) else None
        text = " ".join("".join(self._text).split())
        self._row.append(
            Cell(
                text=text,
                head=self._is_head_cell,
                columns=_span(self._attributes, "colspan"),
                rows=_span(self._attributes, "rowspan"),
                right=aligned,
            )
        )
        self._text = None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row:
            (self._head if self._in_head else self._body).append(self._row)
        self._row = []

    def _end_table(self) -> None:
        self._end_row()
        head, body = self._head, self._body
        if not head and body and all(cell.head for cell in body[0]):
            head, body = [body[0]], body[1:]
        grid = _grid(head, body, " ".join(self._caption.split()))
        if grid.width:
            self.parts.append(grid)


def _span(attributes: dict[str, str], name: str) -> int:
    value = attributes.get(name, "1")
    return max(1, int(value)) if value.isdigit() else 1


def _laid_out(rows: list[list[Cell]], width: int) -> tuple[tuple[Cell, ...], ...]:
    """Cut spans to the table and fill short rows, so that every row covers every column exactly once."""
    covered: dict[tuple[int, int], bool] = {}
    settled = []
    for y, row in enumerate(rows):
        cells, x = [], 0
        pending = list(row)
        while x < width:
            if (y, x) in covered:
                x += 1
                continue
            cell = pending.pop(0) if pending else Cell("")
            reach = 1
            while reach < cell.columns and x + reach < width and (y, x + reach) not in covered:
                reach += 1
            depth = min(cell.rows, len(rows) - y)
            cells.append(Cell(text=cell.text, head=cell.head, columns=reach, rows=depth, right=cell.right))
            covered.update({(y + dy, x + dx): True for dy in range(depth) for dx in range(reach)})
            x += reach
        settled.append(tuple(cells))
    return tuple(settled)


def _grid(head: list[list[Cell]], body: list[list[Cell]], caption: str) -> Grid:
    width = max((sum(cell.columns for cell in row) for row in [*head, *body]), default=0)
    return Grid(_laid_out(_merged_index_names(head), width), _laid_out(body, width), caption, width)


def _merged_index_names(head: list[list[Cell]]) -> list[list[Cell]]:
    """Fold pandas' second header row, which only names the index, into the empty cells above it."""
    if len(head) != 2 or any(cell.columns > 1 or cell.rows > 1 for row in head for cell in row):
        return head
    first, second = head
    if len(first) != len(second) or any(a.text and b.text for a, b in zip(first, second, strict=True)):
        return head
    return [[a if a.text else b for a, b in zip(first, second, strict=True)]]


def grid_of(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[bool],
    links: Mapping[str, str] | None = None,
) -> Grid:
    """Return a table that came as data as a grid; the first column heads its rows, and ``links`` is by a cell's text."""
    sides = [True if is_right else None for is_right in right]
    head = [Cell(_on_a_line(text), head=True, right=side) for text, side in zip(columns, sides, strict=True)]
    body = [
        [
            Cell(_on_a_line(text), head=x == 0, right=side, link=(links or {}).get(text, ""))
            for x, (text, side) in enumerate(zip(row, sides, strict=True))
        ]
        for row in rows
    ]
    return Grid((tuple(head),), tuple(map(tuple, body)), "", len(columns))


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def split_html(text: str) -> list[Grid | str]:
    """Return the tables of an HTML text as grids, and the HTML between them as text, in order."""
    parser = _TableParser()
    parser.feed(text)
    parser.close()
    return [part for part in parser.parts if not isinstance(part, str) or _says_something(part)]


def _says_something(fragment: str) -> bool:
    return bool(re.sub(r"<[^>]*>", "", fragment).strip()) or "<img" in fragment


def right_aligned(grid: Grid) -> tuple[bool, ...]:
    """Tell for every column whether it stands right: as its maker says, or as a column of numbers."""
    columns: list[list[Cell]] = [[] for _ in range(grid.width)]
    for row in grid.body:
        for x, cell in placed(row, grid.width):
            columns[x].append(cell)
    return tuple(_stands_right(cells) for cells in columns)


def placed(row: tuple[Cell, ...], width: int) -> list[tuple[int, Cell]]:
    """Return the cells of a row that covers one column each, with the column they stand in.

    Rows that a cell from above reaches into are shorter; their cells stand at the right end.
    """
    x = width - sum(cell.columns for cell in row)
    cells = []
    for cell in row:
        if cell.columns == 1:
            cells.append((x, cell))
        x += cell.columns
    return cells


def _stands_right(cells: list[Cell]) -> bool:
    told = [cell.right for cell in cells if cell.right is not None]
    if told:
        return all(told)
    values = [cell.text for cell in cells if cell.text not in _MISSING and not cell.head]
    return bool(values) and all(_NUMBER.match(value) for value in values)
