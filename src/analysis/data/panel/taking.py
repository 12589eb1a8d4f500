"""The panel as a table that any program reads, with a dictionary of its columns beside it."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pandas as pd

from analysis.data.definitions.indicators import dictionary
from analysis.data.official.publications import publications
from analysis.errors import RequestError
from analysis.files.writing import write_bytes, write_text

from .store import load_panel

CSV, WORKBOOK = ".csv", ".xlsx"
# A workbook says when it was made; the bytes hold no clock.
_FIXED_TIME = datetime(1980, 1, 1)


def take_panel(target: Path) -> tuple[Path, ...]:
    """Write the panel, a row an authority and year, with a dictionary of its columns, and return the files written.

    To a CSV file, with the dictionary beside it in ``…-dictionary.csv`` and values as in the panel, to the last digit; or
    to one workbook (``.xlsx``) of two sheets, with values to 16 digits. Raises RequestError for any other target, or a
    folder that isn't there.
    """
    suffix = target.suffix.lower()
    if suffix not in (CSV, WORKBOOK):
        raise RequestError(
            f"{target}: the panel is written as CSV or as a workbook; name a file that ends in {CSV} or {WORKBOOK}"
        )
    if not target.parent.is_dir():
        raise RequestError(f"{target.parent}: is no folder; make it, or name another")
    frame = load_panel().authorities
    names = {column: dictionary()[column] for column in frame.columns if column in dictionary()}
    described = pd.DataFrame(
        {
            "column": name, "label": entry.label, "unit": entry.unit_label, "definition": entry.definition,
            "year_names": entry.reference_label, "better": entry.polarity, "first_year": entry.years[0],
            "last_year": entry.years[1], "source": publications()[entry.source].title if entry.source else "computed",
        }
        for name, entry in names.items()
    )  # fmt: skip
    if suffix == WORKBOOK:
        write_bytes(target, _workbook({"panel": frame, "dictionary": described}))
        return (target,)
    beside = target.with_name(f"{target.stem}-dictionary{CSV}")
    for path, table in ((target, frame), (beside, described)):
        write_text(path, table.to_csv(index=False, lineterminator="\n"))
    return target, beside


def _workbook(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    stream = BytesIO()
    with pd.ExcelWriter(stream, engine="xlsxwriter") as writer:
        writer.book.set_properties({"created": _FIXED_TIME})
        for name, table in sheets.items():
            table.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 1))
    return stream.getvalue()
