"""The panel as a table that any program reads, with a dictionary of its columns beside it."""

from pathlib import Path

import pandas as pd

from analysis.data.definitions.indicators import dictionary
from analysis.data.official.publications import publications
from analysis.errors import RequestError
from analysis.files.writing import write_text

from .store import load_panel

SUFFIX = ".csv"


def take_panel(target: Path) -> tuple[Path, Path]:
    """Write the panel, a row an authority and year, to ``target`` and its dictionary to ``…-dictionary.csv``; return both.

    Values are as in the panel, to the last digit. Raises RequestError for a target that isn't a CSV file in a folder that is
    there.
    """
    if target.suffix.lower() != SUFFIX:
        raise RequestError(f"{target}: the panel is written as CSV; name a file that ends in {SUFFIX}")
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
    beside = target.with_name(f"{target.stem}-dictionary{SUFFIX}")
    for path, table in ((target, frame), (beside, described)):
        write_text(path, table.to_csv(index=False, lineterminator="\n"))
    return target, beside
