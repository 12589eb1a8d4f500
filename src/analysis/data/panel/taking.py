"""The panel as a table that any program reads, with a dictionary of its columns beside it."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pandas as pd

from analysis.data.definitions.indicators import dictionary
from analysis.data.official.publications import SHARE_ALIKE, publications
from analysis.errors import RequestError
from analysis.files.writing import write_bytes, write_text

from .store import by_licence, load_panel

CSV, WORKBOOK = ".csv", ".xlsx"
# A workbook says when it was made; the bytes hold no clock.
_FIXED_TIME = datetime(1980, 1, 1)


def take_panel(target: Path) -> tuple[Path, ...]:
    """Write the panel, a row an authority and year, with a dictionary of its columns, and return the files written.

    To a CSV file, with the dictionary beside it in ``…-dictionary.csv`` and values as in the panel, to the last digit; or
    to one workbook (``.xlsx``) of two sheets, with values to 16 digits. Columns that are shared under another licence go
    to a file of their own, whose name ends in the licence's. Raises RequestError for any other target, or a folder that
    isn't there.
    """
    suffix = target.suffix.lower()
    if suffix not in (CSV, WORKBOOK):
        raise RequestError(
            f"{target}: the panel is written as CSV or as a workbook; name a file that ends in {CSV} or {WORKBOOK}"
        )
    if not target.parent.is_dir():
        raise RequestError(f"{target.parent}: is no folder; make it, or name another")
    whole = load_panel().authorities
    frame, apart = by_licence(whole)
    names = {column: dictionary()[column] for column in whole.columns if column in dictionary()}
    described = pd.DataFrame(
        {
            "column": column, "label": entry.label, "unit": entry.unit_label, "definition": entry.definition,
            "year_names": entry.reference_label, "better": entry.polarity, "first_year": entry.years[0],
            "last_year": entry.years[1], "source": publications()[entry.source].title if entry.source else "computed",
            "licence": SHARE_ALIKE if column in apart else "OGL-UK-3.0",
        }
        for column, entry in names.items()
    )  # fmt: skip
    beside = target.with_name(f"{target.stem}-{SHARE_ALIKE}{target.suffix}")
    if suffix == WORKBOOK:
        write_bytes(target, _workbook({"panel": frame, "dictionary": described}))
        write_bytes(beside, _workbook({"panel": apart}))
        return target, beside
    words = target.with_name(f"{target.stem}-dictionary{CSV}")
    for path, table in ((target, frame), (words, described), (beside, apart)):
        write_text(path, table.to_csv(index=False, lineterminator="\n"))
    return target, words, beside


def _workbook(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    stream = BytesIO()
    with pd.ExcelWriter(stream, engine="xlsxwriter") as writer:
        writer.book.set_properties({"created": _FIXED_TIME})
        for name, table in sheets.items():
            table.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 1))
    return stream.getvalue()
