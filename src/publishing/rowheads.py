"""Row headers in the tags of a PDF, which Typst writes only by a feature that its Python package cannot turn on."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

GROUND = (1.0, 1.0, 1.0)
"""The ground, red, green and blue, that `tables.typ` gives a cell that heads its row and no other: white, as the page is."""


def tagged(pdf: bytes) -> bytes:
    """Return a PDF in which each cell on GROUND is a header cell of its row, and the row's other cells name it as theirs.

    The same bytes for the same PDF; one without such a cell comes back as it is.
    """
    with pikepdf.open(BytesIO(pdf)) as document:
        root = document.Root.StructTreeRoot
        tables = [element for element in _elements(root) if element.get("/S") == Name.Table]
        if not sum(_tag_table(table, number) for number, table in enumerate(tables, start=1)):
            return pdf
        _list_ids(document, root)
        stream = BytesIO()
        document.save(stream, deterministic_id=True)
    return stream.getvalue()


def _elements(parent: Any) -> Iterator[Any]:
    """Return the structure elements below one, each before its children, in reading order."""
    children = parent.get("/K", ())
    for child in children if isinstance(children, Array) else (children,):
        if isinstance(child, Dictionary) and "/S" in child:
            yield child
            yield from _elements(child)


def _tag_table(table: Any, number: int) -> int:
    """Tag the row headers of one table and return how many there are; one that is several rows high heads each of them."""
    count, reaching = 0, list[tuple[int, str]]()
    for row in (element for element in _elements(table) if element.S == Name.TR):
        own = []
        for cell in (
            element for element in _elements(row) if element.S == Name.TD and _heads_its_row(element)
        ):
            count += 1
            own.append((int(_table_attributes(cell).get("/RowSpan", 1)), f"R{number}-{count}"))
            cell.S, cell.ID = Name.TH, String(own[-1][1])
            _table_attributes(cell).Scope = Name.Row
        reaching += own
        for cell in (element for element in _elements(row) if element.S == Name.TD):
            about = _table_attributes(cell)
            about.Headers = Array([*about.get("/Headers", ()), *(String(name) for _, name in reaching)])
        reaching = [(left - 1, name) for left, name in reaching if left > 1]
    return count


def _attributes(cell: Any, owner: Name) -> Any:
    return next((about for about in cell.get("/A", ()) if about.get("/O") == owner), None)


def _heads_its_row(cell: Any) -> bool:
    about = _attributes(cell, Name.Layout)
    return about is not None and tuple(map(float, about.get("/BackgroundColor", ()))) == GROUND


def _table_attributes(cell: Any) -> Any:
    about = _attributes(cell, Name.Table)
    if about is None:
        about = Dictionary(O=Name.Table)
        cell.A = Array([about, *cell.get("/A", ())])
        return cell.A[0]
    return about


def _list_ids(document: pikepdf.Pdf, root: Any) -> None:
    """Write the tree by which an element is found that another names, anew: sorted, as the format asks."""
    named = sorted(
        ((bytes(element.ID), element) for element in _elements(root) if "/ID" in element),
        key=lambda pair: pair[0],
    )
    names = Array([part for name, element in named for part in (String(name), element)])
    root.IDTree = document.make_indirect(Dictionary(Names=names))
